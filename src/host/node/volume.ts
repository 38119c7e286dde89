import {
  chmodSync, closeSync, constants, fchmodSync, fchownSync, fstatSync, fsyncSync, ftruncateSync, lchownSync, linkSync, lstatSync, lutimesSync, mkdirSync,
  openSync, readdirSync, readlinkSync, readSync, realpathSync, renameSync, rmdirSync, symlinkSync, unlinkSync, writeSync,
} from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { constants as osConstants } from 'node:os';
import { resolve } from 'node:path';
import { EACCES, EINVAL, EIO, ELOOP, ENOENT, ENOTDIR, EOPNOTSUPP, EROFS } from '../../abi/errno.ts';
import { S_IFDIR, S_IFLNK, S_IFMT, S_IFREG } from '../../abi/stat.ts';
import { byteStringOf, bytesOf } from '../../base/bytes.ts';
import type { ByteString } from '../../base/bytes.ts';
import { ImageError, SysError } from '../../base/errors.ts';
import type { HostFiles, HostStat } from '../../ports/host-files.ts';

/** Errnos that Linux hosts and guests share by number; a host of another kind is asked for its own names. */
const ERRNO_BY_NAME: ReadonlyMap<string, number> = new Map(Object.entries(osConstants.errno));
const O_NOFOLLOW = constants.O_NOFOLLOW;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * A directory or file of this host as a volume.
 *
 * Nothing outside it is reached: paths are checked name by name, the directory that holds the last name must be where the
 * path says (no symbolic link on the way, whoever put it there), and the last name is never followed.
 */
export class NodeVolume implements HostFiles {
  readonly key: string;
  readonly isReadOnly: boolean;
  /** Where it really is, as bytes in latin1. */
  private readonly root: ByteString;

  /**
   * @param key   names it across checkpoint and restore: its path in the guest
   * @errors      ImageError when it is not there, or neither directory nor regular file
   */
  constructor(hostPath: string, key: string, isReadOnly: boolean) {
    this.key = key;
    this.isReadOnly = isReadOnly;
    let real: Buffer;
    try {
      real = realpathSync.native(Buffer.from(resolve(hostPath)), { encoding: 'buffer' });
      const stats = lstatSync(real);
      if (!stats.isDirectory() && !stats.isFile()) throw new ImageError(hostPath, 'is neither a directory nor a file');
    } catch (error) {
      if (error instanceof ImageError) throw error;
      throw new ImageError(hostPath, `cannot be used as a volume (${codeOf(error)})`);
    }
    this.root = byteStringOf(real).replace(/\/$/, '');
  }

  stat(path: ByteString): HostStat | null {
    try {
      return statOf(lstatSync(this.locate(path), { bigint: true }));
    } catch (error) {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
      if (error instanceof SysError && (error.errno === ENOENT || error.errno === ENOTDIR)) return null;
      throw toSysError(error, 'stat', path);
    }
  }

  list(path: ByteString): readonly ByteString[] {
    return this.attempt('list', path, (at) => readdirSync(at, { encoding: 'buffer' }).map((name) => byteStringOf(name)));
  }

  readlink(path: ByteString): ByteString {
    return this.attempt('readlink', path, (at) => byteStringOf(readlinkSync(at, { encoding: 'buffer' })));
  }

  open(path: ByteString, isWriting: boolean): number {
    if (isWriting) this.requireWritable(path);
    return this.attempt('open', path, (at) => {
      const flags = O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
      let handle: number;
      try {
        handle = openSync(at, flags | (isWriting ? constants.O_RDWR : constants.O_RDONLY));
      } catch (error) {
        if (!isWriting || codeOf(error) !== 'EACCES') throw error;
        handle = openSync(at, flags | constants.O_WRONLY);
      }
      if (fstatSync(handle).isFile()) return handle;
      closeSync(handle);
      throw new SysError(EINVAL, `open: ${path} is not a regular file`);
    });
  }

  close(handle: number): void {
    closeSync(handle);
  }

  statHandle(handle: number): HostStat {
    return this.attempt('fstat', '', () => statOf(fstatSync(handle, { bigint: true })));
  }

  read(handle: number, offset: number, dst: Uint8Array): number {
    return this.attempt('read', '', () => {
      let done = 0;
      while (done < dst.length) {
        const got = readSync(handle, dst, done, dst.length - done, offset + done);
        if (got === 0) break;
        done += got;
      }
      return done;
    });
  }

  write(handle: number, offset: number, src: Uint8Array): void {
    this.requireWritable('');
    this.attempt('write', '', () => {
      for (let done = 0; done < src.length; ) done += writeSync(handle, src, done, src.length - done, offset + done);
    });
  }

  truncate(handle: number, sizeBytes: number): void {
    this.requireWritable('');
    this.attempt('truncate', '', () => ftruncateSync(handle, sizeBytes));
  }

  sync(handle: number): void {
    this.attempt('fsync', '', () => fsyncSync(handle));
  }

  createFile(path: ByteString, mode: number, uid: number, gid: number): void {
    this.requireWritable(path);
    this.attempt('create', path, (at) => {
      const handle = openSync(at, O_NOFOLLOW | constants.O_CREAT | constants.O_EXCL | constants.O_RDWR, mode & 0o777);
      try {
        ignoreRefusal(() => fchownSync(handle, uid, gid));
        fchmodSync(handle, mode);
      } finally {
        closeSync(handle);
      }
    });
  }

