import { EACCES, EINVAL, ENOENT, EPERM, ESRCH } from '../../../abi/errno.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { panic, SysError } from '../../../base/errors.ts';
import { atRest, byteString, defineState, extend, i32, ref, u32 } from '../../../state/index.ts';
import { CAP_SYS_PTRACE } from '../../auth/credentials.ts';
import type { Caller } from '../../vfs/caller.ts';
import { DirectoryFile } from '../../vfs/directory-file.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import { Inode, inodeState } from '../../vfs/inode.ts';
import type { EntrySink } from '../../vfs/inode.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Path } from '../../vfs/path.ts';
import type { ProcEntry, ProcSubject } from './entry.ts';
import { GeneratedFile } from './generated-file.ts';
import type { ProcFs } from './procfs.ts';
import type { ProcTask } from './view.ts';

/** Positions of numbered entries (pids, descriptors) begin here, after all fixed ones. */
const FIRST_NUMBER = 256;
const FIRST_FIXED = 2;
/** Room for the inode numbers of one task. */
const INOS_PER_TASK = 0x1_0000;
const FIRST_NUMBERED_INO = 0x1000;

/**
 * A node of /proc or /sys. It is made anew at each lookup and holds no content: `entryPath` says which entry it is, `tid` of
 * which task, `number` which of its numbered ones (a descriptor). So a saved one is three values.
 */
export class ProcInode extends Inode {
  /** The task below whose directory it is; 0 for none. */
  tid: number;
  /** Path of the entry in the tree of entries; numbered ones as `#`. */
  entryPath: ByteString;
  /** Which of the numbered entries; −1 for a fixed one. */
  number: number;
  proc: ProcFs;
  found: ProcEntry | null = null;

  constructor(proc: ProcFs, entryPath: ByteString, entry: ProcEntry, tid: number, number: number, ino: number) {
    super(proc, ino, entry.mode);
    this.proc = proc;
    this.entryPath = entryPath;
    this.tid = tid;
    this.number = number;
    this.found = entry;
    if (this.isDirectory()) this.nlink = 2;
    if (tid === 0) return;
    const task = proc.view.task(tid);
    if (task === null) return;
    if (!task.isDumpable && !(this.isDirectory() && entryPath.endsWith('#'))) return;
    this.uid = task.credentials.euid;
    this.gid = task.credentials.egid;
  }

  entry(): ProcEntry {
    if (this.found === null) this.found = this.proc.findEntry(this.entryPath);
    return this.found ?? panic(`no entry ${this.entryPath} in ${this.proc.typeName}`);
  }

  /** The task it is about. @errors ESRCH it is gone */
  task(): ProcTask | null {
    if (this.tid === 0) return null;
    const task = this.proc.view.task(this.tid);
    if (task === null) throw new SysError(ESRCH, `task ${this.tid} is gone`);
    return task;
  }

  subject(caller: Caller): ProcSubject {
    return { view: this.proc.view, fs: this.proc, caller, task: this.task(), number: this.number };
  }

  /** Whether the caller may look into the task's private entries: the same user, or one who may trace it. */
  requirePrivate(caller: Caller): void {
    if (this.entry().isPrivate !== true || this.tid === 0) return;
    const task = this.task();
    if (task === null || !mayInspect(caller, task)) throw new SysError(EACCES, `task ${this.tid} is another's`);
  }

  /** Its devices are files of its own, whatever the mount says of devices. */
  override isOwnDevice(): boolean {
    return true;
  }

  override cachesNames(): boolean {
    return false;
  }

  override requireNewNames(): void {
    throw new SysError(ENOENT, 'no names are made in /proc');
  }

