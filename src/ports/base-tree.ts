import type { ByteString } from '../base/bytes.ts';

/** What a node of a base tree is, as stat(2) tells it. */
export interface BaseStat {
  /** S_IFMT type and permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly rdev: number;
  /** Hard links share it: two paths with one key are one inode. */
  readonly key: string;
  /** Number of names; of a directory 2 and one for each directory in it. Absent when the tree does not know. */
  readonly nlink?: number;
}

/**
 * A read-only tree of files that a container's root is laid over: an OCI image's layers, or a host directory.
 *
 * Paths are absolute byte strings with `/` between names and none at the end; the root is the empty string.
 * All calls are synchronous and none follows a symbolic link. Nothing of it is ever saved in a checkpoint.
 */
export interface BaseTree {
  /** Names the content: `sha256:…` of an image, or a description of a host directory. */
  readonly digest: string;
  /** The node at `path`, or null where there is none. */
  stat(path: ByteString): BaseStat | null;
  /** Names in the directory at `path`, without `.` and `..`, in a stable order. */
  list(path: ByteString): readonly ByteString[];
  /** Target of the symbolic link at `path`. */
  readlink(path: ByteString): ByteString;
  /** Reads from `offset` into `dst`; returns the bytes read, fewer than asked only at the end of the file. */
  read(path: ByteString, offset: number, dst: Uint8Array): number;
}
