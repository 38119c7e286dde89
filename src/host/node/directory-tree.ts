import { closeSync, constants, fstatSync, lstatSync, openSync, readdirSync, readlinkSync, readSync, realpathSync } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { byteStringOf, bytesOf, type ByteString } from '../../base/bytes.ts';
import { ImageError, SysError } from '../../base/errors.ts';
import { EACCES, EIO, ENOENT, ENOTDIR, EPERM } from '../../abi/errno.ts';
import type { BaseStat, BaseTree } from '../../ports/base-tree.ts';

/** Files kept open between reads: a program's pages come one by one. */
const OPEN_FILES = 16;

/**
 * A directory of the host as a base tree: read only when asked, by the piece, and never written.
 *
 * Names are bytes on both sides. A symbolic link is never followed, not even on the way: the kernel resolves links of
 * its own accord, so every component but the last must be a directory, and what is outside the directory stays there.
 * That holds for paths that no directory here has named as well: a checkpoint from elsewhere may hold any.
 */
export class DirectoryTree implements BaseTree {
  readonly digest: string;
  private readonly rootBytes: Buffer;
  private readonly device: bigint;
  private readonly openFiles = new Map<ByteString, number>();

  /**
   * @param root  the directory
   * @errors      ImageError when it is not there or no directory
   */
  constructor(root: string) {
    let stats: BigIntStats;
    try {
      this.rootBytes = Buffer.from(realpathSync(resolve(root)).replace(/\/$/, ''));
      stats = lstatSync(this.rootBytes.length === 0 ? '/' : this.rootBytes, { bigint: true });
    } catch (error) {
      throw new ImageError(root, `cannot be opened (${(error as NodeJS.ErrnoException).code})`);
    }
    if (!stats.isDirectory()) throw new ImageError(root, 'is not a directory');
    this.device = stats.dev;
    this.digest = `directory:${this.rootBytes.toString()}`;
  }

  stat(path: ByteString): BaseStat | null {
    if (!this.isBelowDirectories(path)) return null;
    const stats = lstatOrNull(this.hostPath(path));
    return stats === null ? null : this.baseStat(stats);
  }

  list(path: ByteString): readonly ByteString[] {
    return attempt('list', path, () => {
      // As if there were another name below: the host would follow a link.
      if (!this.isBelowDirectories(`${path}/name`)) throw new SysError(ENOTDIR, `list: ${path} is no directory`);
      const names = readdirSync(this.hostPath(path), { encoding: 'buffer' });
      return names.map((name) => byteStringOf(name)).sort();
    });
  }

  readlink(path: ByteString): ByteString {
    return attempt('readlink', path, () => byteStringOf(readlinkSync(this.hostPathBelow(path), { encoding: 'buffer' })));
  }

  read(path: ByteString, offset: number, dst: Uint8Array): number {
    return attempt('read', path, () => {
      const fd = this.openFile(path);
      let used = 0;
      while (used < dst.length) {
        const count = readSync(fd, dst, used, dst.length - used, offset + used);
        if (count === 0) break;
        used += count;
      }
      return used;
    });
  }

  /** Closes the files kept open; reading opens them again. */
  close(): void {
    for (const fd of this.openFiles.values()) closeSync(fd);
    this.openFiles.clear();
  }

  private openFile(path: ByteString): number {
    const kept = this.openFiles.get(path);
    if (kept !== undefined) {
      this.openFiles.delete(path);
      this.openFiles.set(path, kept); // the most recent is last
      return kept;
    }
    // O_NONBLOCK: a FIFO that took a file's place must not hold up the machine.
    const fd = openSync(this.hostPathBelow(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    if (!fstatSync(fd).isFile()) {
      closeSync(fd);
      throw new SysError(EIO, `read: ${path} is no regular file any more`);
    }
    this.openFiles.set(path, fd);
    const [oldestPath, oldest] = this.openFiles.entries().next().value!;
    if (this.openFiles.size > OPEN_FILES) {
      closeSync(oldest);
      this.openFiles.delete(oldestPath);
    }
    return fd;
  }

  /** @errors SysError ENOENT for a path that leads out */
  private hostPathBelow(path: ByteString): Buffer {
    if (!this.isBelowDirectories(path)) throw new SysError(ENOENT, `${path}: no directory leads there`);
    return this.hostPath(path);
  }

  /** Whether every component is a name, and each before the last a directory and no link to one. */
  private isBelowDirectories(path: ByteString): boolean {
    if (path !== '' && (!path.startsWith('/') || path.slice(1).split('/').some((name) => name === '' || name === '.' || name === '..'))) return false;
    for (let slash = path.indexOf('/', 1); slash > 0; slash = path.indexOf('/', slash + 1)) {
      if (lstatOrNull(this.hostPath(path.slice(0, slash)))?.isDirectory() !== true) return false;
    }
    return true;
  }

  private hostPath(path: ByteString): Buffer {
    if (path === '') return this.rootBytes.length === 0 ? Buffer.from('/') : this.rootBytes;
    return Buffer.concat([this.rootBytes, bytesOf(path)]);
  }

  private baseStat(stats: BigIntStats): BaseStat {
    return {
      mode: Number(stats.mode),
      uid: Number(stats.uid),
      gid: Number(stats.gid),
      sizeBytes: Number(stats.size),
      mtimeNs: stats.mtimeNs,
      rdev: Number(stats.rdev),
      nlink: Number(stats.nlink),
      key: stats.dev === this.device ? String(stats.ino) : `${stats.dev}:${stats.ino}`,
    };
  }
}

function lstatOrNull(hostPath: Buffer): BigIntStats | null {
  try {
    return lstatSync(hostPath, { bigint: true });
  } catch {
    return null; // not there, or hidden from us: to the guest there is no difference
  }
}

/** Runs a call of the host's; a failure becomes the errno that the guest sees. */
function attempt<T>(call: string, path: ByteString, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof SysError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    const errno = code === 'ENOENT' ? ENOENT : code === 'EACCES' ? EACCES : code === 'EPERM' ? EPERM : EIO;
    throw new SysError(errno, `${call}: ${path} on the host: ${code}`);
  }
}