  /** @errors ESRCH the task is gone, and with it all names (proc_pid_permission) */
  override lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    this.task();
    const entry = this.entry();
    this.requirePrivate(caller);
    const { children, numbers, numbered } = entry;
    if (children !== undefined) {
      for (let i = 0; i < children.length; i++) {
        const child = children[i];
        if (child !== undefined && child.name === name && this.shows(child, caller)) return this.makeChild(dir, name, child, child.name, this.tid, -1, caller);
      }
    }
    if (numbers === undefined || numbered === undefined) return null;
    const number = decimalOf(name);
    if (number < 0) return null;
    if (this.tid === 0) return this.proc.view.task(number) === null ? null : this.makeChild(dir, name, numbered, '#', number, -1, caller);
    if (!numbers(this.subject(caller)).includes(number)) return null;
    const isThread = entry.name === 'task';
    return this.makeChild(dir, name, numbered, '#', isThread ? number : this.tid, isThread ? -1 : number, caller);
  }

  shows(child: ProcEntry, caller: Caller): boolean {
    return child.isShown === undefined || child.isShown(this.subject(caller));
  }

  makeChild(dir: Dentry, name: ByteString, entry: ProcEntry, step: ByteString, tid: number, number: number, caller: Caller): Dentry {
    const kept = dir.children?.get(name);
    if (kept !== undefined) return kept; // a mountpoint
    const entryPath = this.entryPath === '' ? step : `${this.entryPath}/${step}`;
    const inode = new ProcInode(this.proc, entryPath, entry, tid, number, this.proc.inoOf(entryPath, tid, number));
    if (entry.modeOf !== undefined) inode.mode = entry.modeOf({ ...this.subject(caller), number });
    const child = new Dentry(name, dir, inode);
    child.isKept = false;
    return child;
  }

  override isEmpty(): boolean {
    return false;
  }

  override list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void dir;
    this.requirePrivate(caller);
    const { children, numbers, numbered, name } = this.entry();
    if (children !== undefined) {
      for (let i = Math.max(0, position - FIRST_FIXED); i < children.length; i++) {
        const child = children[i];
        if (child === undefined || !this.shows(child, caller)) continue;
        const path = this.entryPath === '' ? child.name : `${this.entryPath}/${child.name}`;
        if (!emit(child.name, this.proc.inoOf(path, this.tid, -1), child.mode, FIRST_FIXED + i + 1)) return;
      }
    }
    if (numbers === undefined || numbered === undefined) return;
    const path = this.entryPath === '' ? '#' : `${this.entryPath}/#`;
    const isTask = this.tid === 0 || name === 'task';
    for (const number of numbers(this.subject(caller))) {
      if (FIRST_NUMBER + number < position) continue;
      const ino = isTask ? this.proc.inoOf(path, number, -1) : this.proc.inoOf(path, this.tid, number);
      if (!emit(`${number}`, ino, numbered.mode, FIRST_NUMBER + number + 1)) return;
    }
  }

  override readlink(caller: Caller): ByteString {
    const { target } = this.entry();
    if (target === undefined) return super.readlink(caller);
    this.requirePrivate(caller);
    return target(this.subject(caller));
  }

  override jump(caller: Caller): Path | null {
    const { jump } = this.entry();
    if (jump === undefined) return null;
    this.requirePrivate(caller);
    const path = jump(this.subject(caller));
    if (path === null) throw new SysError(ENOENT, 'a link that leads nowhere');
    return path;
  }

  override open(path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    if (this.isSymlink()) return super.open(path, statusFlags, openFlags, caller);
    if (this.isDirectory()) return new DirectoryFile(this, path, statusFlags);
    const { open, read, write } = this.entry();
    this.requirePrivate(caller);
    if (open !== undefined) return open(this, path, statusFlags, caller);
    if (read === undefined && write === undefined) throw new SysError(EINVAL, 'open: nothing to read or write');
    return new GeneratedFile(this, path, statusFlags);
  }

  override truncate(): void {} // O_TRUNC on a file that takes settings: nothing to cut

  override attributesChanged(): void {
    throw new SysError(EPERM, 'attributes of /proc are given');
  }

  override hasXattrs(): boolean {
    return false;
  }

  override blocks(): number {
    return 0;
  }
}

/** ptrace(2)'s rule for looking at a task: the same ids throughout, or CAP_SYS_PTRACE. */
export function mayInspect(caller: Caller, task: ProcTask): boolean {
  if (caller.pid === task.pid) return true;
  const mine = caller.credentials;
  const its = task.credentials;
  if (mine.has(CAP_SYS_PTRACE)) return true;
  const isSame = mine.fsuid === its.uid && mine.fsuid === its.euid && mine.fsuid === its.suid && mine.fsgid === its.gid && mine.fsgid === its.egid && mine.fsgid === its.sgid;
  return isSame && task.isDumpable;
}

/** The number that `name` writes without leading zeros, or −1. */
function decimalOf(name: ByteString): number {
  if (name.length === 0 || name.length > 10) return -1;
  let value = 0;
  for (let i = 0; i < name.length; i++) {
    const digit = name.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9 || (i === 0 && digit === 0 && name.length > 1)) return -1;
    value = value * 10 + digit;
  }
  return value;
}

/** Inode number: by task and place among the entries, the same at every lookup. */
export function procIno(entryIndex: number, tid: number, number: number): number {
  if (tid === 0) return 0xf000_0000 + entryIndex;
  return (tid + 1) * 2 * INOS_PER_TASK + (number < 0 ? entryIndex : FIRST_NUMBERED_INO + (entryIndex % 2) * INOS_PER_TASK + number);
}

defineState(ProcInode, 'ProcInode', 1, extend(inodeState, {
  tid: u32,
  entryPath: byteString,
  number: i32,
  proc: ref<ProcFs>('ProcFs'),
  found: atRest<ProcEntry | null>(() => null),
}));
