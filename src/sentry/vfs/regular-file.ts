import { EFBIG, EINVAL, ENXIO, EPERM } from '../../abi/errno.ts';
import { F_SEAL_FUTURE_WRITE, F_SEAL_GROW, F_SEAL_WRITE, FIONREAD, MS_NOATIME, MS_RDONLY, SEEK_CUR, SEEK_DATA, SEEK_END, SEEK_HOLE, SEEK_SET } from '../../abi/fs.ts';
import { IN_ACCESS, IN_MODIFY } from '../../abi/inotify.ts';
import { O_APPEND, O_NOATIME } from '../../abi/open.ts';
import { S_ISGID, S_ISUID, S_IXGRP } from '../../abi/stat.ts';
import { PAGE_BYTES, PROT_WRITE } from '../../abi/mman.ts';
import { SIGXFSZ } from '../../abi/signal.ts';
import { SysError } from '../../base/errors.ts';
import { defineState, extend, i32, ref, u32 } from '../../state/index.ts';
import { CAP_FSETID } from '../auth/credentials.ts';
import type { IoSource, IoTarget } from '../mm/io-buffer.ts';
import type { Mappable } from '../mm/mappable.ts';
import type { Caller } from './caller.ts';
import { FileDescription, fileDescriptionState } from './file-description.ts';
import type { UserMemory } from './file-description.ts';
import { Inode, inodeState } from './inode.ts';
import type { Path } from './path.ts';
import { notifyPath } from './notify.ts';
import type { FileSystem } from './file-system.ts';

/** Largest size and offset of a file: page numbers fit 32 bits. */
export const MAX_FILE_BYTES = 2 ** 44 - 4096;

/** An inode with content by offset that can be read, written and mapped. */
export abstract class ContentInode extends Inode implements Mappable {
  /** F_SEAL_*; F_SEAL_SEAL on every file that is not a memfd opened for sealing. */
  seals = 1;
  /** Shared mappings through which stores can reach the content. */
  storingMappings = 0;

  constructor(fileSystem: FileSystem, ino: number, mode: number) {
    super(fileSystem, ino, mode);
  }

  /** Reads from `offset` as far as the end of the file or the room in `dst`; returns the bytes read. */
  abstract readContent(dst: IoTarget, offset: number): number;

  /** Writes up to `maxBytes` at `offset`, growing the file; returns the bytes written. @errors ENOSPC when not even one */
  abstract writeContent(src: IoSource, offset: number, maxBytes: number): number;

  abstract frameFor(pageIndex: number, forWrite: boolean): number;

  abstract cachedFrame(pageIndex: number): number;

  /** The first offset from `offset` on that holds data, or -1. */
  abstract nextData(offset: number): number;

  /** The first offset from `offset` on that is in a hole; the end of the file is one. */
  abstract nextHole(offset: number): number;

  mapped(mayStore: boolean): void {
    this.hold();
    if (mayStore) this.storingMappings++;
  }

  unmapped(mayStore: boolean): void {
    if (mayStore) this.storingMappings--;
    this.drop();
  }

  /** Brings content to where it outlasts the machine (fsync). */
  syncContent(): void {}
}

export const contentInodeState = defineState(ContentInode, 'ContentInode', 1, extend(inodeState, { seals: u32, storingMappings: i32 }));

/** An open regular file. */
export class RegularFile extends FileDescription {
  content: ContentInode;

  constructor(inode: ContentInode, path: Path | null, statusFlags: number) {
    super(inode, path, statusFlags);
    this.content = inode;
    if (this.isWritable()) inode.beginWriting();
  }

  override read(dst: IoTarget, caller: Caller): number {
    const countBytes = this.readAt(dst, this.offset, caller);
    this.offset += countBytes;
    return countBytes;
  }

  override readAt(dst: IoTarget, offset: number, caller: Caller): number {
    void caller;
    if (dst.remainingBytes === 0) return 0;
    const countBytes = this.content.readContent(dst, offset);
    const mountFlags = this.path === null ? 0 : this.path.mount.flags;
    if ((this.statusFlags & O_NOATIME) === 0 && (mountFlags & (MS_NOATIME | MS_RDONLY)) === 0) this.content.touchAccess();
    if (countBytes !== 0 && this.path !== null) notifyPath(this.path.dentry, IN_ACCESS);
    return countBytes;
  }

