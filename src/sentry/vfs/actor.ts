import { AT_FDCWD } from '../../abi/open.ts';
import { ENOTDIR } from '../../abi/errno.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import type { Caller } from './caller.ts';
import type { FileDescription } from './file-description.ts';
import type { FsContext } from './fs-context.ts';
import type { Walker } from './lookup.ts';
import type { Path } from './path.ts';

/** A caller with a place in the tree: what the calls about paths need of a task. */
export interface Actor extends Caller {
  readonly fs: FsContext;
  /** The open file of a descriptor. @errors EBADF */
  file(fd: number): FileDescription;
}

/** The actor as one who walks paths. */
export function walkerOf(actor: Actor): Walker {
  return { root: actor.fs.root, credentials: actor.credentials, caller: actor };
}

/**
 * Where a path given with directory descriptor `dirFd` begins; an absolute one does not look at the descriptor.
 * @errors EBADF ENOTDIR
 */
export function startOf(actor: Actor, dirFd: number, name: ByteString): Path {
  if (name.charCodeAt(0) === 0x2f) return actor.fs.root;
  if (dirFd === AT_FDCWD) return actor.fs.cwd;
  const file = actor.file(dirFd);
  if (file.path === null || !file.inode.isDirectory()) throw new SysError(ENOTDIR, `descriptor ${dirFd} is no directory`);
  return file.path;
}
