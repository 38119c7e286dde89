import { EINVAL, EPERM } from '../../abi/errno.ts';
import { SIGRTMAX } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import { CAP_LAST, CAP_SETPCAP } from '../auth/credentials.ts';
import type { Task } from '../task/task.ts';
import type { SyscallResult } from '../wait/block.ts';
import { commitCredentials, SECBIT_KEEP_CAPS } from './credential-calls.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';

const PR_SET_PDEATHSIG = 1;
const PR_GET_PDEATHSIG = 2;
const PR_GET_DUMPABLE = 3;
const PR_SET_DUMPABLE = 4;
const PR_GET_KEEPCAPS = 7;
const PR_SET_KEEPCAPS = 8;
const PR_GET_TIMING = 13;
const PR_SET_TIMING = 14;
const PR_SET_NAME = 15;
const PR_GET_NAME = 16;
const PR_GET_SECCOMP = 21;
const PR_CAPBSET_READ = 23;
const PR_CAPBSET_DROP = 24;
const PR_GET_SECUREBITS = 27;
const PR_SET_SECUREBITS = 28;
const PR_SET_TIMERSLACK = 29;
const PR_GET_TIMERSLACK = 30;
const PR_SET_CHILD_SUBREAPER = 36;
const PR_GET_CHILD_SUBREAPER = 37;
const PR_SET_NO_NEW_PRIVS = 38;
const PR_GET_NO_NEW_PRIVS = 39;
const PR_GET_TID_ADDRESS = 40;
const PR_CAP_AMBIENT = 47;
const PR_CAP_AMBIENT_IS_SET = 1;
const PR_CAP_AMBIENT_RAISE = 2;
const PR_CAP_AMBIENT_LOWER = 3;
const PR_CAP_AMBIENT_CLEAR_ALL = 4;

const NAME_BYTES = 16;
/** Secure bits that exist; each odd one locks the one before. */
const SECURE_BITS = 0xff;
const LOCKS = 0xaa;
const NO_CAP_AMBIENT_RAISE = 1 << 6;
const DEFAULT_TIMER_SLACK_NS = 50_000;

function requireZero(args: SyscallArgs, from: number): void {
  for (let i = from; i < 5; i++) if (args.u64(i) !== 0n) throw new SysError(EINVAL, `prctl: argument ${i + 1} is not 0`);
}

function setSecureBits(task: Task, bits: number): number {
  const last = task.credentials;
  const locked = (last.secureBits & LOCKS) >> 1;
  const isUnlocking = (last.secureBits & LOCKS & ~bits) !== 0;
  if (((last.secureBits ^ bits) & locked) !== 0 || isUnlocking || (bits & ~SECURE_BITS) !== 0 || !last.has(CAP_SETPCAP)) {
    throw new SysError(EPERM, 'prctl: secure bits');
  }
  const next = last.copy();
  next.secureBits = bits;
  commitCredentials(task, next);
  return 0;
}

function setKeepCaps(task: Task, value: number): number {
  if (value > 1) throw new SysError(EINVAL, `prctl: keep capabilities ${value}`);
  const next = task.credentials.copy();
  if ((next.secureBits & (SECBIT_KEEP_CAPS << 1)) !== 0) throw new SysError(EPERM, 'prctl: keep capabilities is locked');
  next.secureBits = value === 1 ? next.secureBits | SECBIT_KEEP_CAPS : next.secureBits & ~SECBIT_KEEP_CAPS;
  commitCredentials(task, next);
  return 0;
}

function requireCapability(number: number): bigint {
  if (number > CAP_LAST) throw new SysError(EINVAL, `prctl: capability ${number}`);
  return 1n << BigInt(number);
}

function dropBounding(task: Task, capability: number): number {
  if (!task.credentials.has(CAP_SETPCAP)) throw new SysError(EPERM, 'prctl: CAP_SETPCAP');
  const bit = requireCapability(capability);
  const next = task.credentials.copy();
  next.bounding &= ~bit;
  commitCredentials(task, next);
  return 0;
}

function changeAmbient(task: Task, args: SyscallArgs): number {
  const action = args.u32(1);
  const last = task.credentials;
  const next = last.copy();
  if (action === PR_CAP_AMBIENT_CLEAR_ALL) {
    requireZero(args, 2);
    next.ambient = 0n;
    commitCredentials(task, next);
    return 0;
  }
  requireZero(args, 3);
  const bit = requireCapability(args.u32(2));
  if (action === PR_CAP_AMBIENT_IS_SET) return (last.ambient & bit) === 0n ? 0 : 1;
  if (action === PR_CAP_AMBIENT_LOWER) {
    next.ambient &= ~bit;
  } else if (action === PR_CAP_AMBIENT_RAISE) {
    if ((last.permitted & last.inheritable & bit) === 0n || (last.secureBits & NO_CAP_AMBIENT_RAISE) !== 0) {
      throw new SysError(EPERM, 'prctl: ambient capability');
    }
    next.ambient |= bit;
  } else {
    throw new SysError(EINVAL, `prctl: ambient action ${action}`);
  }
  commitCredentials(task, next);
  return 0;
}

