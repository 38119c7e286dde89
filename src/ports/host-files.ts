import type { ByteString } from '../base/bytes.ts';

/** What a file of a host volume is, as stat(2) tells it. */
export interface HostStat {
  /** S_IFMT type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  /** 512-byte units in use. */
  readonly blocks: number;
  readonly nlink: number;
  readonly atimeNs: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** Names the file whatever its names: two paths with one key are one file. */
  readonly key: string;
}

/**
 * A directory or file of the host that a container may use: what `--volume` names.
 *
 * Paths are byte strings relative to it, names with `/` between, none of them empty, `.` or `..`; the volume itself is the empty
 * string. No call follows a symbolic link, not even on the way. Every call is synchronous and throws a SysError when the host
 * refuses; what changes something throws EROFS on a read-only volume.
 */
export interface HostFiles {
  /** Names the volume across checkpoint and restore: where it is mounted in the guest. */
  readonly key: string;
  readonly isReadOnly: boolean;
  /** Null when nothing is there. */
  stat(path: ByteString): HostStat | null;
  /** Names in a directory, without `.` and `..`, in any order. */
  list(path: ByteString): readonly ByteString[];
  readlink(path: ByteString): ByteString;

  /** Opens a regular file, for reading and where `isWriting` says so for writing. */
  open(path: ByteString, isWriting: boolean): number;
  close(handle: number): void;
  statHandle(handle: number): HostStat;
  /** Returns the bytes read, fewer than asked only at the end of the file. */
  read(handle: number, offset: number, dst: Uint8Array): number;
  /** Writes all of `src`. */
  write(handle: number, offset: number, src: Uint8Array): void;
  truncate(handle: number, sizeBytes: number): void;
  sync(handle: number): void;

  /** Make an empty file, a directory, a symbolic link; the owner is set where the host lets us. @errors EEXIST … */
  createFile(path: ByteString, mode: number, uid: number, gid: number): void;
  makeDirectory(path: ByteString, mode: number, uid: number, gid: number): void;
  makeSymlink(path: ByteString, target: ByteString, uid: number, gid: number): void;
  link(existing: ByteString, path: ByteString): void;
  unlink(path: ByteString): void;
  removeDirectory(path: ByteString): void;
  rename(from: ByteString, to: ByteString): void;

  changeMode(path: ByteString, bits: number): void;
  changeOwner(path: ByteString, uid: number, gid: number): void;
  changeTimes(path: ByteString, atimeNs: bigint, mtimeNs: bigint): void;
}
