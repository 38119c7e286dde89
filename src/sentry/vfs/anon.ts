import { ANON_INODE_FS_MAGIC } from '../../abi/fs.ts';
import { defineState, extend } from '../../state/index.ts';
import { FileSystem, fileSystemState } from './file-system.ts';
import { Inode, inodeState } from './inode.ts';
import { Mount } from './mount.ts';
import { Dentry, Path } from './path.ts';
import type { ByteString } from '../../base/bytes.ts';
import type { Vfs } from './vfs.ts';

/** Where files without a place live: pipes, sockets, epoll and event files. Nothing can be looked up in it. */
export class AnonFileSystem extends FileSystem {
  constructor(vfs: Vfs, typeName: ByteString = 'anon_inodefs', magic: number = ANON_INODE_FS_MAGIC) {
    super(vfs, typeName, magic);
  }
}

/** An inode that only has attributes: what an anonymous open file shows to fstat(2). */
export class AnonInode extends Inode {
  constructor(fileSystem: FileSystem, mode: number) {
    super(fileSystem, fileSystem.nextIno(), mode);
  }
}

/** A place for an inode without one, so that /proc/PID/fd/N can lead to it. `label` is what readlink shows, e.g. `pipe:[7]`. */
export function anonymousPath(inode: Inode, label: ByteString): Path {
  const dentry = new Dentry(label, null, inode);
  return new Path(new Mount(0, inode.fileSystem, dentry, 0, 'none'), dentry);
}

defineState(AnonFileSystem, 'AnonFileSystem', 1, extend(fileSystemState, {}));
defineState(AnonInode, 'AnonInode', 1, extend(inodeState, {}));
