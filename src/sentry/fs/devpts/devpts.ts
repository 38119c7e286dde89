import { ENXIO } from '../../../abi/errno.ts';
import { DEVPTS_SUPER_MAGIC } from '../../../abi/fs.ts';
import { makeDevice, S_IFCHR, S_IFDIR } from '../../../abi/stat.ts';
import type { ByteString } from '../../../base/bytes.ts';
import { SysError } from '../../../base/errors.ts';
import { defineState, extend, u32 } from '../../../state/index.ts';
import type { Caller } from '../../vfs/caller.ts';
import { DirectoryFile } from '../../vfs/directory-file.ts';
import type { FileDescription } from '../../vfs/file-description.ts';
import { FileSystem, fileSystemState } from '../../vfs/file-system.ts';
import type { FileSystemStatistics } from '../../vfs/file-system.ts';
import { Inode, inodeState } from '../../vfs/inode.ts';
import type { EntrySink } from '../../vfs/inode.ts';
import { Dentry } from '../../vfs/path.ts';
import type { Path } from '../../vfs/path.ts';
import type { Vfs } from '../../vfs/vfs.ts';

const PTMX_DEVICE = makeDevice(5, 2);
/** Positions of entries: `.` and `..` have 0 and 1, ptmx 2, slave n has n + 3. */
const PTMX_POSITION = 2;
const FIRST_SLAVE_POSITION = 3;

/** The directory of a devpts: names come and go with the ptys, nobody makes them by hand. */
export class DevPtsDirectory extends Inode {
  override lookup(dir: Dentry, name: ByteString, caller: Caller): Dentry | null {
    void caller;
    return dir.child(name);
  }

  override list(dir: Dentry, position: number, caller: Caller, emit: EntrySink): void {
    void caller;
    const children = [...(dir.children?.values() ?? [])].sort((a, b) => a.position - b.position);
    for (const child of children) {
      if (child.position < position) continue;
      if (!emit(child.name, child.inode.ino, child.inode.mode, child.position + 1)) return;
    }
  }

  override open(path: Path | null, statusFlags: number): FileDescription {
    return new DirectoryFile(this, path, statusFlags);
  }
}

/** A node of a devpts: ptmx, or a slave. */
export class DevPtsNode extends Inode {
  override open(path: Path | null, statusFlags: number, openFlags: number, caller: Caller): FileDescription {
    if (this.nlink === 0) throw new SysError(ENXIO, 'open: the pty is gone');
    return this.fileSystem.vfs.devices.characterDevice(this.rdev).open(this, path, statusFlags, openFlags, caller);
  }
}

/** Nodes of pseudoterminals: the file system on /dev/pts. */
export class DevPts extends FileSystem {
  /** Permission bits and group of slaves. */
  slaveMode: number;
  slaveGid: number;

  constructor(vfs: Vfs, slaveMode = 0o620, slaveGid = 5, ptmxMode = 0o666) {
    super(vfs, 'devpts', DEVPTS_SUPER_MAGIC);
    this.slaveMode = slaveMode;
    this.slaveGid = slaveGid;
    const directory = new DevPtsDirectory(this, this.nextIno(), S_IFDIR | 0o755);
    directory.nlink = 2;
    this.root = new Dentry('', null, directory);
    const ptmx = new DevPtsNode(this, this.nextIno(), S_IFCHR | ptmxMode);
    ptmx.rdev = PTMX_DEVICE;
    this.enter('ptmx', ptmx, PTMX_POSITION);
  }

  addNode(index: number, device: number, uid: number): void {
    const node = new DevPtsNode(this, this.nextIno(), S_IFCHR | this.slaveMode);
    node.rdev = device;
    node.uid = uid;
    node.gid = this.slaveGid;
    this.enter(`${index}`, node, FIRST_SLAVE_POSITION + index);
  }

  removeNode(index: number): void {
    const dentry = this.root?.child(`${index}`) ?? null;
    if (dentry === null) return;
    this.root?.detach(dentry);
    dentry.inode.nlink = 0;
  }

  nodeDentry(index: number): Dentry | null {
    return this.root?.child(`${index}`) ?? null;
  }

  override options(): ByteString {
    return `gid=${this.slaveGid},mode=${this.slaveMode.toString(8)},ptmxmode=666`;
  }

  override statistics(): FileSystemStatistics {
    return { blockBytes: 1024, blocks: 0, freeBlocks: 0, files: 0, freeFiles: 0, nameMaxBytes: 255 };
  }

  enter(name: ByteString, node: DevPtsNode, position: number): void {
    const dentry = new Dentry(name, this.root, node);
    dentry.position = position;
    this.root?.attach(dentry);
  }
}

defineState(DevPtsDirectory, 'DevPtsDirectory', 1, extend(inodeState, {}));
defineState(DevPtsNode, 'DevPtsNode', 1, extend(inodeState, {}));
defineState(DevPts, 'DevPts', 1, extend(fileSystemState, { slaveMode: u32, slaveGid: u32 }));
