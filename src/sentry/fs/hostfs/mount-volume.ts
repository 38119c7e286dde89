import { EINVAL, ENOTDIR } from '../../../abi/errno.ts';
import { MS_NODEV, MS_NOSUID, MS_RDONLY, MS_RELATIME } from '../../../abi/fs.ts';
import { S_IFDIR, S_IFREG } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { panic, SysError } from '../../../base/errors.ts';
import type { HostFiles } from '../../../ports/host-files.ts';
import { lookupChild } from '../../vfs/lookup.ts';
import { Mount } from '../../vfs/mount.ts';
import type { MountNamespace } from '../../vfs/mount.ts';
import { Path } from '../../vfs/path.ts';
import { SystemCaller } from '../../vfs/system-caller.ts';
import type { Vfs } from '../../vfs/vfs.ts';
import { HostFs } from './hostfs.ts';

/**
 * Mounts a host volume at `guestPath`, absolute and without `.` or `..`; directories on the way and the mountpoint are made
 * where they are missing.
 *
 * @errors EINVAL the path; ENOTDIR something on the way is no directory, or the mountpoint of another kind than the volume
 */
export function mountVolume(vfs: Vfs, mounts: MountNamespace, host: HostFiles, guestPath: ByteString): Mount {
  const names = guestPath.split('/').filter((name) => name !== '');
  if (!guestPath.startsWith('/') || names.length === 0 || names.some((name) => name === '.' || name === '..')) throw new SysError(EINVAL, `volume: ${guestPath}`);
  const fileSystem = new HostFs(vfs, host);
  const root = fileSystem.root ?? panic('a volume without a root');
  let path = mounts.root.rootPath();
  names.forEach((name, i) => {
    const isDirectory = i < names.length - 1 || root.inode.isDirectory();
    path = stepInto(path, name, isDirectory);
  });
  const flags = MS_NOSUID | MS_NODEV | MS_RELATIME | (host.isReadOnly ? MS_RDONLY : 0);
  const mount = new Mount(vfs.nextMountId(), fileSystem, root, flags, 'none');
  mounts.attach(mount, path);
  return mount;
}

function stepInto(parent: Path, name: ByteString, isDirectory: boolean): Path {
  const caller = new SystemCaller();
  const present = lookupChild({ root: parent, credentials: caller.credentials, caller }, parent, name);
  if (present !== null) {
    if (present.dentry.inode.isDirectory() !== isDirectory) throw new SysError(ENOTDIR, `volume: ${name} is of another kind`);
    return present;
  }
  const { dentry } = parent;
  const mode = isDirectory ? S_IFDIR | 0o755 : S_IFREG | 0o644;
  return new Path(parent.mount, dentry.inode.create(dentry, name, { mode, uid: 0, gid: 0, rdev: 0, target: '' }));
}
