import { EINVAL } from '../../abi/errno.ts';
import { TASK_SIZE } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

/** Calls that only riscv has: what the processor can do. */

const PAIR_BYTES = 16;
const BASE_IMA = 1n;
/** IMA_FD, IMA_C, Zba, Zbb, Zbs. */
const EXTENSIONS = (1n << 0n) | (1n << 1n) | (1n << 3n) | (1n << 4n) | (1n << 5n);
const MISALIGNED_FAST = 3n;
const TIME_HZ = 10_000_000n;

/** Values by key: riscv_hwprobe(2) of Linux 6.12. Vendor, architecture and implementation are 0, as of an unnamed processor. */
const VALUES: readonly bigint[] = [
  0n, // mvendorid
  0n, // marchid
  0n, // mimpid
  BASE_IMA,
  EXTENSIONS,
  MISALIGNED_FAST, // performance of misaligned accesses, in its first place
  0n, // Zicboz block size: not there
  BigInt(TASK_SIZE - 1), // highest address of user space
  TIME_HZ,
  MISALIGNED_FAST,
];

/**
 * riscv_hwprobe(2): answers pairs of a 64-bit key and a 64-bit value; an unknown key becomes −1, its value 0.
 * @errors EINVAL flags, or a set of processors without ours; EFAULT
 */
export function riscv_hwprobe(task: Task, args: SyscallArgs): SyscallResult {
  const pairsAddr = args.addr(0);
  const count = args.sizeBytes(1);
  const setBytes = args.sizeBytes(2);
  const setAddr = args.addr(3);
  if (args.u32(4) !== 0) throw new SysError(EINVAL, 'riscv_hwprobe: flags');
  if (setBytes === 0 ? setAddr !== 0 : (task.mm.readU8(setAddr) & 1) === 0) throw new SysError(EINVAL, 'riscv_hwprobe: no processor');
  for (let i = 0; i < count; i++) {
    const pairAddr = pairsAddr + PAIR_BYTES * i;
    const key = BigInt.asIntN(64, task.mm.readBig(pairAddr));
    const value = key < 0n || key >= BigInt(VALUES.length) ? undefined : VALUES[Number(key)];
    task.mm.writeBig(pairAddr, value === undefined ? -1n : key);
    task.mm.writeBig(pairAddr + 8, value ?? 0n);
  }
  return 0;
}

/** riscv_flush_icache(2): the core sees stores to code by itself. @errors EINVAL flags */
export function riscv_flush_icache(_task: Task, args: SyscallArgs): SyscallResult {
  if ((args.u64(2) & ~1n) !== 0n) throw new SysError(EINVAL, 'riscv_flush_icache: flags');
  return 0;
}

export const hardwareSyscalls: SyscallTable = {
  riscv_hwprobe: { number: 258, run: riscv_hwprobe, support: 'partial', note: 'without flags' },
  riscv_flush_icache: { number: 259, run: riscv_flush_icache, support: 'full' },
};
