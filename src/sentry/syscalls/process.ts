import { EINVAL, ENAMETOOLONG, ENOENT, E2BIG, ESRCH } from '../../abi/errno.ts';
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW } from '../../abi/open.ts';
import {
  CLONE_NEWCGROUP, CLONE_NEWIPC, CLONE_NEWNET, CLONE_NEWNS, CLONE_NEWPID, CLONE_NEWUSER, CLONE_NEWUTS, CLONE_PIDFD, CLONE_VFORK, CSIGNAL, P_ALL, P_PGID,
  P_PID, WALL, WCLONE, WCONTINUED, WEXITED, WNOHANG, WNOTHREAD, WNOWAIT, WSTOPPED, WUNTRACED,
} from '../../abi/process.ts';
import { PTRACE_EVENT_VFORK_DONE } from '../../abi/ptrace.ts';
import { CLD_CONTINUED, CLD_DUMPED, CLD_EXITED, CLD_KILLED, CLD_STOPPED, CLD_TRAPPED, SIGCHLD, SIGCONT, SIGRTMAX } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import type { ByteString } from '../../base/bytes.ts';
import { cloneTask } from '../task/clone.ts';
import type { CloneRequest } from '../task/clone.ts';
import { execProgram } from '../task/exec.ts';
import { exitGroup, exitTask, statusOfExit } from '../task/exit.ts';
import { leaveEvent, stopForExit } from '../task/ptrace-stop.ts';
import type { Task } from '../task/task.ts';
import { takeChildReport } from '../task/wait-children.ts';
import type { ChildReport, ChildSelector } from '../task/wait-children.ts';
import type { Usage } from '../task/usage.ts';
import type { SyscallResult } from '../wait/block.ts';
import { REGISTERS_REPLACED } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { placeOf } from './files.ts';

const PATH_MAX = 4096;
const MAX_STRING_BYTES = 131_073;
const MAX_STRINGS = 0x10_0000;
const NEW_NAMESPACES = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

/** The child of a vfork has let go: a tracer may want to know. */
function endVforkCall(task: Task, childTid: number): SyscallResult {
  leaveEvent(task, PTRACE_EVENT_VFORK_DONE, childTid);
  return childTid;
}

/** Runs the clone once; a vfork parent then waits until the child has let go of its memory. */
function startClone(task: Task, request: CloneRequest): SyscallResult {
  const { wait } = task;
  if (wait !== null && wait.stage === 'vfork') {
    const child = task.kernel.threadGroups.get(wait.value);
    if (wait.isGranted || child === undefined || child.hasReleasedVfork) return endVforkCall(task, wait.value);
    return { queues: [child.vforkDone], restart: 'killable', deadlineNs: null };
  }
  if ((request.flags % 0x1_0000_0000 & NEW_NAMESPACES) !== 0) throw new SysError(EINVAL, 'clone: no namespaces of its own for a task');
  const child = cloneTask(task, request);
  if ((request.flags & CLONE_VFORK) === 0) return child.tid;
  const record = task.waitRecord();
  record.stage = 'vfork';
  record.value = child.tid;
  return { queues: [child.threadGroup.vforkDone], restart: 'killable', deadlineNs: null };
}

/**
 * clone(2): makes a thread or a process.
 * @errors EAGAIN ENOMEM EINVAL
 * @source clone(2); argument order of riscv64: flags, stack, parent_tid, tls, child_tid
 */
export function clone(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(0);
  return startClone(task, {
    flags: (flags & ~CSIGNAL) >>> 0,
    exitSignal: flags & CSIGNAL,
    stackTop: args.addr(1),
    parentTidAddress: args.addr(2),
    threadPointer: args.addr(3),
    childTidAddress: args.addr(4),
    wantedTid: 0,
  });
}

/** clone3(2): as clone, arguments in a structure of `size` bytes. @errors EINVAL a size below 64; E2BIG unknown fields set */
export function clone3(task: Task, args: SyscallArgs): SyscallResult {
  const at = args.addr(0);
  const size = args.sizeBytes(1);
  if (size < 64) throw new SysError(EINVAL, 'clone3: structure too short');
  if (size > 4096) throw new SysError(E2BIG, 'clone3: structure too long');
  for (let i = 88; i < size; i += 8) if (task.mm.readU64(at + i) !== 0) throw new SysError(E2BIG, 'clone3: unknown field');
  const flags = task.mm.readU64(at);
  const exitSignal = task.mm.readU64(at + 32);
  if ((flags & CSIGNAL) !== 0 || exitSignal > SIGRTMAX) throw new SysError(EINVAL, 'clone3: bad exit signal');
  const stack = task.mm.readU64(at + 40);
  const stackBytes = task.mm.readU64(at + 48);
  if ((stack === 0) !== (stackBytes === 0)) throw new SysError(EINVAL, 'clone3: stack without size');
  return startClone(task, {
    flags,
    exitSignal,
    stackTop: stack + stackBytes,
    parentTidAddress: task.mm.readU64(at + ((flags & CLONE_PIDFD) !== 0 ? 8 : 24)),
    childTidAddress: task.mm.readU64(at + 16),
    threadPointer: task.mm.readU64(at + 56),
    wantedTid: 0,
  });
}