  override write(src: IoSource, caller: Caller): number {
    if ((this.statusFlags & O_APPEND) !== 0) {
      this.content.refresh();
      this.offset = this.content.sizeBytes;
    }
    const countBytes = this.writeThere(src, this.offset, caller);
    this.offset += countBytes;
    return countBytes;
  }

  /** As Linux has it, a pwrite to a file opened with O_APPEND appends whatever the offset. */
  override writeAt(src: IoSource, offset: number, caller: Caller): number {
    if ((this.statusFlags & O_APPEND) === 0) return this.writeThere(src, offset, caller);
    this.content.refresh();
    return this.writeThere(src, this.content.sizeBytes, caller);
  }

  writeThere(src: IoSource, offset: number, caller: Caller): number {
    const content = this.content;
    let room = src.remainingBytes;
    if (room === 0) return 0;
    if ((content.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0) throw new SysError(EPERM, 'write: sealed');
    if ((content.seals & F_SEAL_GROW) !== 0 && offset + room > content.sizeBytes) {
      // Linux goes page by page: whole pages before the one that would grow are written.
      room = content.sizeBytes - (content.sizeBytes % PAGE_BYTES) - offset;
      if (room <= 0) throw new SysError(EPERM, 'write: sealed against growing');
    }
    const limit = caller.fileSizeLimitBytes();
    if (offset + room > limit) {
      if (offset >= limit) {
        caller.raise(SIGXFSZ);
        throw new SysError(EFBIG, 'write: beyond RLIMIT_FSIZE');
      }
      room = limit - offset;
    }
    if (offset + room > MAX_FILE_BYTES) {
      if (offset >= MAX_FILE_BYTES) throw new SysError(EFBIG, 'write: beyond the largest file size');
      room = MAX_FILE_BYTES - offset;
    }
    const countBytes = content.writeContent(src, offset, room);
    dropPrivileges(content, caller);
    content.touchModify();
    if (this.path !== null) notifyPath(this.path.dentry, IN_MODIFY);
    return countBytes;
  }

  override seek(offset: number, whence: number): number {
    const content = this.content;
    content.refresh();
    let target = offset;
    if (whence === SEEK_CUR) target += this.offset;
    else if (whence === SEEK_END) target += content.sizeBytes;
    else if (whence === SEEK_DATA || whence === SEEK_HOLE) {
      if (offset < 0 || offset >= content.sizeBytes) throw new SysError(ENXIO, 'lseek: beyond the end');
      target = whence === SEEK_DATA ? content.nextData(offset) : content.nextHole(offset);
      if (target < 0) throw new SysError(ENXIO, 'lseek: no data from there on');
    } else if (whence !== SEEK_SET) throw new SysError(EINVAL, 'lseek: unknown whence');
    if (target < 0 || target > Number.MAX_SAFE_INTEGER) throw new SysError(EINVAL, 'lseek: out of range');
    this.offset = target;
    return target;
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (request === FIONREAD) {
      memory.writeU32(argument, Math.max(0, this.content.sizeBytes - this.offset) >>> 0);
      return 0;
    }
    return super.ioctl(request, argument, caller, memory);
  }

  override sync(): void {
    this.content.syncContent();
  }

  override maxSharedProtection(): number {
    return (this.content.seals & (F_SEAL_WRITE | F_SEAL_FUTURE_WRITE)) !== 0 ? 7 & ~PROT_WRITE : 7;
  }

  override mappable(): Mappable | null {
    return this.content;
  }

  override release(): void {
    if (this.isWritable()) this.content.endWriting();
  }

  override describe(): string {
    return '/memfd: (deleted)';
  }
}

/** A write or truncation by someone without CAP_FSETID takes set-user-ID and set-group-ID away. */
export function dropPrivileges(inode: Inode, caller: Caller): void {
  const { mode } = inode;
  if ((mode & (S_ISUID | S_ISGID)) === 0) return;
  let dropped = mode & S_ISUID;
  if ((mode & (S_ISGID | S_IXGRP)) === (S_ISGID | S_IXGRP)) dropped |= S_ISGID;
  if (dropped === 0 || caller.credentials.has(CAP_FSETID)) return;
  inode.mode = mode & ~dropped;
}

export const regularFileState = defineState(RegularFile, 'RegularFile', 1, extend(fileDescriptionState, { content: ref<ContentInode>('ContentInode') }));
