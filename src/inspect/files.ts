import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFSOCK } from '../abi/stat.ts';
import { textFromByteString } from '../base/bytes.ts';
import type { ByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import { RootInode } from '../sentry/fs/rootfs/root-inode.ts';
import { PagedInode } from '../sentry/fs/tmpfs/paged-inode.ts';
import type { Inode } from '../sentry/vfs/inode.ts';
import { MountNamespace, mountOptions } from '../sentry/vfs/mount.ts';
import type { Mount } from '../sentry/vfs/mount.ts';
import type { Dentry } from '../sentry/vfs/path.ts';
import type { InspectedImage } from './image.ts';
import { Names } from './names.ts';
import type { FileReport, MountReport } from './report.ts';

/** Beyond it a directory is told without what is in it: programs cannot open paths a quarter as long. */
const LONGEST_PATH = 16_384;
/** All paths of one image together. */
const MOST_PATH_BYTES = 64 << 20;

/** A name that is not as in the base image. */
export interface ChangedFile {
  /** Absolute, as a byte string. */
  readonly path: ByteString;
  readonly change: FileReport['change'];
  /** Null for one that is gone. */
  readonly inode: PagedInode | null;
}

/** What the container's file systems have otherwise than the base image, by path; devices that every container has are left out. */
export function changedFiles(image: InspectedImage): Map<ByteString, ChangedFile> {
  const names = new Names(image.kernel);
  const found = new Map<ByteString, ChangedFile>();
  const seen = new Set<Dentry>();
  let pathBytes = 0;
  for (const mount of mountsOf(image).mounts) {
    const at = names.mountpoint(mount);
    if (at === null || !(mount.root.inode instanceof PagedInode)) continue;
    const isDev = mount.source === 'devtmpfs';
    walk(mount.root, byteName(mount), seen, (file, dentry, depth) => {
      if (isDev && depth === 1 && isStandardDevice(dentry)) return;
      pathBytes += file.path.length;
      if (pathBytes > MOST_PATH_BYTES) throw new ImageError('section kernel', `the names of files are more than ${MOST_PATH_BYTES} bytes together`);
      found.set(file.path, file);
    });
  }
  return found;
}

export function fileReports(image: InspectedImage): FileReport[] {
  return [...changedFiles(image).values()]
    .map((file) => reportOfFile(file, image.base))
    .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function reportOfFile({ path, change, inode }: ChangedFile, base: BaseTree | null): FileReport {
  const stat = inode === null ? (base?.stat(path) ?? null) : inode;
  return {
    path: textFromByteString(path),
    change,
    kind: stat === null ? 'unknown' : kindOfMode(stat.mode),
    sizeBytes: stat?.sizeBytes ?? null,
    mode: stat === null ? 0 : stat.mode & 0o7777,
  };
}

export function kindOfMode(mode: number): FileReport['kind'] {
  switch (mode & S_IFMT) {
    case S_IFDIR: return 'directory';
    case S_IFLNK: return 'symlink';
    case S_IFIFO: return 'fifo';
    case S_IFSOCK: return 'socket';
    case S_IFCHR:
    case S_IFBLK: return 'device';
    default: return 'file';
  }
}

export function mountReports(image: InspectedImage): MountReport[] {
  const names = new Names(image.kernel);
  const reports: MountReport[] = [];
  for (const mount of mountsOf(image).mounts) {
    const path = names.mountpoint(mount);
    if (path === null) continue;
    const more = mount.fileSystem.options();
    reports.push({
      path, type: textFromByteString(mount.fileSystem.typeName), source: textFromByteString(mount.source), options: `${mountOptions(mount)}${more === '' ? '' : `,${more}`}`,
    });
  }
  return reports;
}

function mountsOf({ kernel }: InspectedImage): MountNamespace {
  return kernel.services.get('mounts', MountNamespace);
}

/** Goes through the names below `root` that are in memory; those of the base that were never changed are not told. */
function walk(root: Dentry, prefix: ByteString, seen: Set<Dentry>, tell: (file: ChangedFile, dentry: Dentry | null, depth: number) => void): void {
  const waiting = [{ dentry: root, path: prefix, depth: 0 }];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    const { dentry, path, depth } = at;
    if (seen.has(dentry)) continue;
    seen.add(dentry);
    const directory = dentry.inode;
    const hidden = directory instanceof RootInode ? directory.hiddenNames : null;
    for (const name of hidden ?? []) {
      if (dentry.children?.has(name) !== true) tell({ path: `${path}/${name}`, change: 'removed', inode: null }, null, depth + 1);
    }
    for (const [name, child] of dentry.children ?? []) {
      const { inode } = child;
      if (!(inode instanceof PagedInode)) throw new ImageError('section kernel', 'a directory in memory has a node of another file system');
      const childPath = `${path}/${name}`;
      const change = changeOf(inode, childPath, hidden?.has(name) === true);
      if (change !== null) tell({ path: childPath, change, inode }, child, depth + 1);
      if (inode.isDirectory() && childPath.length <= LONGEST_PATH) waiting.push({ dentry: child, path: childPath, depth: depth + 1 });
    }
  }
}

function changeOf(inode: Inode, path: ByteString, wasInBase: boolean): 'added' | 'changed' | null {
  const isOfBase = inode instanceof RootInode && inode.basePath === path;
  if (isOfBase) return inode.isChanged ? 'changed' : null;
  return wasInBase ? 'changed' : 'added';
}

/** The place of a mount as the beginning of paths: '' for the root. */
function byteName(mount: Mount): ByteString {
  let text = '';
  for (let at: Mount = mount; at.parent !== null && at.mountpoint !== null; at = at.parent) {
    for (let dentry: Dentry = at.mountpoint; dentry !== at.parent.root && dentry.parent !== null; dentry = dentry.parent) text = `/${dentry.name}${text}`;
  }
  return text;
}

/** Nodes and links that /dev has from the beginning. */
function isStandardDevice(dentry: Dentry | null): boolean {
  if (dentry === null) return false;
  const kind = kindOfMode(dentry.inode.mode);
  return kind === 'device' || kind === 'symlink' || (kind === 'directory' && (dentry.mountCount > 0 || (dentry.children?.size ?? 0) === 0));
}
