/**
 * Names. Dentries are the tree of names and the truth about where things are: `getcwd`, `/proc/PID/fd` and rename
 * read and write here. An inode knows nothing of its names.
 */

import type { ByteString } from '../../base/bytes.ts';
import { bool, byteString, defineState, optional, ref, u32, int } from '../../state/index.ts';
import { makeKind } from '../../state/kinds.ts';
import { panic } from '../../base/errors.ts';
import type { Inode } from './inode.ts';
import type { Mount } from './mount.ts';

/**
 * One name in a directory. A directory has exactly one dentry, a file one for each hard link.
 *
 * `children` holds the entries that are in memory: all of them in a tmpfs, those looked at so far where the file
 * system can make the rest again (rootfs, host volumes).
 */
export class Dentry {
  /** Empty for the root of a file system. */
  name: ByteString;
  /** Null for the root of a file system, and for what has no place (memfd, O_TMPFILE). */
  parent: Dentry | null;
  inode: Inode;
  /** Entries by name in ascending `position`; null until there is one. */
  children: Map<ByteString, Dentry> | null = null;
  /** Place among its siblings: the offset that getdents64 tells. Unique in the directory, 2 or more. */
  position = 0;
  /** Mounts whose mountpoint this is. */
  mountCount = 0;
  /** Removed from its directory, or replaced there; the name stays, for "(deleted)". */
  isUnlinked = false;
  /** Whether a checkpoint must hold it though nothing refers to it: false for what the file system can make again. */
  isKept = true;

  constructor(name: ByteString, parent: Dentry | null, inode: Inode) {
    this.name = name;
    this.parent = parent;
    this.inode = inode;
  }

  /** The entry `name` among those in memory, or null. */
  child(name: ByteString): Dentry | null {
    return this.children?.get(name) ?? null;
  }

  /** Makes `child` an entry of this directory under its name. */
  attach(child: Dentry): void {
    if (this.children === null) this.children = new Map();
    child.parent = this;
    child.isUnlinked = false;
    this.children.set(child.name, child);
    if (child.isKept) this.keep();
  }

  /** Takes `child` out; it keeps its name and parent, for "(deleted)". */
  detach(child: Dentry): void {
    this.children?.delete(child.name);
    child.isUnlinked = true;
  }

  /** Marks this entry and the directories above as ones that a checkpoint must hold. */
  keep(): void {
    for (let at: Dentry | null = this; at !== null && !at.isKept; at = at.parent) at.isKept = true;
  }

  /** Whether this is `ancestor` or lies under it. */
  isUnder(ancestor: Dentry): boolean {
    for (let at: Dentry | null = this; at !== null; at = at.parent) if (at === ancestor) return true;
    return false;
  }
}

/** A place: a name as seen through a mount. Immutable. */
export class Path {
  mount: Mount;
  dentry: Dentry;

  constructor(mount: Mount, dentry: Dentry) {
    this.mount = mount;
    this.dentry = dentry;
  }

  equals(other: Path): boolean {
    return this.dentry === other.dentry && this.mount === other.mount;
  }
}

/**
 * The absolute name of `path` as seen from `root`, with " (deleted)" where it was removed.
 *
 * @returns null when `path` does not lie under `root` (getcwd(2) says "(unreachable)")
 */
export function pathName(path: Path, root: Path): ByteString | null {
  let text = '';
  let mount = path.mount;
  let dentry = path.dentry;
  while (dentry !== root.dentry || mount !== root.mount) {
    if (dentry === mount.root) {
      if (mount.parent === null || mount.mountpoint === null) return null;
      dentry = mount.mountpoint;
      mount = mount.parent;
      continue;
    }
    if (dentry.parent === null) return null;
    text = `/${dentry.name}${text}`;
    dentry = dentry.parent;
  }
  if (text === '') text = '/';
  return isDeleted(path.dentry) ? `${text} (deleted)` : text;
}

/** As `pathName`, but with a name for every path: what lies outside `root` is shown from the top of its mounts. */
export function describePath(path: Path, root: Path): ByteString {
  const name = pathName(path, root);
  if (name !== null) return name;
  let text = '';
  let mount = path.mount;
  let dentry = path.dentry;
  for (;;) {
    if (dentry === mount.root && mount.parent !== null && mount.mountpoint !== null) {
      dentry = mount.mountpoint;
      mount = mount.parent;
    } else if (dentry.parent === null) {
      break;
    } else {
      text = `/${dentry.name}${text}`;
      dentry = dentry.parent;
    }
  }
  if (text === '') text = `/${dentry.name}`;
  return isDeleted(path.dentry) ? `${text} (deleted)` : text;
}

/** Whether the name is gone: removed itself, or the directory it was in. */
export function isDeleted(dentry: Dentry): boolean {
  return dentry.isUnlinked;
}

/** Entries of a directory that a checkpoint must hold; others come again from where the file system has them. */
const keptChildren = makeKind<Map<ByteString, Dentry> | null>(
  'keptChildren',
  (writer, value) => {
    if (value === null) {
      writer.int(0);
      return;
    }
    let kept = 0;
    for (const child of value.values()) if (child.isKept) kept++;
    writer.int(kept + 1);
    for (const child of value.values()) {
      if (!child.isKept) continue;
      writer.string(child.name);
      writer.object(child);
    }
  },
  (reader) => {
    const header = reader.count();
    if (header === 0) return null;
    const children = new Map<ByteString, Dentry>();
    for (let i = 1; i < header; i++) {
      const name = reader.string(false);
      const child = reader.object();
      if (child instanceof Dentry) children.set(name, child);
      else reader.refuse('an entry of a directory is not a dentry');
    }
    if (children.size !== header - 1) reader.refuse('a directory with one name twice');
    return children;
  },
);

defineState(
  Dentry,
  'Dentry',
  1,
  {
    name: byteString,
    parent: optional(ref<Dentry>('Dentry')),
    inode: ref<Inode>('Inode'),
    children: keptChildren,
    position: int,
    mountCount: u32,
    isUnlinked: bool,
    isKept: bool,
  },
  {
    // An entry that was saved only because something refers to it takes its place again, so that no second one is made for it.
    afterLoad: (self) => {
      const parent = self.parent;
      if (parent === null || self.isUnlinked || self.isKept || !parent.inode.cachesNames()) return;
      if (parent.children === null) parent.children = new Map();
      const present = parent.children.get(self.name);
      if (present !== undefined && present !== self) panic(`two entries for ${self.name}`);
      parent.children.set(self.name, self);
    },
  },
);

defineState(Path, 'Path', 1, { mount: ref<Mount>('Mount'), dentry: ref<Dentry>('Dentry') });
