/**
 * File types and permission bits, and how riscv64 lays out what stat(2) and its relatives answer.
 *
 * @source  inode(7), stat(2), statx(2), statfs(2); asm-generic/stat.h
 */

export const S_IFMT = 0o170000;
export const S_IFSOCK = 0o140000;
export const S_IFLNK = 0o120000;
export const S_IFREG = 0o100000;
export const S_IFBLK = 0o060000;
export const S_IFDIR = 0o040000;
export const S_IFCHR = 0o020000;
export const S_IFIFO = 0o010000;

export const S_ISUID = 0o4000;
export const S_ISGID = 0o2000;
export const S_ISVTX = 0o1000;
export const S_IXGRP = 0o010;
/** Permission, set-id and sticky bits: what chmod(2) sets. */
export const S_IALLUGO = 0o7777;

/** Bytes of `struct stat`. */
export const STAT_BYTES = 128;
/** Bytes of `struct statx`. */
export const STATX_BYTES = 256;
/** Bytes of `struct statfs`. */
export const STATFS_BYTES = 120;

export const STATX_TYPE = 0x1;
export const STATX_MODE = 0x2;
export const STATX_BASIC_STATS = 0x7ff;
export const STATX_BTIME = 0x800;
export const STATX_MNT_ID = 0x1000;
export const STATX__RESERVED = 0x80000000;
export const STATX_ATTR_MOUNT_ROOT = 0x2000;
export const AT_STATX_FORCE_SYNC = 0x2000;
export const AT_STATX_DONT_SYNC = 0x4000;

/** `d_type` of getdents64(2). */
export const DT_UNKNOWN = 0;

/** The `d_type` for a mode: its four type bits. */
export function directoryEntryType(mode: number): number {
  return (mode & S_IFMT) >> 12;
}

/** A device number as the kernel hands it to user space: 12 bits of major, 20 of minor, interleaved. */
export function makeDevice(major: number, minor: number): number {
  return (minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12) >>> 0;
}

export function deviceMajor(device: number): number {
  return (device >>> 8) & 0xfff;
}

export function deviceMinor(device: number): number {
  return (device & 0xff) | ((device >>> 12) & 0xfff00);
}
