import { PIPEFS_MAGIC } from '../../abi/fs.ts';
import type { Kernel } from '../task/kernel.ts';
import { AnonFileSystem, AnonInode } from '../vfs/anon.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import type { Inode } from '../vfs/inode.ts';
import { Vfs } from '../vfs/vfs.ts';

const PIPES = 'pipefs';
const EVENTS = 'anon_inodefs';

/** The file system of anonymous pipes, made at its first use. */
export function pipeFileSystem(kernel: Kernel): FileSystem {
  if (!kernel.services.byName.has(PIPES)) {
    kernel.services.set(PIPES, new AnonFileSystem(kernel.services.get('vfs', Vfs), PIPES, PIPEFS_MAGIC));
  }
  return kernel.services.get(PIPES, AnonFileSystem);
}

/** The one inode that all event files share, as in Linux. */
export function eventInode(kernel: Kernel): Inode {
  if (!kernel.services.byName.has(EVENTS)) {
    const fileSystem = new AnonFileSystem(kernel.services.get('vfs', Vfs));
    const inode = new AnonInode(fileSystem, 0o600);
    inode.hold(); // for ever: the next event file finds it
    kernel.services.set(EVENTS, inode);
  }
  return kernel.services.get(EVENTS, AnonInode);
}
