import type { ByteString } from '../../../base/bytes.ts';
import { byteString, defineState, extend } from '../../../state/index.ts';
import { RegularFile, regularFileState } from '../../vfs/regular-file.ts';
import type { TmpfsInode } from './tmpfs.ts';

/** What memfd_create(2) opens. */
export class MemfdFile extends RegularFile {
  /** As given to memfd_create; shown by /proc/PID/fd. */
  name: ByteString;

  constructor(inode: TmpfsInode, statusFlags: number, name: ByteString) {
    super(inode, null, statusFlags);
    this.name = name;
    inode.endWriting(); // a memfd can be run while it is open, as in Linux: its first file is no writer
  }

  override release(): void {}

  override describe(): ByteString {
    return `/memfd:${this.name} (deleted)`;
  }
}

defineState(MemfdFile, 'MemfdFile', 1, extend(regularFileState, { name: byteString }));
