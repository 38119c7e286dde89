import { IN_ISDIR } from '../../abi/inotify.ts';
import type { Dentry } from './path.ts';

/** Tells those who watch the file `dentry` names, and those who watch the directory it is in. */
export function notifyPath(dentry: Dentry, event: number, cookie = 0): void {
  const { inode, parent } = dentry;
  if (inode.fileSystem.vfs.watcherCount === 0) return;
  const bits = inode.isDirectory() ? event | IN_ISDIR : event;
  if (parent !== null) parent.inode.notifyWatchers(bits, dentry.name, cookie, dentry.isUnlinked);
  inode.notifyWatchers(bits, '', cookie);
}

/** Tells those who watch the directory `dir` about its entry `name`. */
export function notifyEntry(dir: Dentry, event: number, name: string, isDirectory: boolean, cookie = 0): void {
  if (dir.inode.fileSystem.vfs.watcherCount === 0) return;
  dir.inode.notifyWatchers(isDirectory ? event | IN_ISDIR : event, name, cookie);
}
