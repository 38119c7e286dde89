import { EBUSY, EINVAL, EPERM } from '../../abi/errno.ts';
import { TASK_SIZE } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const RSEQ_FLAG_UNREGISTER = 1;
/** Size of the first version of struct rseq; larger ones name more fields than the kernel fills. */
const MIN_BYTES = 32;
const CPU_ID_UNINITIALIZED = 0xffffffff;

/**
 * rseq(2): registers the thread's area for restartable sequences. There is one processor, number 0.
 * @errors EINVAL misaligned, wrong length or flags; EPERM another signature; EBUSY registered already; EFAULT
 */
export function rseq(task: Task, args: SyscallArgs): SyscallResult {
  const address = args.addr(0);
  const lengthBytes = args.u32(1);
  const flags = args.i32(2);
  const signature = args.u32(3);
  if ((flags & RSEQ_FLAG_UNREGISTER) !== 0) {
    if (flags !== RSEQ_FLAG_UNREGISTER || task.rseqAddress === 0 || task.rseqAddress !== address) throw new SysError(EINVAL, 'rseq: not registered there');
    if (task.rseqSignature !== signature) throw new SysError(EPERM, 'rseq: another signature');
    writeArea(task, address, CPU_ID_UNINITIALIZED);
    task.rseqAddress = 0;
    return 0;
  }
  if (flags !== 0) throw new SysError(EINVAL, 'rseq: flags');
  if (task.rseqAddress !== 0) {
    if (task.rseqAddress !== address) throw new SysError(EINVAL, 'rseq: registered elsewhere');
    if (task.rseqSignature !== signature) throw new SysError(EPERM, 'rseq: another signature');
    throw new SysError(EBUSY, 'rseq: registered already');
  }
  if (lengthBytes < MIN_BYTES || address % MIN_BYTES !== 0 || address === 0 || address + lengthBytes > TASK_SIZE) throw new SysError(EINVAL, 'rseq: area');
  writeArea(task, address, 0);
  task.rseqAddress = address;
  task.rseqSignature = signature;
  return 0;
}

function writeArea(task: Task, address: number, cpuId: number): void {
  task.mm.writeU32(address, 0);
  task.mm.writeU32(address + 4, cpuId);
  task.mm.writeU64(address + 8, 0);
  task.mm.writeU32(address + 20, 0);
  task.mm.writeU32(address + 24, 0);
}

export const rseqSyscalls: SyscallTable = {
  rseq: { number: 293, run: rseq, support: 'full' },
};
