/** What stands for the outside in a kernel that is only looked at: nothing of it can run, and nothing is bound. */

import { ENXIO } from '../abi/errno.ts';
import { SysError } from '../base/errors.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import type { HostFiles } from '../ports/host-files.ts';

/** A base image that is not there: its digest is known, nothing else. */
function absentBase(digest: string): BaseTree {
  return { digest, stat: () => null, list: () => [], readlink: () => '', read: () => 0 };
}

/** A volume that is not there. */
function absentVolume(key: string): HostFiles {
  const refuse = (): never => {
    throw new SysError(ENXIO, `the volume ${key} is not there`);
  };
  return {
    key, isReadOnly: true, stat: () => null, list: () => [], readlink: refuse, open: refuse, close: refuse, statHandle: refuse, read: refuse,
    write: refuse, truncate: refuse, sync: refuse, createFile: refuse, makeDirectory: refuse, makeSymlink: refuse, link: refuse, unlink: refuse,
    removeDirectory: refuse, rename: refuse, changeMode: refuse, changeOwner: refuse, changeTimes: refuse,
  };
}

/**
 * What an edge of the saved state leads to. A terminal or stream has no end; the core, of which the loaded kernel has no frame, and
 * the source of randomness are objects without any property, so that using them fails instead of doing something.
 *
 * @param base  the base image if it is there
 */
export function standInFor(port: string, key: string, base: BaseTree | null): unknown {
  switch (port) {
    case 'console':
      return null;
    case 'baseTree':
      return base !== null && base.digest === key ? base : absentBase(key);
    case 'hostFiles':
      return absentVolume(key);
    default:
      return Object.freeze({});
  }
}
