import type { ByteString } from '../../../base/bytes.ts';
import type { Caller } from '../../vfs/caller.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import type { Path } from '../../vfs/path.ts';
import type { ProcFs } from './procfs.ts';
import type { ProcInode } from './proc-inode.ts';
import type { ProcTask, ProcView } from './view.ts';

/** What a file of /proc is made from: the kernel, and for one below a pid the task. */
export interface ProcSubject {
  readonly view: ProcView;
  readonly fs: ProcFs;
  readonly caller: Caller;
  /** Null outside the directories of tasks. */
  readonly task: ProcTask | null;
  /** Which of the numbered entries it is about (a descriptor); −1 for none. */
  readonly number: number;
}

/** As `ProcSubject`, below a pid. */
export interface TaskSubject extends ProcSubject {
  readonly task: ProcTask;
}

/** A file, link or directory of /proc. Entries are constants; inodes refer to them by path. */
export interface ProcEntry {
  readonly name: ByteString;
  /** Type and permission bits. */
  readonly mode: number;
  /** Text of a file. */
  readonly read?: (subject: ProcSubject) => ByteString;
  /** Takes what was written to a file. */
  readonly write?: (subject: ProcSubject, text: ByteString) => void;
  /** Target of a link. */
  readonly target?: (subject: ProcSubject) => ByteString;
  /** Where a magic link leads. */
  readonly jump?: (subject: ProcSubject) => Path | null;
  /** Entries of a directory. */
  readonly children?: readonly ProcEntry[];
  /** Entries of a directory that come and go: their names and numbers, ascending. */
  readonly numbers?: (subject: ProcSubject) => readonly number[];
  /** What each such entry is. */
  readonly numbered?: ProcEntry;
  /** Type and permission bits where they depend on what it is about. */
  readonly modeOf?: (subject: ProcSubject) => number;
  /** Whether it is there at all. */
  readonly isShown?: (subject: ProcSubject) => boolean;
  /** Opens a file that is no text. */
  readonly open?: (inode: ProcInode, path: Path | null, statusFlags: number, caller: Caller) => FileDescription;
  /** Whether only the task's owner, or who may trace it, may look: its memory and open files. */
  readonly isPrivate?: boolean;
}

const DIRECTORY = 0o040555;
const FILE = 0o100444;
const LINK = 0o120777;

export function directory(name: ByteString, children: readonly ProcEntry[], more: Partial<ProcEntry> = {}): ProcEntry {
  return { name, mode: DIRECTORY, children, ...more };
}

/** A text that is made when it is read. */
export function file(name: ByteString, read: (subject: ProcSubject) => ByteString, more: Partial<ProcEntry> = {}): ProcEntry {
  return { name, mode: FILE, read, ...more };
}

export function link(name: ByteString, target: (subject: ProcSubject) => ByteString, more: Partial<ProcEntry> = {}): ProcEntry {
  return { name, mode: LINK, target, ...more };
}

/** A text about a task. */
export function taskFile(name: ByteString, read: (subject: TaskSubject) => ByteString, more: Partial<ProcEntry> = {}): ProcEntry {
  return file(name, (subject) => read(requireTask(subject)), more);
}

/** `subject` as one that has a task. Entries below a pid are only read with one. */
export function requireTask(subject: ProcSubject): TaskSubject {
  const { task } = subject;
  if (task === null) throw new TypeError('an entry of a task without one');
  return { ...subject, task };
}

/** The caller's root directory: names of places are told as seen from there. */
export function rootOf({ view, caller }: ProcSubject): Path {
  return view.task(caller.tid)?.fs?.root ?? view.mounts.root.rootPath();
}
