import { EINVAL, EIO } from '../../../abi/errno.ts';
import { SEEK_CUR, SEEK_SET } from '../../../abi/fs.ts';
import { PAGE_BYTES } from '../../../abi/mman.ts';
import { SysError } from '../../../base/errors.ts';
import { defineState, extend, ref } from '../../../state/index.ts';
import type { AddressSpace } from '../../mm/address-space.ts';
import { forcedLinear } from '../../mm/forced-memory.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { Inode } from '../../vfs/inode.ts';
import type { Path } from '../../vfs/path.ts';

/** /proc/PID/mem: the memory of a process by address. Protection does not count, only what is mapped. */
export class ProcessMemoryFile extends FileDescription {
  mm: AddressSpace;

  constructor(inode: Inode, path: Path | null, statusFlags: number, mm: AddressSpace) {
    super(inode, path, statusFlags);
    this.mm = mm;
  }

  override read(dst: IoTarget): number {
    const countBytes = this.readAt(dst, this.offset);
    this.offset += countBytes;
    return countBytes;
  }

  override readAt(dst: IoTarget, offset: number): number {
    return this.move(dst, offset, false, (linear, chunk) => dst.put(this.mm.core.bytes(), linear, chunk));
  }

  override write(src: IoSource): number {
    const countBytes = this.writeAt(src, this.offset);
    this.offset += countBytes;
    return countBytes;
  }

  override writeAt(src: IoSource, offset: number): number {
    return this.move(src, offset, true, (linear, chunk) => src.take(this.mm.core.bytes(), linear, chunk));
  }

  /** Moves bytes page by page as far as there is memory. @errors EIO none at `offset` */
  move(buffer: IoTarget | IoSource, offset: number, isWrite: boolean, moveChunk: (linear: number, countBytes: number) => void): number {
    const { mm } = this;
    if (mm.users === 0) return 0; // the process has ended
    let done = 0;
    while (buffer.remainingBytes > 0) {
      const at = offset + done;
      const ready = buffer.prepare(Math.min(buffer.remainingBytes, PAGE_BYTES - (at % PAGE_BYTES)));
      const linear = forcedLinear(mm, at, isWrite);
      if (linear === 0) break;
      moveChunk(linear, ready);
      done += ready;
    }
    if (done === 0 && buffer.remainingBytes > 0) throw new SysError(EIO, 'mem: nothing is mapped there');
    return done;
  }

  override seek(offset: number, whence: number): number {
    const target = whence === SEEK_SET ? offset : whence === SEEK_CUR ? this.offset + offset : -1;
    if (target < 0) throw new SysError(EINVAL, 'lseek: out of range');
    this.offset = target;
    return target;
  }
}

defineState(ProcessMemoryFile, 'ProcessMemoryFile', 1, extend(fileDescriptionState, { mm: ref<AddressSpace>('AddressSpace') }));