function readStrings(task: Task, address: number): ByteString[] {
  if (address === 0) return [];
  return task.mm.readPointers(address, MAX_STRINGS).map((pointer) => {
    try {
      return task.mm.readCString(pointer, MAX_STRING_BYTES);
    } catch (error) {
      if (error instanceof SysError && error.errno === ENAMETOOLONG) throw new SysError(E2BIG, 'execve: an argument of more than 128 KiB');
      throw error;
    }
  });
}

/** execve(2): replaces the program. On success does not return to the old one. */
export function execve(task: Task, args: SyscallArgs): SyscallResult {
  const path = task.mm.readCString(args.addr(0), PATH_MAX);
  return execProgram(task, {
    start: task.fs.cwd,
    path,
    argv: readStrings(task, args.addr(1)),
    environment: readStrings(task, args.addr(2)),
    followSymlink: true,
    opened: null,
  }) ?? REGISTERS_REPLACED;
}

/** execveat(2). @errors as execve; EBADF; ELOOP a symbolic link under AT_SYMLINK_NOFOLLOW */
export function execveat(task: Task, args: SyscallArgs): SyscallResult {
  const dirFd = args.fd(0);
  const path = task.mm.readCString(args.addr(1), PATH_MAX);
  const flags = args.i32(4);
  if (path === '' && (flags & AT_EMPTY_PATH) === 0) throw new SysError(ENOENT, 'execveat: an empty path');
  if ((flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW)) !== 0) throw new SysError(EINVAL, 'execveat: unknown flag');
  const isItself = path === '' && (flags & AT_EMPTY_PATH) !== 0;
  let start = task.fs.cwd;
  if (dirFd !== AT_FDCWD && (isItself || !path.startsWith('/'))) {
    start = placeOf(task.file(dirFd));
  }
  return execProgram(task, {
    start,
    path: isItself ? `/dev/fd/${dirFd}` : path,
    argv: readStrings(task, args.addr(2)),
    environment: readStrings(task, args.addr(3)),
    followSymlink: (flags & AT_SYMLINK_NOFOLLOW) === 0,
    opened: isItself ? start : null,
  }) ?? REGISTERS_REPLACED;
}

/** exit(2): ends the calling thread. */
export function exit(task: Task, args: SyscallArgs): SyscallResult {
  const status = statusOfExit(args.i32(0));
  if (!stopForExit(task, status)) exitTask(task, status);
  return REGISTERS_REPLACED;
}

/** exit_group(2): ends every thread of the process. */
export function exit_group(task: Task, args: SyscallArgs): SyscallResult {
  exitGroup(task, statusOfExit(args.i32(0)));
  return REGISTERS_REPLACED;
}

/** Writes struct rusage. */
export function writeUsage(task: Task, address: number, usage: Usage): void {
  const { mm } = task;
  mm.writeBytes(address, new Uint8Array(144));
  mm.writeU64(address, Math.floor(usage.userNs / 1e9));
  mm.writeU64(address + 8, Math.floor((usage.userNs % 1e9) / 1e3));
  mm.writeU64(address + 16, Math.floor(usage.systemNs / 1e9));
  mm.writeU64(address + 24, Math.floor((usage.systemNs % 1e9) / 1e3));
  mm.writeU64(address + 32, usage.maxRssPages * 4);
  mm.writeU64(address + 64, usage.minorFaults);
}

/**
 * wait4(2): waits for a child to change state.
 * @errors ECHILD no such child; EINVAL unknown option; ESRCH pid is the smallest integer
 * @blocks until a child has news, unless WNOHANG
 */