function setName(task: Task, address: number): number {
  const bytes: number[] = [];
  for (let i = 0; i < NAME_BYTES - 1; i++) {
    const byte = task.mm.readU8(address + i);
    if (byte === 0) break;
    bytes.push(byte);
  }
  task.name = byteStringOf(Uint8Array.from(bytes));
  return 0;
}

function getName(task: Task, address: number): number {
  const bytes = new Uint8Array(NAME_BYTES);
  bytes.set(bytesOf(task.name));
  task.mm.writeBytes(address, bytes);
  return 0;
}

/** prctl(2). @errors EINVAL unknown or not there on riscv64; EPERM; EFAULT */
export function prctl(task: Task, args: SyscallArgs): SyscallResult {
  const option = args.i32(0);
  const value = args.u64(1);
  const low = args.u32(1);
  const address = args.addr(1);
  const group = task.threadGroup;
  switch (option) {
    case PR_SET_PDEATHSIG:
      if (value > BigInt(SIGRTMAX)) throw new SysError(EINVAL, `prctl: signal ${value}`);
      group.parentDeathSignal = low;
      return 0;
    case PR_GET_PDEATHSIG:
      task.mm.writeI32(address, group.parentDeathSignal);
      return 0;
    case PR_GET_DUMPABLE:
      return task.mm.isDumpable ? 1 : 0;
    case PR_SET_DUMPABLE:
      if (value > 1n) throw new SysError(EINVAL, `prctl: dumpable ${value}`);
      task.mm.isDumpable = value === 1n;
      return 0;
    case PR_GET_KEEPCAPS:
      return (task.credentials.secureBits & SECBIT_KEEP_CAPS) === 0 ? 0 : 1;
    case PR_SET_KEEPCAPS:
      return setKeepCaps(task, low);
    case PR_GET_TIMING:
      return 0;
    case PR_SET_TIMING:
      if (value !== 0n) throw new SysError(EINVAL, 'prctl: precise timing');
      return 0;
    case PR_SET_NAME:
      return setName(task, address);
    case PR_GET_NAME:
      return getName(task, address);
    case PR_GET_SECCOMP:
      return 0;
    case PR_CAPBSET_READ:
      return (task.credentials.bounding & requireCapability(low)) === 0n ? 0 : 1;
    case PR_CAPBSET_DROP:
      return dropBounding(task, low);
    case PR_GET_SECUREBITS:
      return task.credentials.secureBits;
    case PR_SET_SECUREBITS:
      return setSecureBits(task, low);
    case PR_SET_TIMERSLACK:
      task.timerSlackNs = value === 0n || BigInt.asIntN(64, value) < 0n ? DEFAULT_TIMER_SLACK_NS : Math.min(Number(value), Number.MAX_SAFE_INTEGER);
      return 0;
    case PR_GET_TIMERSLACK:
      return task.timerSlackNs;
    case PR_SET_CHILD_SUBREAPER:
      group.isChildSubreaper = value !== 0n;
      return 0;
    case PR_GET_CHILD_SUBREAPER:
      task.mm.writeI32(address, group.isChildSubreaper ? 1 : 0);
      return 0;
    case PR_SET_NO_NEW_PRIVS: {
      if (value !== 1n) throw new SysError(EINVAL, `prctl: no new privileges ${value}`);
      requireZero(args, 2);
      const next = task.credentials.copy();
      next.hasNoNewPrivs = true;
      commitCredentials(task, next);
      return 0;
    }
    case PR_GET_NO_NEW_PRIVS:
      requireZero(args, 1);
      return task.credentials.hasNoNewPrivs ? 1 : 0;
    case PR_GET_TID_ADDRESS:
      task.mm.writeU64(address, task.clearChildTid);
      return 0;
    case PR_CAP_AMBIENT:
      return changeAmbient(task, args);
    default:
      throw new SysError(EINVAL, `prctl: option ${option}`);
  }
}

export const prctlSyscalls: SyscallTable = {
  prctl: { number: 167, run: prctl, support: 'partial', note: 'without seccomp, PR_SET_MM and PR_SET_VMA' },
};
