import { EBUSY, EINVAL, ELOOP, ENODEV, ENOTDIR, EPERM } from '../../abi/errno.ts';
import {
  MNT_DETACH, MNT_EXPIRE, MNT_FORCE, MS_BIND, MS_MOVE, MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC,
  MS_RELATIME, MS_REMOUNT, MS_SHARED, MS_SLAVE, MS_UNBINDABLE, UMOUNT_NOFOLLOW,
} from '../../abi/fs.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { CAP_SYS_ADMIN } from '../auth/credentials.ts';
import { Tmpfs } from '../fs/tmpfs/tmpfs.ts';
import type { TmpfsOptions } from '../fs/tmpfs/tmpfs.ts';
import type { Task } from '../task/task.ts';
import { startOf, walkerOf } from '../vfs/actor.ts';
import type { FileSystem } from '../vfs/file-system.ts';
import { lookupPath } from '../vfs/lookup.ts';
import { Mount } from '../vfs/mount.ts';
import type { MountNamespace } from '../vfs/mount.ts';
import { Path } from '../vfs/path.ts';
import type { Vfs } from '../vfs/vfs.ts';
import type { SyscallResult } from '../wait/block.ts';
import type { SyscallArgs } from './args.ts';
import type { SyscallTable } from './entry.ts';
import { mountsOf, readPath } from './files.ts';

const KEPT_FLAGS = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME | MS_RELATIME;
const PROPAGATION = MS_PRIVATE | MS_SLAVE | MS_SHARED | MS_UNBINDABLE;
/** File systems of which the kernel has one: a further mount shows the same. */
const SINGLE_TYPES: readonly string[] = ['proc', 'sysfs', 'devpts', 'devtmpfs', 'mqueue', 'cgroup2'];

/**
 * mount(2): tmpfs, the kernel's own file systems again, bind mounts, moves, and other flags for a mount.
 * @errors EPERM without CAP_SYS_ADMIN; ENODEV a type that is not there; EINVAL ENOTDIR EBUSY ELOOP
 */
export function mount(task: Task, args: SyscallArgs): SyscallResult {
  const sourceAddr = args.addr(0);
  const typeAddr = args.addr(2);
  const flags = args.u32(3);
  const dataAddr = args.addr(4);
  const typeName = typeAddr === 0 ? '' : readPath(task, typeAddr);
  const targetName = readPath(task, args.addr(1));
  const source = sourceAddr === 0 ? 'none' : readPath(task, sourceAddr);
  const target = resolve(task, targetName);
  if (!task.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, 'mount');
  const mounts = mountsOf(task);
  if ((flags & MS_REMOUNT) !== 0) {
    if (target.dentry !== target.mount.root) throw new SysError(EINVAL, 'mount: not a mountpoint');
    target.mount.flags = flags & KEPT_FLAGS;
    return 0;
  }
  if ((flags & MS_BIND) !== 0) {
    bind(mounts, resolve(task, source), target, (flags & MS_REC) !== 0);
    return 0;
  }
  if ((flags & PROPAGATION) !== 0) {
    if (target.dentry !== target.mount.root) throw new SysError(EINVAL, 'mount: not a mountpoint');
    return 0; // one namespace: nothing propagates
  }
  if ((flags & MS_MOVE) !== 0) {
    move(mounts, resolve(task, source), target);
    return 0;
  }
  if (!target.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'mount: not a directory');
  const vfs = target.dentry.inode.fileSystem.vfs;
  const data = dataAddr === 0 ? '' : readPath(task, dataAddr);
  const fileSystem = makeFileSystem(vfs, typeName, data);
  if (fileSystem.root === null) throw new SysError(ENODEV, `mount: ${typeName}`);
  mounts.attach(new Mount(vfs.nextMountId(), fileSystem, fileSystem.root, (flags & KEPT_FLAGS) | MS_RELATIME, source), target);
  return 0;
}

function resolve(task: Task, name: ByteString): Path {
  return lookupPath(walkerOf(task), startOf(task, -100, name), name, true);
}

function makeFileSystem(vfs: Vfs, typeName: ByteString, data: ByteString): FileSystem {
  if (typeName === 'tmpfs' || typeName === 'ramfs') return new Tmpfs(vfs, tmpfsOptions(data));
  if (SINGLE_TYPES.includes(typeName)) for (const present of vfs.fileSystems) if (present.typeName === typeName) return present;
  throw new SysError(ENODEV, `mount: no file system of type ${typeName}`);
}

