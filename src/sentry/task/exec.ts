import { EACCES, ELOOP, ENOEXEC, ETXTBSY } from '../../abi/errno.ts';
import { MS_NOEXEC, MS_NOSUID, X_OK } from '../../abi/fs.ts';
import { O_RDONLY } from '../../abi/open.ts';
import { RLIMIT_AS, RLIMIT_STACK } from '../../abi/process.ts';
import { PTRACE_EVENT_EXEC } from '../../abi/ptrace.ts';
import { SI_USER, SIGCHLD, SIGTRAP } from '../../abi/signal.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { isElf, parseElf } from '../loader/elf.ts';
import { interpreterPath, loadProgram, readerOf } from '../loader/load.ts';
import type { LoadedProgram } from '../loader/load.ts';
import { HEAD_BYTES, parseScript } from '../loader/script.ts';
import { AddressSpace } from '../mm/address-space.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Block } from '../wait/block.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { lookupPath } from '../vfs/lookup.ts';
import type { Path } from '../vfs/path.ts';
import { requireAccess } from '../vfs/permission.ts';
import { endVfork, exitTask } from './exit.ts';
import { endTrace, leaveEvent, stopForExit } from './ptrace-stop.ts';
import { signalInfo } from './signals/signal-queue.ts';
import type { Task } from './task.ts';

const SP = 2;
const S_ISUID = 0o4000;
const S_ISGID = 0o2000;
/** Scripts may name scripts, this deep (BINPRM_MAX_RECURSION). */
const MAX_INTERPRETERS = 5;

/** What the program of an execve that waits is pinned as: no number that the guest could name. */
const AWAITED_FD = -2;

/** A program asked for by execve(2) or by exec from outside. */
export interface ExecRequest {
  /** Where relative paths begin. */
  readonly start: Path;
  /** As given; empty with `opened`. */
  readonly path: ByteString;
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  readonly followSymlink: boolean;
  /** execveat with AT_EMPTY_PATH: the file itself. */
  readonly opened: Path | null;
}

/** Opens `where` to run it. @errors EACCES not a regular file, not executable, or on a noexec mount */
function openProgram(task: Task, where: Path): FileDescription {
  const { inode } = where.dentry;
  if (!inode.isRegular()) throw new SysError(EACCES, 'execve: not a regular file');
  if ((where.mount.flags & MS_NOEXEC) !== 0) throw new SysError(EACCES, 'execve: the mount is noexec');
  requireAccess(inode, task.credentials, X_OK);
  if ((inode.mode & 0o111) === 0) throw new SysError(EACCES, 'execve: no execute permission');
  if (inode.writers > 0) throw new SysError(ETXTBSY, 'execve: open for writing');
  const file = inode.open(where, O_RDONLY, O_RDONLY, task);
  file.hold();
  return file;
}

function locate(task: Task, start: Path, path: ByteString, follow: boolean): Path {
  const walker = { root: task.fs.root, credentials: task.credentials, caller: task };
  const where = lookupPath(walker, start, path, follow);
  if (!follow && where.dentry.inode.isSymlink()) throw new SysError(ELOOP, 'execveat: a symbolic link');
  return where;
}

/** A program found and loaded into a space of its own; nothing of the task has changed yet. */
interface Prepared {
  readonly loaded: LoadedProgram;
  readonly credentials: Credentials;
  readonly name: ByteString;
  /** Where the program, or script, was found. */
  readonly where: Path;
  readonly argv: readonly ByteString[];
}

/** The program that an execve has found which then waited for other threads: the way to it may lead through what they were. */
function awaitedProgram(task: Task): Path | null {
  const { wait } = task;
  return wait !== null && wait.stage === 'execve' ? (wait.pinned[wait.pinnedFds.indexOf(AWAITED_FD)]?.path ?? null) : null;
}