export function wait4(task: Task, args: SyscallArgs): SyscallResult {
  const pid = args.i32(0);
  const statusAddress = args.addr(1);
  const options = args.i32(2);
  const usageAddress = args.addr(3);
  if ((options & ~(WNOHANG | WUNTRACED | WCONTINUED | WNOTHREAD | WCLONE | WALL)) !== 0) throw new SysError(EINVAL, 'wait4: unknown option');
  if (pid === -0x8000_0000) throw new SysError(ESRCH, 'wait4: no such group');
  const selector: ChildSelector =
    pid > 0 ? { kind: 'pid', pid } : pid === -1 ? { kind: 'any' } : { kind: 'group', pgid: pid === 0 ? task.processGroup().pgid : -pid };
  const report = takeChildReport(task, selector, (options & ~WNOHANG) | WEXITED);
  if (report === null) {
    if ((options & WNOHANG) !== 0) return 0;
    return { queues: [task.threadGroup.childWait], restart: 'sys', deadlineNs: null };
  }
  if (statusAddress !== 0) task.mm.writeU32(statusAddress, report.status);
  if (usageAddress !== 0) writeUsage(task, usageAddress, report.usage);
  return report.pid;
}

/** waitid(2). @errors ECHILD EINVAL; @blocks until a child has news, unless WNOHANG */
export function waitid(task: Task, args: SyscallArgs): SyscallResult {
  const idType = args.i32(0);
  const id = args.i32(1);
  const infoAddress = args.addr(2);
  const options = args.i32(3);
  const usageAddress = args.addr(4);
  if ((options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED | WNOTHREAD | WCLONE | WALL)) !== 0 || (options & (WEXITED | WSTOPPED | WCONTINUED)) === 0) {
    throw new SysError(EINVAL, 'waitid: options');
  }
  const report = takeChildReport(task, waitidSelector(task, idType, id), options);
  if (report === null && (options & WNOHANG) === 0) return { queues: [task.threadGroup.childWait], restart: 'sys', deadlineNs: null };
  if (infoAddress !== 0) writeChildInfo(task, infoAddress, report);
  if (usageAddress !== 0 && report !== null) writeUsage(task, usageAddress, report.usage);
  return 0;
}

function waitidSelector(task: Task, idType: number, id: number): ChildSelector {
  if (idType === P_ALL) return { kind: 'any' };
  if (idType === P_PID && id > 0) return { kind: 'pid', pid: id };
  if (idType === P_PGID && id >= 0) return { kind: 'group', pgid: id === 0 ? task.processGroup().pgid : id };
  throw new SysError(EINVAL, `waitid: id type ${idType}`);
}

function writeChildInfo(task: Task, address: number, report: ChildReport | null): void {
  const { mm } = task;
  const signal = report === null ? 0 : report.status & 0x7f;
  let code = 0;
  let status = 0;
  if (report?.what === 'exited') {
    code = signal === 0 ? CLD_EXITED : (report.status & 0x80) !== 0 ? CLD_DUMPED : CLD_KILLED;
    status = signal === 0 ? (report.status >> 8) & 0xff : signal;
  } else if (report?.what === 'stopped' || report?.what === 'trapped') {
    code = report.what === 'stopped' ? CLD_STOPPED : CLD_TRAPPED;
    status = report.status >> 8;
  } else if (report?.what === 'continued') {
    code = CLD_CONTINUED;
    status = SIGCONT;
  }
  mm.writeI32(address, report === null ? 0 : SIGCHLD);
  mm.writeI32(address + 4, 0);
  mm.writeI32(address + 8, code);
  mm.writeI32(address + 16, report?.pid ?? 0);
  mm.writeU32(address + 20, report?.uid ?? 0);
  mm.writeI32(address + 24, status);
}

/** set_tid_address(2): where exit stores 0; returns the thread's id. */
export function set_tid_address(task: Task, args: SyscallArgs): SyscallResult {
  task.clearChildTid = args.addr(0);
  return task.tid;
}


export const processSyscalls: SyscallTable = {
  clone: { number: 220, run: clone, support: 'partial', note: 'no new namespaces, no CLONE_PIDFD' },
  clone3: { number: 435, run: clone3, support: 'partial', note: 'no new namespaces, no CLONE_PIDFD, no set_tid' },
  execve: { number: 221, run: execve, support: 'full' },
  execveat: { number: 281, run: execveat, support: 'full' },
  exit: { number: 93, run: exit, support: 'full' },
  exit_group: { number: 94, run: exit_group, support: 'full' },
  wait4: { number: 260, run: wait4, support: 'full' },
  waitid: { number: 95, run: waitid, support: 'partial', note: 'no P_PIDFD' },
  set_tid_address: { number: 96, run: set_tid_address, support: 'full' },
};