/** `size=64m,mode=755,uid=1,gid=2,nr_inodes=1k`. @errors EINVAL */
function tmpfsOptions(data: ByteString): TmpfsOptions {
  const options: { mode?: number; uid?: number; gid?: number; sizeBytes?: number; inodes?: number } = {};
  for (const part of data.split(',')) {
    const equals = part.indexOf('=');
    const value = part.slice(equals + 1);
    const name = equals < 0 ? part : part.slice(0, equals);
    if (name === 'mode') options.mode = parseNumber(value, 8);
    else if (name === 'uid') options.uid = parseNumber(value, 10);
    else if (name === 'gid') options.gid = parseNumber(value, 10);
    else if (name === 'size') options.sizeBytes = parseSize(value);
    else if (name === 'nr_inodes') options.inodes = parseSize(value);
    else if (name !== '' && name !== 'rw' && name !== 'ro' && name !== 'nr_blocks' && name !== 'huge' && name !== 'mpol' && name !== 'inode64') {
      throw new SysError(EINVAL, `mount: option ${part}`);
    }
  }
  return options;
}

function parseNumber(text: string, radix: number): number {
  const value = Number.parseInt(text, radix);
  if (!Number.isInteger(value) || value < 0) throw new SysError(EINVAL, `mount: ${text} is no number`);
  return value;
}

function parseSize(text: string): number {
  const unit = 'kmg'.indexOf(text.slice(-1).toLowerCase());
  const value = parseNumber(text, 10);
  return unit < 0 ? value : value * 1024 ** (unit + 1);
}

function bind(mounts: MountNamespace, source: Path, target: Path, isRecursive: boolean): void {
  if (source.dentry.inode.isDirectory() !== target.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'mount: a directory on a file');
  const { vfs } = source.mount.fileSystem;
  const children = [...source.mount.children];
  const made = new Mount(vfs.nextMountId(), source.mount.fileSystem, source.dentry, source.mount.flags, source.mount.source);
  mounts.attach(made, target);
  if (!isRecursive) return;
  for (const child of children) {
    const { mountpoint } = child;
    if (mountpoint === null || !mountpoint.isUnder(source.dentry)) continue;
    const at = made.rootPath();
    bind(mounts, child.rootPath(), new Path(at.mount, mountpoint), true);
  }
}

function move(mounts: MountNamespace, source: Path, target: Path): void {
  const moved = source.mount;
  if (source.dentry !== moved.root || moved.parent === null) throw new SysError(EINVAL, 'mount: not a mountpoint');
  if (source.dentry.inode.isDirectory() !== target.dentry.inode.isDirectory()) throw new SysError(ENOTDIR, 'mount: a directory on a file');
  for (let at: Mount | null = target.mount; at !== null; at = at.parent) if (at === moved) throw new SysError(ELOOP, 'mount: into itself');
  mounts.remove(moved);
  mounts.attach(moved, target);
}

/** umount2(2). @errors EPERM; EINVAL not a mountpoint, unknown flags; EBUSY in use, without MNT_DETACH */
export function umount2(task: Task, args: SyscallArgs): SyscallResult {
  const flags = args.u32(1);
  if ((flags & ~(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) !== 0) throw new SysError(EINVAL, 'umount2: flags');
  const name = readPath(task, args.addr(0));
  const path = lookupPath(walkerOf(task), startOf(task, -100, name), name, (flags & UMOUNT_NOFOLLOW) === 0);
  if (!task.credentials.has(CAP_SYS_ADMIN)) throw new SysError(EPERM, 'umount2');
  const gone = path.mount;
  if (path.dentry !== gone.root) throw new SysError(EINVAL, 'umount2: not a mountpoint');
  if (gone === task.fs.root.mount) throw new SysError(EBUSY, 'umount2: the root directory');
  const mounts = mountsOf(task);
  if ((flags & MNT_DETACH) !== 0) mounts.detachLazily(gone);
  else mounts.detach(gone);
  const { fileSystem } = gone;
  if (fileSystem instanceof Tmpfs && gone.users === 0 && !mounts.mounts.some((other) => other.fileSystem === fileSystem)) fileSystem.discard();
  return 0;
}

export const mountSyscalls: SyscallTable = {
  umount2: { number: 39, run: umount2, support: 'full' },
  mount: { number: 40, run: mount, support: 'partial', note: 'tmpfs, the kernel\'s own file systems, bind mounts, moves and flags' },
};