/** Keeps the program for when execve runs again. */
function awaitWith(task: Task, where: Path): void {
  const file = openProgram(task, where);
  task.pin(AWAITED_FD, file);
  task.waitRecord().stage = 'execve';
  file.drop();
}

/** Everything that can fail. */
function prepare(task: Task, request: ExecRequest): Prepared {
  let { path, argv } = request;
  const where = awaitedProgram(task) ?? request.opened ?? locate(task, request.start, path, request.followSymlink);
  const name = (request.opened === null ? path : where.dentry.name).replace(/^.*\//s, '').slice(0, 15);
  if (argv.length === 0) argv = [''];
  let file = openProgram(task, where);
  try {
    for (let depth = 0; ; depth++) {
      const read = readerOf(file, task);
      const head = read(0, HEAD_BYTES);
      if (isElf(head)) break;
      const script = parseScript(head);
      if (script === null) throw new SysError(ENOEXEC, 'execve: neither ELF nor #!');
      if (depth >= MAX_INTERPRETERS) throw new SysError(ELOOP, 'execve: too many interpreters');
      argv = [script.interpreter, ...(script.argument === null ? [] : [script.argument]), path, ...argv.slice(1)];
      path = script.interpreter;
      const next = openProgram(task, locate(task, task.fs.cwd, path, true));
      file.drop();
      file = next;
    }
    return { ...load(task, file, path, argv, request.environment), name, argv, where };
  } finally {
    file.drop();
  }
}

function load(task: Task, file: FileDescription, path: ByteString, argv: readonly ByteString[], environment: readonly ByteString[]) {
  const { kernel, threadGroup } = task;
  const credentials = credentialsAfterExec(task, file);
  const read = readerOf(file, task);
  const image = parseElf(read);
  const interpreterName = interpreterPath(image, read);
  const interpreter = interpreterName === null ? null : openProgram(task, locate(task, task.fs.cwd, interpreterName, true));
  const mm = new AddressSpace(kernel.core, kernel.zeroFrame);
  try {
    const loaded = loadProgram(mm, file, image, interpreter, {
        argv, environment, path,
        uid: credentials.uid, euid: credentials.euid, gid: credentials.gid, egid: credentials.egid,
        isSecure: credentials.uid !== credentials.euid || credentials.gid !== credentials.egid,
        random: kernel.random(16),
        stackLimitBytes: threadGroup.limit(RLIMIT_STACK),
        sizeLimitBytes: threadGroup.limit(RLIMIT_AS),
        caller: task,
      });
    return { loaded, credentials };
  } catch (error) {
    mm.drop();
    throw error;
  } finally {
    interpreter?.drop();
  }
}

/** Set-user-ID and set-group-ID (execve(2)). */
function credentialsAfterExec(task: Task, file: FileDescription): Credentials {
  const credentials = task.credentials.copy();
  const { mode, uid, gid } = file.inode;
  const mayGain = task.trace === null || task.trace.isPrivileged;
  const mayChange = mayGain && !credentials.hasNoNewPrivs && file.path !== null && (file.path.mount.flags & MS_NOSUID) === 0;
  if (mayChange && (mode & S_ISUID) !== 0) credentials.euid = uid;
  if (mayChange && (mode & (S_ISGID | 0o010)) === (S_ISGID | 0o010)) credentials.egid = gid;
  credentials.suid = credentials.fsuid = credentials.euid;
  credentials.sgid = credentials.fsgid = credentials.egid;
  if (credentials.euid === 0 || credentials.uid === 0) {
    credentials.permitted = credentials.bounding | credentials.inheritable;
    credentials.effective = credentials.euid === 0 ? credentials.permitted : 0n;
    credentials.ambient = 0n;
  } else {
    credentials.permitted = credentials.ambient;
    credentials.effective = credentials.ambient;
  }
  credentials.secureBits &= ~0x10; // SECBIT_KEEP_CAPS ends here
  return credentials;
}

/**
 * execve(2): replaces the program of `task`'s group. When it returns null, registers are those of the new program.
 *
 * @returns what to wait for before it is called again: other threads that stand at their end for their tracer
 * @errors  those of execve(2); nothing has changed then
 */
export function execProgram(task: Task, request: ExecRequest): Block | null {
  const prepared = prepare(task, request);
  const formerTid = task.tid;
  const group = task.threadGroup;
  if (group.tasks.size > 1 && mustAwaitOthers(task)) {
    prepared.loaded.mm.drop();
    awaitWith(task, prepared.where);
    return { queues: [group.exitWait], restart: 'killable', deadlineNs: null };
  }
  endOtherThreads(task);
  replaceMemory(task, prepared.loaded);
  if (task.fdTable.users > 1) {
    const own = task.fdTable.copy();
    task.fdTable.drop(group.pid);
    task.fdTable = own;
  }
  task.fdTable.closeOnExec(group.pid);
  if (group.actions.users > 1) {
    group.actions.users--;
    group.actions = group.actions.copy();
  }
  group.actions.resetHandlers();
  task.alternateStack = { start: 0, sizeBytes: 0, flags: 2 };
  task.credentials = prepared.credentials;
  const { uid, euid, gid, egid } = task.credentials;
  task.mm.isDumpable = uid === euid && gid === egid;
  task.name = prepared.name;
  group.commandLine = [...prepared.argv];
  group.hasExecuted = true;
  group.exitSignal = SIGCHLD;
  for (const timer of group.posixTimers.values()) task.kernel.timers.disarm(timer);
  group.posixTimers.clear();
  tellTracerOfExec(task, formerTid);
  return null;
}

/** PTRACE_EVENT_EXEC, or the SIGTRAP that a tracer gets that knows nothing of it. */
function tellTracerOfExec(task: Task, formerTid: number): void {
  const { trace } = task;
  if (trace === null) return;
  leaveEvent(task, PTRACE_EVENT_EXEC, formerTid);
  if (trace.dueEvent === 0 && !trace.isSeized) task.sendSignal(signalInfo(SIGTRAP, SI_USER, { pid: task.pid, uid: task.credentials.uid }));
}

/** Ends the other threads where one of them has a tracer that wants to see its end. @returns whether it has still to be waited for */
function mustAwaitOthers(task: Task): boolean {
  const others = [...task.threadGroup.tasks].filter((other) => other !== task);
  const awaited = others.filter((other) => other.trace?.isExiting === true || stopForExit(other, 0));
  if (awaited.length === 0) return false;
  for (const other of others) if (!awaited.includes(other)) exitTask(other, 0);
  return true;
}

/** All other threads end; the caller becomes the leader and takes its id. */
function endOtherThreads(task: Task): void {
  const group = task.threadGroup;
  const { kernel } = task;
  const { leader } = group;
  // The tracer of the leader loses it without a word: the caller takes its place.
  if (leader !== task && leader.trace !== null) endTrace(leader, leader.trace, 0);
  for (const other of [...group.tasks]) if (other !== task) exitTask(other, 0);
  if (leader === task) return;
  kernel.tasks.delete(task.tid);
  kernel.tasks.delete(leader.tid);
  for (const child of group.children) if (child.parentTask === leader) child.parentTask = task;
  task.tid = group.pid;
  group.leader = task;
  kernel.tasks.set(task.tid, task);
}

function replaceMemory(task: Task, loaded: LoadedProgram): void {
  const { core } = task.kernel;
  const old = task.mm;
  task.clearChildTid = 0;
  task.robustList = 0;
  task.rseqAddress = 0;
  task.mm = loaded.mm;
  if (old.users === 1) task.threadGroup.ownUsage.maxRssPages = Math.max(task.threadGroup.ownUsage.maxRssPages, old.notePeak());
  old.drop();
  endVfork(task.threadGroup);
  core.clearHart(task.slot);
  core.setPc(task.slot, loaded.entry);
  core.setReg(task.slot, SP, loaded.stackPointer);
}
