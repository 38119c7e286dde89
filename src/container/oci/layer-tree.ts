/**
 * Lays an image's layers over each other: the file tree that a container's root begins with.
 *
 * A layer's entries are applied in order, as if unpacked below a root directory that nothing can leave: a `..` or an
 * absolute name is refused, and a symbolic link met on the way to an entry's parent leads no higher than the root.
 */
import type { ByteString } from '../../base/bytes.ts';
import { ImageError } from '../../base/errors.ts';
import { shownName, type TarEntry } from './tar.ts';

/** An inode of the tree; hard links are several names of one. */
export interface TreeNode {
  readonly type: TarEntry['type'];
  readonly inode: number;
  mode: number;
  uid: number;
  gid: number;
  mtimeNs: bigint;
  readonly rdev: number;
  readonly data: Uint8Array;
  /** Target of a symbolic link. */
  readonly target: ByteString;
  /** By name; null for all but directories. */
  readonly children: Map<ByteString, TreeNode> | null;
  /** The last layer that named it or something in it; whiteouts of a layer hide only what lower ones brought. */
  layer: number;
  /** The last layer that emptied it of what lower ones brought; −1 before any did. */
  emptiedBy: number;
}

const WHITEOUT = '.wh.';
const WHITEOUT_OPAQUE = '.wh..wh..opq';
const WHITEOUT_INTERNAL = '.wh..wh.';
const NAME_LIMIT_BYTES = 255;
const PATH_LIMIT_BYTES = 4095;
const LINK_LIMIT = 40;

/** Most entries taken from all layers together: far above any real image, below what exhausts memory. */
const ENTRY_LIMIT = 2_000_000;

/** Builds the tree. Call `applyEntry` for every entry, layer by layer, lowest first. */
export class LayerTree {
  readonly root: TreeNode;
  private inodes = 0;
  private entries = 0;

  constructor() {
    this.root = this.newNode({ type: 'directory', mode: 0o755, layer: 0 });
  }

  /**
   * Applies one entry.
   *
   * @param layer  number of its layer, 0 for the lowest
   * @param place  what a message calls the layer
   * @errors       ImageError for a name that leaves the root, is too long, or whose parent is no directory; for a hard
   *               link to nothing or to a directory; for too many entries
   * @source       OCI image specification 1.1, "Image Layer Filesystem Changeset"
   */
  applyEntry(entry: TarEntry, layer: number, place: string): void {
    const where = `${place}: entry ${shownName(entry.name)}`;
    if (++this.entries > ENTRY_LIMIT) throw new ImageError(where, `is beyond the limit of ${ENTRY_LIMIT} entries`);
    const names = namesOf(entry.name, where);
    const name = names.pop();
    if (name === undefined) {
      if (entry.type !== 'directory') throw new ImageError(where, 'would replace the root directory');
      setAttributes(this.root, entry, layer);
      return;
    }
    const parent = this.directoryAt(names, layer, where);
    if (name.startsWith(WHITEOUT)) {
      applyWhiteout(parent, name, layer, where);
      return;
    }
    const children = parent.children!;
    const old = children.get(name);
    if (entry.type === 'directory' && old?.type === 'directory') {
      setAttributes(old, entry, layer);
      return;
    }
    if (entry.type === 'symlink') checkTarget(entry.linkName, where);
    children.set(name, entry.type === 'link' ? this.linkTarget(entry, layer, where) : this.nodeOf(entry, layer));
  }

  private nodeOf(entry: TarEntry, layer: number): TreeNode {
    return this.newNode({
      type: entry.type,
      mode: entry.mode,
      uid: entry.uid,
      gid: entry.gid,
      mtimeNs: entry.mtimeNs,
      rdev: deviceNumber(entry.major, entry.minor),
      data: entry.data,
      target: entry.linkName,
      layer,
    });
  }

  /** What a hard link's entry repeats: an inode that an earlier entry made. */
  private linkTarget(entry: TarEntry, layer: number, where: string): TreeNode {
    const names = namesOf(entry.linkName, `${where}: link target ${shownName(entry.linkName)}`);
    const name = names.pop();
    const directory = this.find(names, where);
    const node = name === undefined ? this.root : directory?.children?.get(name);
    if (node === undefined) throw new ImageError(where, `is a hard link to ${shownName(entry.linkName)}, which is not there`);
    if (node.children !== null) throw new ImageError(where, `is a hard link to the directory ${shownName(entry.linkName)}`);
    node.layer = layer;
    return node;
  }

  /** The directory that `names` lead to, made where it is missing, as tar does it. */
  private directoryAt(names: readonly ByteString[], layer: number, where: string): TreeNode {
    const made = (parent: TreeNode, name: ByteString) => {
      const directory = this.newNode({ type: 'directory', mode: 0o755, layer });
      parent.children!.set(name, directory);
      return directory;
    };
    return this.walk(names, where, made, (passed) => {
      passed.layer = layer;
    })!;
  }

