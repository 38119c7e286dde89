import { EINVAL, EISDIR } from '../../abi/errno.ts';
import { SEEK_CUR, SEEK_END, SEEK_SET } from '../../abi/fs.ts';
import { IN_ACCESS } from '../../abi/inotify.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend } from '../../state/index.ts';
import type { IoTarget } from '../mm/io-buffer.ts';
import type { Caller } from './caller.ts';
import { FileDescription, fileDescriptionState } from './file-description.ts';
import type { EntrySink } from './inode.ts';
import { notifyPath } from './notify.ts';

/**
 * An open directory. Its offset is the position of the next entry: positions belong to entries for as long as those are
 * there, so a listing half read goes on rightly whatever was added, removed or restored meanwhile.
 */
export class DirectoryFile extends FileDescription {
  override read(dst: IoTarget, caller: Caller): number {
    void dst;
    void caller;
    throw new SysError(EISDIR, 'read: a directory');
  }

  override readAt(dst: IoTarget, offset: number, caller: Caller): number {
    void offset;
    return this.read(dst, caller);
  }

  override seek(offset: number, whence: number): number {
    if (whence !== SEEK_SET && whence !== SEEK_CUR && whence !== SEEK_END) throw new SysError(EINVAL, 'lseek: unknown whence');
    const base = whence === SEEK_CUR ? this.offset : whence === SEEK_END ? Number.MAX_SAFE_INTEGER : 0;
    const target = base + offset;
    if (target < 0 || target > Number.MAX_SAFE_INTEGER) throw new SysError(EINVAL, 'lseek: out of range');
    this.offset = target;
    return target;
  }

  /** Hands entries to `emit`, `.` and `..` first, from the offset on, and moves the offset past those it took. */
  readEntries(caller: Caller, emit: EntrySink): void {
    const dentry = this.path?.dentry;
    if (dentry === undefined) return;
    const take: EntrySink = (name, ino, mode, nextPosition) => {
      if (!emit(name, ino, mode, nextPosition)) return false;
      this.offset = nextPosition;
      return true;
    };
    const { inode } = this;
    if (this.offset === 0 && !take('.', inode.ino, inode.mode, 1)) return;
    if (this.offset === 1) {
      const up = (dentry.parent ?? dentry).inode;
      if (!take('..', up.ino, up.mode, 2)) return;
    }
    inode.list(dentry, this.offset, caller, take);
    inode.touchAccess();
    notifyPath(dentry, IN_ACCESS);
  }

  override sync(): void {}
}

defineState(DirectoryFile, 'DirectoryFile', 1, extend(fileDescriptionState, {}));
