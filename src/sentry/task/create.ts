import { EAGAIN, ENOENT, ENOMEM } from '../../abi/errno.ts';
import { RLIMIT_CORE, RLIMIT_NOFILE, RLIMIT_NPROC, RLIMIT_RTPRIO, RLIMIT_NICE, RLIMIT_SIGPENDING, RLIMIT_STACK, RLIMIT_MEMLOCK, RLIMIT_MSGQUEUE } from '../../abi/process.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { Credentials } from '../auth/credentials.ts';
import { AddressSpace } from '../mm/address-space.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { FsContext } from '../vfs/fs-context.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { execProgram } from './exec.ts';
import { exitGroup } from './exit.ts';
import { FdTable } from './fd-table.ts';
import type { Kernel } from './kernel.ts';
import { ExecSession } from './origin.ts';
import type { Origin } from './origin.ts';
import { ProcessGroup, Session } from './process-group.ts';
import { SignalActions } from './signals/signal-actions.ts';
import { Task } from './task.ts';
import { ThreadGroup } from './thread-group.ts';

const OPEN_FILES_SOFT = 1024;
const OPEN_FILES_HARD = 1024;
const STACK_BYTES = 8 << 20;

/** A process made from outside: the container's init, or what exec starts. */
export interface ProcessRequest {
  readonly origin: Origin;
  /** An exec that lives on under the policies that keep some. */
  readonly isRestorable?: boolean;
  readonly argv: readonly ByteString[];
  readonly environment: readonly ByteString[];
  readonly cwd: ByteString;
  readonly credentials: Credentials;
  readonly umask: number;
  /** Open files by descriptor: stdio and what else is passed. */
  readonly files: readonly { readonly fd: number; readonly file: FileDescription }[];
}

/**
 * Makes a process without a parent, leader of a session and group of its own, ready to run.
 *
 * @errors ENOENT EACCES ENOEXEC … the program cannot be run; EAGAIN the pid limit; nothing is left behind on error
 */
export function createProcess(kernel: Kernel, request: ProcessRequest): ThreadGroup {
  if (kernel.fs === null) throw new SysError(ENOENT, 'the container has no root file system');
  if (kernel.tasks.size >= kernel.pidLimit) throw new SysError(EAGAIN, `the container has ${kernel.pidLimit} threads, its limit`);
  const pid = kernel.allocatePid();
  const fs = new FsContext(kernel.fs.root, kernel.fs.root, request.umask);
  const mm = new AddressSpace(kernel.core, kernel.zeroFrame);
  const task = new Task(kernel, pid, pid, mm, new FdTable(OPEN_FILES_SOFT), fs, request.credentials);
  if (task.slot === 0) throw new SysError(ENOMEM, 'no register slot left');
  const session = new Session(pid, null as unknown as ThreadGroup, true);
  const processGroup = new ProcessGroup(pid, session);
  const group = new ThreadGroup(kernel, pid, task, request.origin, processGroup, new SignalActions());
  session.leader = group;
  task.threadGroup = group;
  group.tasks.add(task);
  setDefaultLimits(kernel, group);
  kernel.sessions.set(pid, session);
  kernel.tasks.set(pid, task);
  kernel.threadGroups.set(pid, group);
  try {
    for (const { fd, file } of request.files) task.fdTable.install(fd, file, 0);
    enterDirectory(task, request.cwd);
    execProgram(task, {
      start: task.fs.cwd,
      path: findProgram(task, request.argv[0] ?? '', request.environment),
      argv: request.argv,
      environment: request.environment,
      followSymlink: true,
      opened: null,
    });
  } catch (error) {
    const lastPid = kernel.lastPid;
    exitGroup(task, 127 << 8);
    kernel.lastPid = lastPid;
    throw error;
  }
  group.hasExecuted = false;
  if (request.origin === 'exec') group.execSession = new ExecSession(pid, task.name, request.isRestorable ?? false);
  kernel.enqueue(task);
  return group;
}

function setDefaultLimits(kernel: Kernel, group: ThreadGroup): void {
  const set = (resource: number, soft: number, hard: number) => {
    group.limits[resource] = [soft, hard];
  };
  set(RLIMIT_STACK, STACK_BYTES, Infinity);
  set(RLIMIT_CORE, 0, Infinity);
  set(RLIMIT_NOFILE, OPEN_FILES_SOFT, OPEN_FILES_HARD);
  set(RLIMIT_NPROC, kernel.pidLimit, kernel.pidLimit);
  set(RLIMIT_SIGPENDING, kernel.pidLimit * 4, kernel.pidLimit * 4);
  set(RLIMIT_MEMLOCK, 8 << 20, 8 << 20);
  set(RLIMIT_MSGQUEUE, 819_200, 819_200);
  set(RLIMIT_NICE, 0, 0);
  set(RLIMIT_RTPRIO, 0, 0);
}

function enterDirectory(task: Task, cwd: ByteString): void {
  const walker = { root: task.fs.root, credentials: task.credentials, caller: task };
  const path = lookupPath(walker, task.fs.root, cwd, true);
  if (!path.dentry.inode.isDirectory()) throw new SysError(20, `the working directory ${cwd} is not a directory`);
  task.fs.setCwd(path);
}

/** A name without a slash is looked up along PATH of `environment`. @errors ENOENT; EACCES found, not executable */
function findProgram(task: Task, name: ByteString, environment: readonly ByteString[]): ByteString {
  if (name.includes('/')) return name;
  const search = environment.find((entry) => entry.startsWith('PATH='))?.slice(5) ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const walker = { root: task.fs.root, credentials: task.credentials, caller: task };
  for (const directory of search.split(':')) {
    const candidate = `${directory === '' ? '.' : directory}/${name}`;
    try {
      const { inode } = lookupPath(walker, task.fs.cwd, candidate, true).dentry;
      if (inode.isRegular() && inode.permits(task.credentials, 1)) return candidate;
    } catch (error) {
      if (!(error instanceof SysError)) throw error;
    }
  }
  throw new SysError(ENOENT, `${name}: not found in ${search}`);
}

