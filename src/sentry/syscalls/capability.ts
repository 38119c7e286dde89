import { EINVAL, EPERM, ESRCH } from '../../abi/errno.ts';
import { SysError } from '../../base/errors.ts';
import { ALL_CAPABILITIES, CAP_SETPCAP } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import { commitCredentials } from './credential-calls.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const VERSION_1 = 0x1998_0330;
const VERSION_2 = 0x2007_1026;
const VERSION_3 = 0x2008_0522;
const LOW_HALF = 0xffff_ffffn;

/**
 * Words per capability set that the header at `headerAddr` asks for; 0 after writing the preferred version there
 * when it names an unknown one.
 */
function wordsPerSet(task: Task, headerAddr: number): number {
  const version = task.mm.readU32(headerAddr);
  if (version === VERSION_1) return 1;
  if (version === VERSION_2 || version === VERSION_3) return 2;
  task.mm.writeU32(headerAddr, VERSION_3);
  return 0;
}

/**
 * capget(2): stores effective, permitted and inheritable words of the thread named in the header.
 * @errors EINVAL unknown version (0 when no data is asked for), negative pid; ESRCH; EFAULT
 */
export function capget(task: Task, args: SyscallArgs): SyscallResult {
  const headerAddr = args.addr(0);
  const dataAddr = args.addr(1);
  const words = wordsPerSet(task, headerAddr);
  if (words === 0) {
    if (dataAddr === 0) return 0;
    throw new SysError(EINVAL, 'capget: unknown version');
  }
  if (dataAddr === 0) return 0;
  const pid = task.mm.readI32(headerAddr + 4);
  if (pid < 0) throw new SysError(EINVAL, `capget: pid ${pid}`);
  const target = pid === 0 ? task : task.kernel.tasks.get(pid);
  if (target === undefined) throw new SysError(ESRCH, `capget: no thread ${pid}`);
  const { effective, permitted, inheritable } = target.credentials;
  for (let word = 0; word < words; word++) {
    [effective, permitted, inheritable].forEach((set, i) => {
      task.mm.writeU32(dataAddr + 12 * word + 4 * i, Number((set >> BigInt(32 * word)) & LOW_HALF));
    });
  }
  return 0;
}

/**
 * capset(2): changes the caller's own sets.
 * @errors EINVAL unknown version; EPERM another thread, or more than it may have; EFAULT
 */
export function capset(task: Task, args: SyscallArgs): SyscallResult {
  const headerAddr = args.addr(0);
  const words = wordsPerSet(task, headerAddr);
  if (words === 0) throw new SysError(EINVAL, 'capset: unknown version');
  const pid = task.mm.readI32(headerAddr + 4);
  if (pid !== 0 && pid !== task.tid) throw new SysError(EPERM, 'capset: another thread');
  const sets = [0n, 0n, 0n];
  for (let word = 0; word < words; word++) {
    for (let i = 0; i < 3; i++) sets[i]! |= BigInt(task.mm.readU32(args.addr(1) + 12 * word + 4 * i)) << BigInt(32 * word);
  }
  const [effective, permitted, inheritable] = sets.map((set) => set & ALL_CAPABILITIES) as [bigint, bigint, bigint];
  const last = task.credentials;
  const mayAdd = last.has(CAP_SETPCAP) ? ALL_CAPABILITIES : last.inheritable | last.permitted;
  if ((inheritable & ~mayAdd) !== 0n || (inheritable & ~(last.inheritable | last.bounding)) !== 0n) throw new SysError(EPERM, 'capset: inheritable');
  if ((permitted & ~last.permitted) !== 0n) throw new SysError(EPERM, 'capset: permitted');
  if ((effective & ~permitted) !== 0n) throw new SysError(EPERM, 'capset: effective');

  const next = last.copy();
  next.effective = effective;
  next.permitted = permitted;
  next.inheritable = inheritable;
  next.ambient &= permitted & inheritable;
  commitCredentials(task, next);
  return 0;
}

export const capabilitySyscalls: SyscallTable = {
  capget: { number: 90, run: capget, support: 'full' },
  capset: { number: 91, run: capset, support: 'full' },
};