  makeDirectory(path: ByteString, mode: number, uid: number, gid: number): void {
    this.requireWritable(path);
    this.attempt('mkdir', path, (at) => {
      mkdirSync(at, mode & 0o777);
      ignoreRefusal(() => lchownSync(at, uid, gid));
      chmodSync(at, mode);
    });
  }

  makeSymlink(path: ByteString, target: ByteString, uid: number, gid: number): void {
    this.requireWritable(path);
    this.attempt('symlink', path, (at) => {
      symlinkSync(Buffer.from(bytesOf(target)), at);
      ignoreRefusal(() => lchownSync(at, uid, gid));
    });
  }

  link(existing: ByteString, path: ByteString): void {
    this.requireWritable(path);
    this.attempt('link', path, (at) => linkSync(this.locate(existing), at));
  }

  unlink(path: ByteString): void {
    this.requireWritable(path);
    this.attempt('unlink', path, (at) => unlinkSync(at));
  }

  removeDirectory(path: ByteString): void {
    this.requireWritable(path);
    this.attempt('rmdir', path, (at) => rmdirSync(at));
  }

  rename(from: ByteString, to: ByteString): void {
    this.requireWritable(to);
    this.attempt('rename', to, (at) => renameSync(this.locate(from), at));
  }

  changeMode(path: ByteString, bits: number): void {
    this.requireWritable(path);
    this.attempt('chmod', path, (at) => {
      const stats = lstatSync(at);
      if (stats.isSymbolicLink()) throw new SysError(EOPNOTSUPP, 'chmod: a symbolic link');
      chmodSync(at, bits);
    });
  }

  changeOwner(path: ByteString, uid: number, gid: number): void {
    this.requireWritable(path);
    this.attempt('chown', path, (at) => lchownSync(at, uid, gid));
  }

  /** To the microsecond: that is what the host's interface takes. */
  changeTimes(path: ByteString, atimeNs: bigint, mtimeNs: bigint): void {
    this.requireWritable(path);
    this.attempt('utimes', path, (at) => lutimesSync(at, secondsOf(atimeNs), secondsOf(mtimeNs)));
  }

  private requireWritable(path: ByteString): void {
    if (this.isReadOnly) throw new SysError(EROFS, `volume ${this.key}: ${path}: read-only`);
  }

  /**
   * The host's path of `path`, as bytes. The directory it is in has been found where it should be.
   * @errors EACCES a name that could lead out; ENOTDIR ELOOP a directory on the way is none, or a link
   */
  private locate(path: ByteString): Buffer {
    if (path === '') return toBuffer(this.root === '' ? '/' : this.root);
    for (const name of path.split('/')) {
      if (name === '' || name === '.' || name === '..' || name.includes('\0')) throw new SysError(EACCES, `volume ${this.key}: the path ${path} leads out`);
    }
    const cut = path.lastIndexOf('/');
    const parent = cut < 0 ? this.root : `${this.root}/${path.slice(0, cut)}`;
    if (cut >= 0) {
      const real = byteStringOf(realpathSync.native(toBuffer(parent), { encoding: 'buffer' }));
      if (real !== parent) throw new SysError(ELOOP, `volume ${this.key}: a link on the way to ${path}`);
    }
    return toBuffer(`${parent}/${path.slice(cut + 1)}`);
  }

  private attempt<T>(call: string, path: ByteString, act: (at: Buffer) => T): T {
    try {
      return act(path === '' ? toBuffer(this.root === '' ? '/' : this.root) : this.locate(path));
    } catch (error) {
      throw toSysError(error, call, path);
    }
  }
}

function toBuffer(path: ByteString): Buffer {
  return Buffer.from(path, 'latin1');
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function toSysError(error: unknown, call: string, path: ByteString): SysError {
  if (error instanceof SysError) return error;
  const code = codeOf(error);
  if (code === '') throw error;
  return new SysError(ERRNO_BY_NAME.get(code) ?? EIO, `${call}: ${path} on the host: ${code}`);
}

/** Setting the owner is for a host that runs us as root; elsewhere the file belongs to whoever runs us. */
function ignoreRefusal(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (codeOf(error) !== 'EPERM' && codeOf(error) !== 'EINVAL') throw error;
  }
}

function statOf(stats: BigIntStats): HostStat {
  const type = stats.isDirectory() ? S_IFDIR : stats.isSymbolicLink() ? S_IFLNK : stats.isFile() ? S_IFREG : Number(stats.mode) & S_IFMT;
  return {
    mode: type | (Number(stats.mode) & 0o7777),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    sizeBytes: Number(stats.size),
    blocks: Number(stats.blocks),
    nlink: Number(stats.nlink),
    atimeNs: stats.atimeNs,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    key: `${stats.dev}:${stats.ino}`,
  };
}

function secondsOf(timeNs: bigint): number {
  const whole = timeNs / NS_PER_SECOND;
  return Number(whole) + Number(timeNs - whole * NS_PER_SECOND) / 1e9;
}
