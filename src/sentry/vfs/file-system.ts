import type { ByteString } from '../../base/bytes.ts';
import { byteString, defineState, int, optional, ref, u32 } from '../../state/index.ts';
import type { Dentry } from './path.ts';
import type { Vfs } from './vfs.ts';

/** What statfs(2) tells; sizes in units of `blockBytes`. */
export interface FileSystemStatistics {
  readonly blockBytes: number;
  readonly blocks: number;
  readonly freeBlocks: number;
  readonly files: number;
  readonly freeFiles: number;
  readonly nameMaxBytes: number;
}

/** A mountable tree of inodes. */
export abstract class FileSystem {
  vfs: Vfs;
  /** As /proc/filesystems and mount(2) name it. */
  typeName: ByteString;
  /** `f_type` of statfs(2). */
  magic: number;
  /** `st_dev` of its inodes. */
  device: number;
  lastIno = 0;
  /** Its root; null until the file system has made it. */
  root: Dentry | null = null;

  constructor(vfs: Vfs, typeName: ByteString, magic: number) {
    this.vfs = vfs;
    this.typeName = typeName;
    this.magic = magic;
    this.device = vfs.nextDevice();
    vfs.fileSystems.add(this);
  }

  nextIno(): number {
    return ++this.lastIno;
  }

  statistics(): FileSystemStatistics {
    return { blockBytes: 4096, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0, nameMaxBytes: 255 };
  }

  /** Options beyond ro and rw in /proc/mounts, e.g. `size=65536k,mode=1777`; empty for none. */
  options(): ByteString {
    return '';
  }

  /** Brings everything to where it outlasts the machine: host volumes. */
  sync(): void {}

  /** Gives up page frames whose content can be had again; returns how many. */
  reclaim(): number {
    return 0;
  }

  /** Called at the start of a checkpoint, while no guest runs, before the state is walked. */
  beforeCheckpoint(): void {}

  /** Called when its last mount is gone and no file of it is open: frees what it holds. */
  discard(): void {
    this.vfs.fileSystems.delete(this);
  }
}

export const fileSystemState = defineState(FileSystem, 'FileSystem', 1, {
  vfs: ref<Vfs>('Vfs'),
  typeName: byteString,
  magic: u32,
  device: u32,
  lastIno: int,
  root: optional(ref<Dentry>('Dentry')),
});
