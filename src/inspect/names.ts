/** How things of an image are called: paths as programs see them, signals and flags as manual pages do. */

import { FD_CLOEXEC, O_ACCMODE, O_APPEND, O_ASYNC, O_CLOEXEC, O_DIRECT, O_DIRECTORY, O_DSYNC, O_NOATIME, O_NOFOLLOW, O_NONBLOCK, O_PATH, O_SYNC } from '../abi/open.ts';
import { PROT_EXEC, PROT_READ, PROT_WRITE } from '../abi/mman.ts';
import { signalBit, SIGRTMAX } from '../abi/signal.ts';
import { textFromByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { nameOfVma } from '../sentry/fs/procfs/memory-map.ts';
import type { AddressSpace } from '../sentry/mm/address-space.ts';
import type { Vma } from '../sentry/mm/vma.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { FileDescription } from '../sentry/vfs/file-description.ts';
import { openFileOf } from '../sentry/vfs/open-file-of.ts';
import type { Mount } from '../sentry/vfs/mount.ts';
import { describePath, Path } from '../sentry/vfs/path.ts';
import type { Dentry } from '../sentry/vfs/path.ts';

/** Signals 1 to 31 as signal(7) calls them on riscv64. */
const SIGNALS = (
  'HUP INT QUIT ILL TRAP ABRT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CONT STOP TSTP TTIN TTOU URG XCPU XFSZ VTALRM PROF WINCH IO PWR SYS'
).split(' ');
/** SIGRTMIN as programs see it: the C library keeps two for itself. */
const FIRST_REALTIME = 34;

const STATUS_FLAGS: readonly (readonly [number, string])[] = [
  [O_APPEND, 'O_APPEND'], [O_NONBLOCK, 'O_NONBLOCK'], [O_SYNC, 'O_SYNC'], [O_DSYNC, 'O_DSYNC'], [O_ASYNC, 'O_ASYNC'], [O_DIRECT, 'O_DIRECT'],
  [O_DIRECTORY, 'O_DIRECTORY'], [O_NOFOLLOW, 'O_NOFOLLOW'], [O_NOATIME, 'O_NOATIME'], [O_PATH, 'O_PATH'],
];

export function signalName(signal: number): string {
  if (signal >= FIRST_REALTIME) return signal === FIRST_REALTIME ? 'SIGRTMIN' : `SIGRTMIN+${signal - FIRST_REALTIME}`;
  const name = SIGNALS[signal - 1];
  return name === undefined ? `SIG${signal}` : `SIG${name}`;
}

/** The signals of a set, ascending. */
export function signalNames(set: bigint): string[] {
  const names: string[] = [];
  for (let signal = 1; signal <= SIGRTMAX; signal++) if ((set & signalBit(signal)) !== 0n) names.push(signalName(signal));
  return names;
}

/** open(2) flags of a descriptor in words, the access mode first. */
export function openFlagNames(statusFlags: number, fdFlags: number): string[] {
  const names = [['O_RDONLY', 'O_WRONLY', 'O_RDWR'][statusFlags & O_ACCMODE] ?? 'O_ACCMODE'];
  let left = statusFlags;
  for (const [flag, name] of STATUS_FLAGS) {
    if ((left & flag) !== flag) continue;
    names.push(name);
    left &= ~flag;
  }
  if ((fdFlags & FD_CLOEXEC) !== 0 || (statusFlags & O_CLOEXEC) === O_CLOEXEC) names.push('O_CLOEXEC');
  return names;
}

/** As in /proc/PID/maps: `rw-p`. */
export function permissionText({ protection, isShared }: Vma): string {
  const bit = (flag: number, letter: string): string => ((protection & flag) !== 0 ? letter : '-');
  return bit(PROT_READ, 'r') + bit(PROT_WRITE, 'w') + bit(PROT_EXEC, 'x') + (isShared ? 's' : 'p');
}

/** Directories within each other beyond which only the end of a path is told: no path that a program can open at once has as many. */
const MOST_LEVELS = 4096;

/**
 * Names of places, seen from the container's root. An image may claim that a directory lies within itself: before a name is put
 * together it is made sure that the way up ends.
 */
export class Names {
  private readonly root: Path | null;
  /** How many dentries or mounts lie above one. */
  private readonly levels = new Map<Dentry | Mount, number>();

  constructor(kernel: Kernel) {
    this.root = kernel.fs?.root ?? null;
  }

  /** The absolute name of a place, with " (deleted)" where it was removed. */
  path(path: Path): string {
    const { dentry } = path;
    let levels = this.levelsAbove(path.mount) + this.levelsAbove(dentry);
    for (let mount: Mount | null = path.mount; mount !== null; mount = mount.parent) {
      levels += this.levelsAbove(mount.root) + (mount.mountpoint === null ? 0 : this.levelsAbove(mount.mountpoint));
    }
    if (levels > MOST_LEVELS) return `…/${textFromByteString(dentry.name)}`;
    return textFromByteString(describePath(path, this.root ?? path));
  }

  /** What /proc/PID/fd shows. */
  file(file: FileDescription): string {
    return file.path === null ? textFromByteString(file.describe()) : this.path(file.path);
  }

  /** What /proc/PID/maps shows at the end of the line. */
  mapping(mm: AddressSpace, vma: Vma): string {
    const path = vma.file === null ? null : openFileOf(vma.file).path;
    if (path !== null) return this.path(path).replaceAll('\n', '\\012');
    return textFromByteString(this.root === null ? vma.name : nameOfVma(mm, vma, this.root));
  }

  /** Where a mount lies; null when it is not under the root. */
  mountpoint(mount: Mount): string | null {
    return mount.parent === null || mount.mountpoint === null ? (mount === this.root?.mount ? '/' : null) : this.path(new Path(mount, mount.root));
  }

  private levelsAbove(start: Dentry | Mount): number {
    const way: (Dentry | Mount)[] = [];
    const met = new Set<Dentry | Mount>();
    let at: Dentry | Mount | null = start;
    for (; at !== null && !this.levels.has(at); at = at.parent) {
      if (met.has(at)) throw new ImageError('section kernel', 'a directory or mount lies within itself');
      met.add(at);
      way.push(at);
    }
    let levels = at === null ? 0 : this.levels.get(at)!;
    for (const passed of way.reverse()) this.levels.set(passed, ++levels);
    return levels;
  }
}
