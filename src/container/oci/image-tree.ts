import type { ByteString } from '../../base/bytes.ts';
import { panic } from '../../base/errors.ts';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFLNK, S_IFREG } from '../../abi/stat.ts';
import type { BaseStat, BaseTree } from '../../ports/base-tree.ts';
import type { TreeNode } from './layer-tree.ts';
import type { TarEntryType } from './tar.ts';

const TYPE_BITS: Readonly<Record<TarEntryType, number>> = {
  file: S_IFREG,
  link: S_IFREG,
  directory: S_IFDIR,
  symlink: S_IFLNK,
  character: S_IFCHR,
  block: S_IFBLK,
  fifo: S_IFIFO,
};

/** The files of an OCI image, held in memory: the base that a container's root is laid over. */
export class ImageTree implements BaseTree {
  readonly digest: string;
  private readonly root: TreeNode;
  /** Names of each file, by inode. */
  private readonly namesByInode = new Map<number, number>();

  /**
   * @param digest  of the image's configuration, which names the contents of all layers: `sha256:…`
   * @param root    what `LayerTree` has built; not changed any more
   */
  constructor(digest: string, root: TreeNode) {
    this.digest = digest;
    this.root = root;
    this.countNames(root);
  }

  stat(path: ByteString): BaseStat | null {
    const node = this.nodeAt(path);
    if (node === null) return null;
    return {
      mode: TYPE_BITS[node.type] | node.mode,
      uid: node.uid,
      gid: node.gid,
      sizeBytes: node.type === 'symlink' ? node.target.length : node.data.length,
      mtimeNs: node.mtimeNs,
      rdev: node.rdev,
      key: String(node.inode),
      nlink: this.nlinkOf(node),
    };
  }

  list(path: ByteString): readonly ByteString[] {
    const children = this.nodeAt(path)?.children ?? panic(`list of ${JSON.stringify(path)}, which is no directory of the image`);
    return [...children.keys()].sort();
  }

  readlink(path: ByteString): ByteString {
    const node = this.nodeAt(path);
    if (node?.type !== 'symlink') panic(`readlink of ${JSON.stringify(path)}, which is no symbolic link of the image`);
    return node.target;
  }

  read(path: ByteString, offset: number, dst: Uint8Array): number {
    const node = this.nodeAt(path);
    if (node?.type !== 'file') panic(`read of ${JSON.stringify(path)}, which is no file of the image`);
    const part = node.data.subarray(offset, offset + dst.length);
    dst.set(part);
    return part.length;
  }

  private countNames(directory: TreeNode): void {
    for (const child of directory.children?.values() ?? []) {
      if (child.children !== null) this.countNames(child);
      else this.namesByInode.set(child.inode, (this.namesByInode.get(child.inode) ?? 0) + 1);
    }
  }

  /** Number of names; of a directory 2 and one for each directory in it. */
  private nlinkOf(node: TreeNode): number {
    if (node.children === null) return this.namesByInode.get(node.inode) ?? 1;
    let count = 2;
    for (const child of node.children.values()) if (child.children !== null) count++;
    return count;
  }

  private nodeAt(path: ByteString): TreeNode | null {
    let node = this.root;
    if (path === '') return node;
    for (const name of path.slice(1).split('/')) {
      const child = node.children?.get(name);
      if (child === undefined) return null;
      node = child;
    }
    return node;
  }
}
