import { EBADF, EMFILE } from '../../abi/errno.ts';
import { FD_CLOEXEC } from '../../abi/open.ts';
import { SysError } from '../../base/errors.ts';
import { anyRef, defineState, int, map, record, u32 } from '../../state/index.ts';
import type { FileDescription } from '../vfs/file-description.ts';

/** One descriptor: the open file it names, and its own flags (FD_CLOEXEC). */
export interface Descriptor {
  file: FileDescription;
  flags: number;
}

/** File descriptors of a thread group; shared by CLONE_FILES. Each entry holds a reference on its file. */
export class FdTable {
  users = 1;
  /** RLIMIT_NOFILE of the owner. */
  limit: number;
  entriesByFd = new Map<number, Descriptor>();
  /** No descriptor below this is free. */
  firstFree = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** The open file that `fd` names, or null. */
  get(fd: number): FileDescription | null {
    return this.entriesByFd.get(fd)?.file ?? null;
  }

  /** @errors EBADF */
  require(fd: number): FileDescription {
    const entry = this.entriesByFd.get(fd);
    if (entry === undefined) throw new SysError(EBADF, `descriptor ${fd} is not open`);
    return entry.file;
  }

  /** @errors EMFILE no free number from `minimumFd` below the limit */
  lowestFree(minimumFd = 0): number {
    let fd = Math.max(minimumFd, this.firstFree);
    while (this.entriesByFd.has(fd)) fd++;
    if (fd >= this.limit) throw new SysError(EMFILE, `all ${this.limit} descriptors are in use`);
    if (minimumFd <= this.firstFree) this.firstFree = fd;
    return fd;
  }

  /** @errors EMFILE fewer than two are free */
  lowestFreePair(): [number, number] {
    const first = this.lowestFree();
    return [first, this.lowestFree(first + 1)];
  }

  /** Makes `fd` name `file`; takes a reference. What `fd` named before must have been closed. */
  install(fd: number, file: FileDescription, fdFlags: number): void {
    file.hold();
    this.entriesByFd.set(fd, { file, flags: fdFlags });
  }

  /** Installs `file` at the lowest free number and returns it. @errors EMFILE */
  allocate(file: FileDescription, fdFlags: number, minimumFd = 0): number {
    const fd = this.lowestFree(minimumFd);
    this.install(fd, file, fdFlags);
    return fd;
  }

  /** close(2) for the process `pid`. @errors EBADF */
  close(fd: number, pid: number): void {
    const entry = this.entriesByFd.get(fd);
    if (entry === undefined) throw new SysError(EBADF, `close: descriptor ${fd} is not open`);
    this.entriesByFd.delete(fd);
    if (fd < this.firstFree) this.firstFree = fd;
    entry.file.flush(pid);
    entry.file.drop();
  }

  flags(fd: number): number {
    const entry = this.entriesByFd.get(fd);
    if (entry === undefined) throw new SysError(EBADF, `descriptor ${fd} is not open`);
    return entry.flags;
  }

  setFlags(fd: number, flags: number): void {
    const entry = this.entriesByFd.get(fd);
    if (entry === undefined) throw new SysError(EBADF, `descriptor ${fd} is not open`);
    entry.flags = flags;
  }

  /** Open descriptors, ascending. */
  openFds(): number[] {
    return [...this.entriesByFd.keys()].sort((a, b) => a - b);
  }

  /** A copy for fork(2). */
  copy(): FdTable {
    const copy = new FdTable(this.limit);
    copy.firstFree = this.firstFree;
    for (const [fd, entry] of this.entriesByFd) copy.install(fd, entry.file, entry.flags);
    return copy;
  }

  /** execve(2): closes what is marked close-on-exec. */
  closeOnExec(pid: number): void {
    for (const fd of this.openFds()) if ((this.flags(fd) & FD_CLOEXEC) !== 0) this.close(fd, pid);
  }

  /** Gives one use back; the last closes everything, in order. */
  drop(pid: number): void {
    this.users--;
    if (this.users > 0) return;
    for (const fd of this.openFds()) this.close(fd, pid);
  }
}

defineState(FdTable, 'FdTable', 1, {
  users: u32,
  limit: int,
  entriesByFd: map(u32, record<Descriptor>({ file: anyRef<FileDescription>(), flags: u32 })),
  firstFree: u32,
});
