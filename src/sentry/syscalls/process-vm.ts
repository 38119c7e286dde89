import { EFAULT, EINVAL, EPERM, ESRCH } from '../../abi/errno.ts';
import { PAGE_BYTES } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import { mayTrace } from '../task/ptrace-access.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const READ = 1;
const WRITE = 2;
const MAX_SEGMENTS = 1024;

/** The other task. @errors EINVAL flags; ESRCH; EPERM it may not be traced */
function targetOf(task: Task, args: SyscallArgs, call: string): Task {
  if (args.u64(5) !== 0n) throw new SysError(EINVAL, `${call}: flags`);
  const tid = args.i32(0);
  const target = task.kernel.tasks.get(tid);
  if (target === undefined || target.runState === 'exited') throw new SysError(ESRCH, `${call}: no task ${tid}`);
  if (!mayTrace(task, target)) throw new SysError(EPERM, `${call}: task ${tid} is another's`);
  return target;
}

/** A buffer of the caller, and how `countBytes` of it come from, or go to, the target's memory at linear address `linear`. */
interface Mine {
  readonly buffer: IoTarget | IoSource;
  readonly access: number;
  moveChunk(linear: number, countBytes: number): void;
}

/** Moves bytes between the caller's segments and the target's, as far as both are there. @errors EFAULT nothing could be moved */
function move(task: Task, args: SyscallArgs, target: Task, { buffer, access, moveChunk }: Mine): number {
  const count = args.sizeBytes(4);
  if (count > MAX_SEGMENTS) throw new SysError(EINVAL, `iovec of ${count} segments`);
  const segments = Array.from({ length: count }, (_, i) => ({ start: task.mm.readU64(args.addr(3) + 16 * i), lengthBytes: task.mm.readU64(args.addr(3) + 16 * i + 8) }));
  let moved = 0;
  try {
    for (const { start, lengthBytes } of segments) {
      for (let done = 0; done < lengthBytes && buffer.remainingBytes > 0; ) {
        const at = start + done;
        const ready = buffer.prepare(Math.min(lengthBytes - done, PAGE_BYTES - (at % PAGE_BYTES)));
        moveChunk(target.mm.linear(at, access), ready);
        done += ready;
        moved += ready;
      }
    }
  } catch (error) {
    if (!(error instanceof SysError) || error.errno !== EFAULT || moved === 0) throw error;
  }
  return moved;
}

/** process_vm_readv(2). @errors EINVAL ESRCH EPERM EFAULT */
export function process_vm_readv(task: Task, args: SyscallArgs): SyscallResult {
  const target = targetOf(task, args, 'process_vm_readv');
  const buffer = task.mm.iovTarget(args.addr(1), args.sizeBytes(2));
  return move(task, args, target, { buffer, access: READ, moveChunk: (linear, countBytes) => buffer.put(task.mm.core.bytes(), linear, countBytes) });
}

/** process_vm_writev(2). @errors EINVAL ESRCH EPERM EFAULT */
export function process_vm_writev(task: Task, args: SyscallArgs): SyscallResult {
  const target = targetOf(task, args, 'process_vm_writev');
  const buffer = task.mm.iovSource(args.addr(1), args.sizeBytes(2));
  return move(task, args, target, { buffer, access: WRITE, moveChunk: (linear, countBytes) => buffer.take(task.mm.core.bytes(), linear, countBytes) });
}

export const processVmSyscalls: SyscallTable = {
  process_vm_readv: { number: 270, run: process_vm_readv, support: 'full' },
  process_vm_writev: { number: 271, run: process_vm_writev, support: 'full' },
};
