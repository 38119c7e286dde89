/** What the calls about files share. */

import { EBADF, EFAULT, ENOENT } from '../../abi/errno.ts';
import { PATH_MAX } from '../../abi/fs.ts';
import { O_PATH } from '../../abi/open.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { Task } from '../task/task.ts';
import { anonymousPath } from '../vfs/anon.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import type { FileDescription } from '../vfs/file-description.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { MountNamespace } from '../vfs/mount.ts';
import type { Path } from '../vfs/path.ts';

/** A path argument. @errors EFAULT ENAMETOOLONG */
export function readPath(task: Task, address: number): ByteString {
  return task.mm.readCString(address, PATH_MAX);
}

/** The open file of `fd` for calls that an O_PATH descriptor does not serve. @errors EBADF */
export function requireOpenFile(task: Task, fd: number): FileDescription {
  const file = task.file(fd);
  if ((file.statusFlags & O_PATH) !== 0) throw new SysError(EBADF, `descriptor ${fd} only holds a place`);
  return file;
}

/** Where the open file `file` is; for one without a place, a place that nothing else leads to. */
export function placeOf(file: FileDescription): Path {
  return file.path ?? anonymousPath(file.inode, file.describe());
}

/**
 * What an *at call is about: the path from `dirFd`, or with AT_EMPTY_PATH and an empty path the descriptor itself.
 *
 * @param follow      whether a symbolic link at the end is followed
 * @param allowEmpty  whether AT_EMPTY_PATH was given
 */
export function resolveAt(task: Task, dirFd: number, name: ByteString, follow: boolean, allowEmpty: boolean): Path {
  if (name.length === 0) {
    if (!allowEmpty) throw new SysError(ENOENT, 'an empty path');
    return dirFd === -100 ? task.fs.cwd : placeOf(task.file(dirFd));
  }
  return lookupPath(walkerOf(task), startOf(task, dirFd, name), name, follow);
}

/** The mounts that the task sees. */
export function mountsOf(task: Task): MountNamespace {
  return task.kernel.services.get('mounts', MountNamespace);
}

/** @errors EFAULT for a null pointer where one is not allowed */
export function requireAddress(address: number): number {
  if (address === 0) throw new SysError(EFAULT, 'a null pointer');
  return address;
}