  private find(names: readonly ByteString[], where: string): TreeNode | undefined {
    return this.walk(names, where, () => undefined);
  }

  /** Follows `names` from the root, through symbolic links; `missing` says what stands for a name that is not there, `passing` is told of each directory gone into. */
  private walk(
    names: readonly ByteString[],
    where: string,
    missing: (parent: TreeNode, name: ByteString) => TreeNode | undefined,
    passing: (directory: TreeNode) => void = () => {},
  ): TreeNode | undefined {
    const path = [this.root];
    const rest = [...names].reverse();
    let links = 0;
    for (let name = rest.pop(); name !== undefined; name = rest.pop()) {
      if (name === '..') {
        if (path.length > 1) path.pop();
        continue;
      }
      const parent = path[path.length - 1]!;
      const node = parent.children!.get(name) ?? missing(parent, name);
      if (node === undefined) return undefined;
      if (node.type === 'symlink') {
        if (++links > LINK_LIMIT) throw new ImageError(where, `more than ${LINK_LIMIT} symbolic links on the way to it`);
        if (node.target.startsWith('/')) path.length = 1;
        rest.push(...componentsOf(node.target).reverse());
      } else if (node.children === null) {
        throw new ImageError(where, `${shownName(name)} on the way to it is not a directory`);
      } else {
        passing(node);
        path.push(node);
      }
    }
    return path[path.length - 1];
  }

  private newNode(given: Partial<TreeNode> & Pick<TreeNode, 'type' | 'mode' | 'layer'>): TreeNode {
    this.inodes++;
    return {
      uid: 0,
      gid: 0,
      mtimeNs: 0n,
      rdev: 0,
      data: EMPTY_DATA,
      target: '',
      ...given,
      inode: this.inodes,
      emptiedBy: -1,
      children: given.type === 'directory' ? new Map() : null,
    };
  }
}

const EMPTY_DATA = new Uint8Array(0);

/** The components of an entry's name; none for the root itself. */
function namesOf(name: ByteString, where: string): ByteString[] {
  if (name.startsWith('/')) throw new ImageError(where, 'has an absolute name');
  if (name === '') throw new ImageError(where, 'has no name');
  if (name.length > PATH_LIMIT_BYTES) throw new ImageError(where, `has a name of ${name.length} bytes, the limit is ${PATH_LIMIT_BYTES}`);
  if (name.includes('\0')) throw new ImageError(where, 'has a NUL in its name');
  const names = componentsOf(name);
  for (const part of names) {
    if (part === '..') throw new ImageError(where, 'leads out of the root with `..`');
    if (part.length > NAME_LIMIT_BYTES) throw new ImageError(where, `has a component of ${part.length} bytes, the limit is ${NAME_LIMIT_BYTES}`);
  }
  return names;
}

function checkTarget(target: ByteString, where: string): void {
  if (target === '') throw new ImageError(where, 'is a symbolic link to nothing');
  if (target.length > PATH_LIMIT_BYTES) throw new ImageError(where, `is a symbolic link of ${target.length} bytes, the limit is ${PATH_LIMIT_BYTES}`);
}

function componentsOf(path: ByteString): ByteString[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

function setAttributes(node: TreeNode, entry: TarEntry, layer: number): void {
  node.mode = entry.mode;
  node.uid = entry.uid;
  node.gid = entry.gid;
  node.mtimeNs = entry.mtimeNs;
  node.layer = layer;
}

function applyWhiteout(parent: TreeNode, name: ByteString, layer: number, where: string): void {
  if (name === WHITEOUT_OPAQUE) {
    hideLower(parent, layer);
    return;
  }
  if (name.startsWith(WHITEOUT_INTERNAL)) return; // bookkeeping of the layer's maker
  const hidden = name.slice(WHITEOUT.length);
  if (hidden === '' || hidden === '.' || hidden === '..') throw new ImageError(where, 'is a whiteout of nothing');
  const node = parent.children!.get(hidden);
  if (node === undefined) return;
  if (node.layer < layer) parent.children!.delete(hidden);
  else hideLower(node, layer);
}

/** Removes from a directory what lower layers brought, all the way down; once a layer, for it can bring back nothing. */
function hideLower(directory: TreeNode, layer: number): void {
  const pending = [directory];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (node.children === null || node.emptiedBy === layer) continue;
    node.emptiedBy = layer;
    for (const [name, child] of node.children) {
      if (child.layer < layer) node.children.delete(name);
      else pending.push(child);
    }
  }
}

/** A device number in Linux's encoding of 32 bits, as stat(2) returns it. */
function deviceNumber(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}
