import { ENOSPC, ENXIO, EOPNOTSUPP } from '../../../abi/errno.ts';
import { FALLOC_FL_KEEP_SIZE } from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import { S_IFMT } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import type { HostStat } from '../../../ports/host-files.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import type { Caller } from '../../vfs/caller.ts';
import { DirectoryFile } from '../../vfs/directory-file.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import type { Path } from '../../vfs/path.ts';
import { ContentInode, RegularFile } from '../../vfs/regular-file.ts';
import type { HostFs } from './hostfs.ts';

/** `handle` of a file that is not open on the host. */
export const NO_HANDLE = -1;
const CHUNK_BYTES = 1 << 18;

/**
 * Attributes and content of a file of a host volume. Both are the host's: every look asks it, every change goes through.
 * Only pages that are mapped are kept in frames; those that stores can reach go back at msync, at the last unmapping and close.
 *
 * A file that was removed while it is open lives on by its handle, and in a checkpoint by its content. The fields are in the
 * schema of `HostInode`, the one class that is made of this.
 */
export abstract class HostContent extends ContentInode {
  /** `HostStat.key`. */
  key: string;
  /** The host's handle while it is open. */
  handle = NO_HANDLE;
  isHandleWritable = false;
  /** Frames of mapped pages by page number. */
  pages = new Map<number, number>();
  hostBlocks = 0;
  /** Content of a removed file as of a checkpoint: from then on it is all there is. */
  orphan: Uint8Array | null = null;
  isRemoved = false;

  constructor(fileSystem: HostFs, stat: HostStat) {
    super(fileSystem, fileSystem.inoOf(stat.key), stat.mode);
    this.key = stat.key;
    this.take(stat);
  }

  tree(): HostFs {
    return this.fileSystem as HostFs;
  }

  take(stat: HostStat): void {
    this.mode = stat.mode;
    this.uid = stat.uid;
    this.gid = stat.gid;
    this.nlink = stat.nlink;
    this.sizeBytes = stat.sizeBytes;
    this.hostBlocks = stat.blocks;
    this.atimeNs = stat.atimeNs;
    this.mtimeNs = stat.mtimeNs;
    this.ctimeNs = stat.ctimeNs;
  }

  /** Path on the volume. @errors ENOENT when no name is left */
  abstract path(): ByteString;

  override refresh(): void {
    if (this.orphan !== null) return;
    if (this.handle !== NO_HANDLE) {
      this.take(this.tree().host.statHandle(this.handle));
      return;
    }
    if (this.isRemoved) return;
    const stat = this.tree().host.stat(this.path());
    if (stat !== null && stat.key === this.key) this.take(stat);
  }

  override blocks(): number {
    return this.hostBlocks;
  }

  // ---- attributes -------------------------------------------------------------------------------------------------

  override setMode(bits: number): void {
    if (!this.isRemoved) this.tree().host.changeMode(this.path(), bits);
    this.mode = (this.mode & S_IFMT) | bits;
    this.refresh();
  }

  override setOwner(uid: number, gid: number, mode: number): void {
    if (!this.isRemoved && (uid !== this.uid || gid !== this.gid)) this.tree().host.changeOwner(this.path(), uid, gid);
    if (!this.isRemoved && mode !== this.mode) this.tree().host.changeMode(this.path(), mode & 0o7777);
    this.refresh();
  }

  override setTimes(atimeNs: bigint | null, mtimeNs: bigint | null): void {
    if (!this.isRemoved) this.tree().host.changeTimes(this.path(), atimeNs ?? this.atimeNs, mtimeNs ?? this.mtimeNs);
    this.refresh();
  }

  override hasXattrs(): boolean {
    return false;
  }

  // The host keeps the times.
  override touchAccess(): void {}
  override touchModify(): void {}
  override touchChange(): void {}

  // ---- content ----------------------------------------------------------------------------------------------------

  override open(path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    if (this.isDirectory()) return new DirectoryFile(this, path, statusFlags);
    if (this.isSymlink()) return super.open(path, statusFlags, openFlags, caller);
    if (!this.isRegular()) throw new SysError(ENXIO, 'open: a special file of the host');
    if (this.orphan === null) this.requireHandle((statusFlags & 3) !== 0);
    return new RegularFile(this, path, statusFlags);
  }

