import { EACCES } from '../../abi/errno.ts';
import { R_OK, X_OK } from '../../abi/fs.ts';
import { S_IFDIR, S_IFMT, S_ISVTX } from '../../abi/stat.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER } from '../auth/credentials.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Inode } from './inode.ts';

/** The attributes that decide about access. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Whether `want` (R_OK, W_OK, X_OK bits) is allowed by mode bits, else by capabilities.
 *
 * @source  path_resolution(7), capabilities(7)
 */
export function mayAccess(node: Ownership, credentials: Credentials, want: number): boolean {
  let bits = node.mode;
  if (credentials.fsuid === node.uid) bits >>= 6;
  else if (credentials.inGroup(node.gid)) bits >>= 3;
  if ((want & ~bits & 7) === 0) return true;
  if ((node.mode & S_IFMT) === S_IFDIR) {
    if (credentials.has(CAP_DAC_OVERRIDE)) return true;
    return (want & ~(R_OK | X_OK)) === 0 && credentials.has(CAP_DAC_READ_SEARCH);
  }
  if (((want & X_OK) === 0 || (node.mode & 0o111) !== 0) && credentials.has(CAP_DAC_OVERRIDE)) return true;
  return want === R_OK && credentials.has(CAP_DAC_READ_SEARCH);
}

/** @errors EACCES when `want` is not allowed */
export function requireAccess(inode: Inode, credentials: Credentials, want: number): void {
  if (!inode.permits(credentials, want)) throw new SysError(EACCES, 'permission denied');
}

/** Whether the caller owns the node or may act as if (CAP_FOWNER). */
export function isOwnerOrCapable(node: Ownership, credentials: Credentials): boolean {
  return credentials.fsuid === node.uid || credentials.has(CAP_FOWNER);
}

/** Whether the sticky bit of `dir` keeps the caller from removing or renaming `child` in it. */
export function isStickyFor(dir: Ownership, child: Ownership, credentials: Credentials): boolean {
  if ((dir.mode & S_ISVTX) === 0) return false;
  return credentials.fsuid !== child.uid && credentials.fsuid !== dir.uid && !credentials.has(CAP_FOWNER);
}
