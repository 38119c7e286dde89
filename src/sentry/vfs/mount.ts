import { EBUSY, EINVAL, ENOENT } from '../../abi/errno.ts';
import { MS_NOATIME, MS_NODEV, MS_NODIRATIME, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_RELATIME } from '../../abi/fs.ts';
import type { ByteString } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';
import { byteString, defineState, list, optional, ref, u32 } from '../../state/index.ts';
import type { FileSystem } from './file-system.ts';
import { Path, describePath } from './path.ts';
import type { Dentry } from './path.ts';

/** A file system, or a part of one, at a place in the tree of names. */
export class Mount {
  id: number;
  fileSystem: FileSystem;
  /** The dentry seen at the mountpoint. */
  root: Dentry;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME, … */
  flags: number;
  /** What /proc/mounts names as the device. */
  source: ByteString;
  /** The mount it lies on, and where; null at the top and when unmounted. */
  parent: Mount | null = null;
  mountpoint: Dentry | null = null;
  children: Mount[] = [];
  /** Open files, working and root directories on it. */
  users = 0;

  constructor(id: number, fileSystem: FileSystem, root: Dentry, flags: number, source: ByteString) {
    this.id = id;
    this.fileSystem = fileSystem;
    this.root = root;
    this.flags = flags;
    this.source = source;
  }

  isReadOnly(): boolean {
    return (this.flags & MS_RDONLY) !== 0;
  }

  hold(): void {
    this.users++;
  }

  drop(): void {
    this.users--;
  }

  /** The mount that lies on `dentry` of this mount, the one mounted last; null for none. */
  mountedAt(dentry: Dentry): Mount | null {
    for (let i = this.children.length - 1; i >= 0; i--) {
      const child = this.children[i];
      if (child !== undefined && child.mountpoint === dentry) return child;
    }
    return null;
  }

  rootPath(): Path {
    return new Path(this, this.root);
  }
}

/** The mounts that tasks see: a tree with the root file system on top. */
export class MountNamespace {
  root: Mount;
  /** In the order of mounting, the root first. */
  mounts: Mount[];

  constructor(root: Mount) {
    this.root = root;
    this.mounts = [root];
  }

  /** Puts `mount` on the directory (or for a bind mount of a file, the file) at `at`. */
  attach(mount: Mount, at: Path): void {
    mount.parent = at.mount;
    mount.mountpoint = at.dentry;
    at.dentry.mountCount++;
    at.dentry.keep();
    at.mount.children.push(mount);
    this.mounts.push(mount);
  }

  /** Takes `mount` out of the tree. @errors EINVAL the root; EBUSY while it is in use or has mounts on it */
  detach(mount: Mount): void {
    if (mount.parent === null || mount.mountpoint === null) throw new SysError(EINVAL, 'umount2: the root mount stays');
    if (mount.children.length !== 0 || mount.users !== 0) throw new SysError(EBUSY, 'umount2: in use');
    this.remove(mount);
  }

  /** Takes `mount` and all on it out of the tree, in use or not (MNT_DETACH). */
  detachLazily(mount: Mount): void {
    if (mount.parent === null) throw new SysError(EINVAL, 'umount2: the root mount stays');
    for (const child of [...mount.children]) this.detachLazily(child);
    this.remove(mount);
  }

  remove(mount: Mount): void {
    const parent = mount.parent;
    if (parent === null || mount.mountpoint === null) throw new SysError(ENOENT, 'umount2: not mounted');
    mount.mountpoint.mountCount--;
    parent.children.splice(parent.children.indexOf(mount), 1);
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    mount.parent = null;
    mount.mountpoint = null;
  }

  /** Where `mount` lies as seen from `root`; null when it is not under it. */
  mountpointName(mount: Mount, root: Path): ByteString | null {
    if (mount === root.mount) return root.dentry === mount.root ? '/' : null;
    if (mount.parent === null || mount.mountpoint === null) return null;
    const name = describePath(new Path(mount, mount.root), root);
    return name;
  }
}

const FLAG_NAMES: readonly (readonly [number, ByteString])[] = [
  [MS_NOSUID, 'nosuid'],
  [MS_NODEV, 'nodev'],
  [MS_NOEXEC, 'noexec'],
  [MS_NOATIME, 'noatime'],
  [MS_NODIRATIME, 'nodiratime'],
  [MS_RELATIME, 'relatime'],
];

/** The options of a mount alone, as /proc/mounts begins them: `rw,nosuid,relatime`. */
export function mountOptions(mount: Mount): ByteString {
  let text = mount.isReadOnly() ? 'ro' : 'rw';
  for (const [flag, name] of FLAG_NAMES) if ((mount.flags & flag) !== 0) text += `,${name}`;
  return text;
}

/** A name in /proc/mounts: blanks, tabs, newlines, backslashes and hashes in octal. */
export function escapeMountField(text: ByteString): ByteString {
  return text.replace(/[ \t\n\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

defineState(Mount, 'Mount', 1, {
  id: u32,
  fileSystem: ref<FileSystem>('FileSystem'),
  root: ref<Dentry>('Dentry'),
  flags: u32,
  source: byteString,
  parent: optional(ref<Mount>('Mount')),
  mountpoint: optional(ref<Dentry>('Dentry')),
  children: list(ref<Mount>('Mount')),
  users: u32,
});

defineState(MountNamespace, 'MountNamespace', 1, { root: ref<Mount>('Mount'), mounts: list(ref<Mount>('Mount')) });