  /** The host's handle, opened if it was not, and for writing if that is needed. */
  requireHandle(isWriting: boolean): number {
    if (this.handle !== NO_HANDLE && (this.isHandleWritable || !isWriting)) return this.handle;
    const { host } = this.tree();
    const made = host.open(this.path(), isWriting);
    if (this.handle !== NO_HANDLE) host.close(this.handle);
    this.handle = made;
    this.isHandleWritable = isWriting;
    return made;
  }

  override readContent(dst: IoTarget, offset: number): number {
    this.refresh();
    const available = this.sizeBytes - offset;
    if (available <= 0) return 0;
    const ready = dst.prepare(Math.min(available, dst.remainingBytes));
    for (let done = 0; done < ready; ) {
      const buffer = this.tree().scratch(Math.min(ready - done, CHUNK_BYTES));
      const got = this.readBytes(offset + done, buffer);
      if (got === 0) return done;
      dst.put(buffer, 0, got);
      done += got;
    }
    return ready;
  }

  /** Reads what the file holds now: mapped pages as they are in memory, the rest from the host. */
  readBytes(offset: number, buffer: Uint8Array): number {
    const got = this.readStored(offset, buffer);
    if (this.storingMappings === 0) return got;
    const { core } = this.fileSystem.vfs;
    for (let at = 0; at < got; ) {
      const inPage = (offset + at) % PAGE_BYTES;
      const chunk = Math.min(got - at, PAGE_BYTES - inPage);
      const held = this.pages.get((offset + at - inPage) / PAGE_BYTES);
      if (held !== undefined) buffer.set(core.frameBytes(held).subarray(inPage, inPage + chunk), at);
      at += chunk;
    }
    return got;
  }

  readStored(offset: number, buffer: Uint8Array): number {
    if (this.orphan === null) return this.tree().host.read(this.requireHandle(false), offset, buffer);
    const part = this.orphan.subarray(offset, offset + buffer.length);
    buffer.set(part);
    return part.length;
  }

  override writeContent(src: IoSource, offset: number, maxBytes: number): number {
    const ready = src.prepare(maxBytes);
    for (let done = 0; done < ready; ) {
      const buffer = this.tree().scratch(Math.min(ready - done, CHUNK_BYTES));
      src.take(buffer, 0, buffer.length);
      try {
        this.writeBytes(offset + done, buffer);
      } catch (error) {
        if (done > 0 && error instanceof SysError) return done;
        throw error;
      }
      done += buffer.length;
    }
    this.refresh();
    return ready;
  }

  writeBytes(offset: number, buffer: Uint8Array): void {
    this.writeStored(offset, buffer);
    const { core } = this.fileSystem.vfs;
    if (this.pages.size === 0) return;
    for (let at = 0; at < buffer.length; ) {
      const inPage = (offset + at) % PAGE_BYTES;
      const chunk = Math.min(buffer.length - at, PAGE_BYTES - inPage);
      const held = this.pages.get((offset + at - inPage) / PAGE_BYTES);
      if (held !== undefined && core.frameForWrite(held)) core.bytes().set(buffer.subarray(at, at + chunk), held * PAGE_BYTES + inPage);
      at += chunk;
    }
  }

  writeStored(offset: number, buffer: Uint8Array): void {
    if (this.orphan === null) {
      this.tree().host.write(this.requireHandle(true), offset, buffer);
      return;
    }
    if (offset + buffer.length > this.orphan.length) this.resizeOrphan(offset + buffer.length);
    this.orphan.set(buffer, offset);
  }

  resizeOrphan(sizeBytes: number): void {
    const grown = new Uint8Array(sizeBytes);
    grown.set((this.orphan ?? grown).subarray(0, sizeBytes));
    this.orphan = grown;
    this.sizeBytes = sizeBytes;
  }

