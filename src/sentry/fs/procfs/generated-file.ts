import { EINVAL, EIO } from '../../../abi/errno.ts';
import { SEEK_CUR, SEEK_SET } from '../../../abi/fs.ts';
import { byteStringOf, bytesOf } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { bytes, defineState, extend, optional, ref } from '../../../state/index.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import type { Caller } from '../../vfs/caller.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { Path } from '../../vfs/path.ts';
import type { ProcInode } from './proc-inode.ts';

const MAX_WRITE_BYTES = 65536;

/** An open text of /proc: made when it is read from its beginning, and kept while it is read on. */
export class GeneratedFile extends FileDescription {
  proc: ProcInode;
  /** The text as of the last read at offset 0; null before. */
  content: Uint8Array | null = null;

  constructor(inode: ProcInode, path: Path | null, statusFlags: number) {
    super(inode, path, statusFlags);
    this.proc = inode;
  }

  override read(dst: IoTarget, caller: Caller): number {
    const countBytes = this.readAt(dst, this.offset, caller);
    this.offset += countBytes;
    return countBytes;
  }

  override readAt(dst: IoTarget, offset: number, caller: Caller): number {
    if (this.content === null || offset === 0) {
      const { read } = this.proc.entry();
      if (read === undefined) throw new SysError(EINVAL, 'read: a file that is only written');
      this.content = bytesOf(read(this.proc.subject(caller)));
    }
    const available = this.content.length - offset;
    if (available <= 0 || dst.remainingBytes === 0) return 0;
    const ready = dst.prepare(Math.min(available, dst.remainingBytes));
    dst.put(this.content, offset, ready);
    return ready;
  }

  override write(src: IoSource, caller: Caller): number {
    const { write } = this.proc.entry();
    if (write === undefined) throw new SysError(EIO, 'write: a file that is only read');
    const buffer = new Uint8Array(src.prepare(Math.min(src.remainingBytes, MAX_WRITE_BYTES)));
    src.take(buffer, 0, buffer.length);
    write(this.proc.subject(caller), byteStringOf(buffer));
    this.content = null;
    this.offset += buffer.length;
    return buffer.length;
  }

  override writeAt(src: IoSource, offset: number, caller: Caller): number {
    void offset;
    const before = this.offset;
    const countBytes = this.write(src, caller);
    this.offset = before;
    return countBytes;
  }

  override seek(offset: number, whence: number): number {
    const target = whence === SEEK_SET ? offset : whence === SEEK_CUR ? this.offset + offset : -1;
    if (target < 0) throw new SysError(EINVAL, 'lseek: out of range');
    this.offset = target;
    return target;
  }
}

defineState(GeneratedFile, 'GeneratedFile', 1, extend(fileDescriptionState, { proc: ref<ProcInode>('ProcInode'), content: optional(bytes) }));
