import { makeDevice, S_IFCHR, S_IFDIR, S_IFLNK } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { panic } from '../../../base/errors.ts';
import type { NewNode } from '../../vfs/inode.ts';
import type { Dentry } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { Tmpfs } from '../tmpfs/tmpfs.ts';
import { MemoryDevice } from './memory-device.ts';
import type { RandomSource } from './memory-device.ts';

/** Group of terminals. */
const TTY_GID = 5;

/** Nodes of /dev: name, major, minor, permission bits, group. */
const NODES: readonly (readonly [ByteString, number, number, number, number])[] = [
  ['null', 1, 3, 0o666, 0],
  ['zero', 1, 5, 0o666, 0],
  ['full', 1, 7, 0o666, 0],
  ['random', 1, 8, 0o666, 0],
  ['urandom', 1, 9, 0o666, 0],
  ['tty', 5, 0, 0o666, TTY_GID],
  ['console', 5, 1, 0o620, TTY_GID],
];

const LINKS: readonly (readonly [ByteString, ByteString])[] = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
  ['ptmx', 'pts/ptmx'],
];

/** Makes null, zero, full, random and urandom known, by device number, to every file system. */
export function registerMemoryDevices(vfs: Vfs, source: RandomSource, memory: Tmpfs): void {
  vfs.devices.register(makeDevice(1, 3), new MemoryDevice('null', source, memory));
  vfs.devices.register(makeDevice(1, 5), new MemoryDevice('zero', source, memory));
  vfs.devices.register(makeDevice(1, 7), new MemoryDevice('full', source, memory));
  const random = new MemoryDevice('random', source, memory);
  vfs.devices.register(makeDevice(1, 8), random);
  vfs.devices.register(makeDevice(1, 9), random);
}

/** What containers have on /dev: a tmpfs with the usual nodes, links and mountpoints. */
export function makeDevFs(vfs: Vfs): Tmpfs {
  const fileSystem = new Tmpfs(vfs, { mode: 0o755, sizeBytes: 64 << 20 });
  const root = fileSystem.root ?? panic('a tmpfs without a root');
  for (const [name, major, minor, mode, gid] of NODES) make(root, name, { mode: S_IFCHR | mode, uid: 0, gid, rdev: makeDevice(major, minor), target: '' });
  for (const [name, target] of LINKS) make(root, name, { mode: S_IFLNK | 0o777, uid: 0, gid: 0, rdev: 0, target });
  for (const name of ['pts', 'shm', 'mqueue']) make(root, name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0, rdev: 0, target: '' });
  return fileSystem;
}

function make(root: Dentry, name: ByteString, node: NewNode): void {
  root.inode.create(root, name, node);
}