  override frameFor(pageIndex: number, forWrite: boolean): number {
    void forWrite;
    this.refresh();
    const offset = pageIndex * PAGE_BYTES;
    if (offset >= this.sizeBytes) return 0;
    const present = this.pages.get(pageIndex);
    if (present !== undefined) return present;
    const { vfs } = this.fileSystem;
    const made = vfs.allocateFrame();
    if (made === 0) throw new SysError(ENOSPC, 'no frame for a page of a host file');
    this.readStored(offset, vfs.core.bytes().subarray(made * PAGE_BYTES, (made + 1) * PAGE_BYTES));
    this.pages.set(pageIndex, made);
    return made;
  }

  override cachedFrame(pageIndex: number): number {
    return this.pages.get(pageIndex) ?? 0;
  }

  override unmapped(mayStore: boolean): void {
    if (mayStore && this.storingMappings === 1) this.writeBack();
    super.unmapped(mayStore);
  }

  /** Writes pages that stores may have reached to the host, as far as the file reaches. */
  writeBack(): void {
    if (this.storingMappings === 0 || this.pages.size === 0) return;
    this.refresh();
    const { core } = this.fileSystem.vfs;
    for (const [page, held] of this.pages) {
      const length = Math.min(PAGE_BYTES, this.sizeBytes - page * PAGE_BYTES);
      if (length > 0) this.writeStored(page * PAGE_BYTES, core.frameBytes(held).subarray(0, length));
    }
  }

  override syncContent(): void {
    this.writeBack();
    if (this.orphan === null && this.handle !== NO_HANDLE) this.tree().host.sync(this.handle);
  }

  override truncate(sizeBytes: number): void {
    if (this.orphan !== null) this.resizeOrphan(sizeBytes);
    else this.tree().host.truncate(this.requireHandle(true), sizeBytes);
    const first = Math.ceil(sizeBytes / PAGE_BYTES);
    const { vfs } = this.fileSystem;
    for (const [page, held] of this.pages) {
      if (page >= first) {
        this.pages.delete(page);
        vfs.core.frameUnref(held);
      } else if (page === first - 1 && sizeBytes % PAGE_BYTES !== 0 && vfs.core.frameForWrite(held)) {
        vfs.core.bytes().fill(0, held * PAGE_BYTES + (sizeBytes % PAGE_BYTES), (held + 1) * PAGE_BYTES);
      }
    }
    vfs.invalidator.dropMappings(this, first);
    this.refresh();
    if (this.users === 0) this.unused();
  }

  override allocate(mode: number, offset: number, lengthBytes: number): void {
    if ((mode & ~FALLOC_FL_KEEP_SIZE) !== 0) throw new SysError(EOPNOTSUPP, 'fallocate: not on a host volume');
    this.refresh();
    if (mode === 0 && offset + lengthBytes > this.sizeBytes) this.truncate(offset + lengthBytes);
  }

  override nextData(offset: number): number {
    return offset;
  }

  override nextHole(): number {
    return this.sizeBytes;
  }

  /** Frames that nobody has mapped go; returns how many. */
  dropUnmapped(): number {
    const { core } = this.fileSystem.vfs;
    let dropped = 0;
    this.writeBack();
    for (const [page, held] of this.pages) {
      if (core.frameRefs(held) !== 1) continue;
      this.pages.delete(page);
      core.frameUnref(held);
      dropped++;
    }
    return dropped;
  }

  /** A removed file that is still open has no other place than the image. */
  keepOrphan(): void {
    if (!this.isRemoved || this.users === 0 || this.orphan !== null || this.handle === NO_HANDLE) return;
    this.refresh();
    const content = new Uint8Array(this.sizeBytes);
    this.tree().host.read(this.handle, 0, content);
    this.orphan = content;
    this.tree().host.close(this.handle);
    this.handle = NO_HANDLE;
  }

  override unused(): void {
    const { core } = this.fileSystem.vfs;
    for (const held of this.pages.values()) core.frameUnref(held);
    this.pages.clear();
    if (this.handle !== NO_HANDLE) this.tree().host.close(this.handle);
    this.handle = NO_HANDLE;
    this.isHandleWritable = false;
    if (!this.isRemoved) return;
    this.orphan = null;
    this.tree().removed.delete(this);
  }
}
