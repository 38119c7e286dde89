import { EINVAL, ENOSPC } from '../../../abi/errno.ts';
import { SysError } from '../../../base/errors.ts';
import { anyRef, defineState, enumOf, extend, ref } from '../../../state/index.ts';
import type { IoSource, IoTarget } from '../../mm/io-buffer.ts';
import type { Mappable } from '../../mm/mappable.ts';
import type { Caller } from '../../vfs/caller.ts';
import { SpecialOpener } from '../../vfs/device.ts';
import { FileDescription, fileDescriptionState } from '../../vfs/file-description.ts';
import type { UserMemory } from '../../vfs/file-description.ts';
import type { Inode } from '../../vfs/inode.ts';
import type { Path } from '../../vfs/path.ts';
import { MAX_FILE_BYTES } from '../../vfs/regular-file.ts';
import type { Tmpfs } from '../tmpfs/tmpfs.ts';

/** The devices of major 1 that need no hardware: null(4), full(4), random(4). */
export type MemoryDeviceKind = 'null' | 'zero' | 'full' | 'random';

/** Where random bytes come from. */
export interface RandomSource {
  random(countBytes: number): Uint8Array;
}

const CHUNK_BYTES = 65536;
const ZEROS = new Uint8Array(CHUNK_BYTES);
/** Bytes of a read from the random device after which it lets go, as Linux does on a signal; here always. */
const MAX_RANDOM_BYTES = 32 << 20;
const RNDGETENTCNT = 0x80045200;
const ENTROPY_BITS = 256;

/** Driver of one of them. */
export class MemoryDevice extends SpecialOpener {
  kind: MemoryDeviceKind;
  source: RandomSource;
  /** Backs mappings of /dev/zero. */
  memory: Tmpfs;

  constructor(kind: MemoryDeviceKind, source: RandomSource, memory: Tmpfs) {
    super();
    this.kind = kind;
    this.source = source;
    this.memory = memory;
  }

  override open(inode: Inode, path: Path | null, statusFlags: number): FileDescription {
    return new MemoryDeviceFile(inode, path, statusFlags, this);
  }
}

/** An open one. */
export class MemoryDeviceFile extends FileDescription {
  device: MemoryDevice;

  constructor(inode: Inode, path: Path | null, statusFlags: number, device: MemoryDevice) {
    super(inode, path, statusFlags);
    this.device = device;
  }

  override read(dst: IoTarget): number {
    const { kind } = this.device;
    if (kind === 'null') return 0;
    const wanted = kind === 'random' ? Math.min(dst.remainingBytes, MAX_RANDOM_BYTES) : dst.remainingBytes;
    let done = 0;
    while (done < wanted) {
      const ready = dst.prepare(Math.min(CHUNK_BYTES, wanted - done));
      if (ready === 0) break;
      dst.put(kind === 'random' ? this.device.source.random(ready) : ZEROS, 0, ready);
      done += ready;
    }
    return done;
  }

  override readAt(dst: IoTarget): number {
    return this.read(dst);
  }

  override write(src: IoSource): number {
    if (this.device.kind === 'full') throw new SysError(ENOSPC, 'write: /dev/full');
    return src.remainingBytes; // taken unseen, as Linux does for null and zero
  }

  override writeAt(src: IoSource): number {
    return this.write(src);
  }

  override seek(): number {
    this.offset = 0;
    return 0;
  }

  override ioctl(request: number, argument: number, caller: Caller, memory: UserMemory): number {
    if (this.device.kind === 'random' && request === RNDGETENTCNT) {
      memory.writeU32(argument, ENTROPY_BITS);
      return 0;
    }
    return super.ioctl(request, argument, caller, memory);
  }

  override sync(): void {
    throw new SysError(EINVAL, 'fsync: a device');
  }

  override mapsAsAnonymous(): boolean {
    return this.device.kind === 'zero';
  }

  /** A shared mapping of /dev/zero is memory of its own. */
  override mappable(): Mappable | null {
    if (this.device.kind !== 'zero') return null;
    const inode = this.device.memory.makeUnnamed(0o666);
    inode.sizeBytes = MAX_FILE_BYTES;
    return inode;
  }
}

defineState(MemoryDevice, 'MemoryDevice', 1, {
  kind: enumOf('null', 'zero', 'full', 'random'),
  source: anyRef<RandomSource>(),
  memory: ref<Tmpfs>('Tmpfs'),
});
defineState(MemoryDeviceFile, 'MemoryDeviceFile', 1, extend(fileDescriptionState, { device: ref<MemoryDevice>('MemoryDevice') }));
