import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_RELATIME } from '../abi/fs.ts';
import { S_IFDIR } from '../abi/stat.ts';
import type { ByteString } from '../base/bytes.ts';
import type { Core } from '../core/core.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import type { Entropy } from '../ports/entropy.ts';
import { makeDevFs, registerMemoryDevices } from './fs/devfs/devfs.ts';
import { DevPts } from './fs/devpts/devpts.ts';
import { FifoOpener } from './fs/fifo.ts';
import { ProcFs } from './fs/procfs/procfs.ts';
import { RootFs } from './fs/rootfs/rootfs.ts';
import { SysFs } from './fs/sysfs/sysfs.ts';
import { Tmpfs } from './fs/tmpfs/tmpfs.ts';
import { ProcNetTables } from './net/proc-tables.ts';
import { NetStack } from './net/stack.ts';
import { AnonFileSystem } from './vfs/anon.ts';
import { FsContext } from './vfs/fs-context.ts';
import type { FileSystem } from './vfs/file-system.ts';
import { Mount, MountNamespace } from './vfs/mount.ts';
import { Path } from './vfs/path.ts';
import type { Dentry } from './vfs/path.ts';
import { SystemCaller } from './vfs/system-caller.ts';
import { Vfs } from './vfs/vfs.ts';
import { Kernel } from './task/kernel.ts';
import { KernelProcView } from './task/proc-view.ts';
import { Services } from './task/services.ts';
import { TerminalServices } from './tty/terminal-services.ts';

/** `f_type` of what sockets live in. */
const SOCKFS_MAGIC = 0x534f434b;

/** What a kernel is made over. */
export interface BootRequest {
  readonly core: Core;
  readonly entropy: Entropy;
  readonly base: BaseTree;
  readonly hostname: string;
  /** CLOCK_REALTIME at the start, ns since 1970. */
  readonly realtimeNs: bigint;
}

/** A kernel with its root file system and the mounts that every container has, and no process yet. */
export function bootKernel(request: BootRequest): Kernel {
  const terminals = new TerminalServices();
  const services = new Services(terminals);
  const kernel = new Kernel(request.core, services, request.entropy);
  kernel.names.hostname = request.hostname;
  kernel.clock.realtimeOffsetNs = request.realtimeNs;
  const vfs = new Vfs(request.core, kernel.clock, kernel);
  const rootFs = new RootFs(vfs, request.base);
  const root = new Mount(vfs.nextMountId(), rootFs, rootFs.root!, MS_RELATIME, 'overlay');
  const mounts = new MountNamespace(root);
  services.set('vfs', vfs);
  services.set('mounts', mounts);
  const memory = new Tmpfs(vfs);
  services.set('memory', memory);
  const net = new NetStack(new AnonFileSystem(vfs, 'sockfs', SOCKFS_MAGIC), kernel.clock, kernel.timers);
  services.set('net', net);
  registerMemoryDevices(vfs, kernel, memory);
  vfs.devices.fifos = new FifoOpener();
  const mounter = new Mounter(vfs, mounts);
  const dev = mounter.mount(root, 'dev', makeDevFs(vfs), MS_NOSUID, 'devtmpfs');
  const devPts = new DevPts(vfs);
  terminals.install(vfs, devPts, mounter.mount(dev, 'pts', devPts, MS_NOSUID | MS_NOEXEC, 'devpts'));
  mounter.mount(dev, 'shm', new Tmpfs(vfs), MS_NOSUID | MS_NODEV, 'tmpfs');
  const view = new KernelProcView(kernel);
  view.network = new ProcNetTables(net);
  mounter.mount(root, 'proc', new ProcFs(vfs, view), MS_NOSUID | MS_NODEV | MS_NOEXEC, 'proc');
  mounter.mount(root, 'sys', new SysFs(vfs, view), MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY, 'sysfs');
  kernel.fs = new FsContext(root.rootPath(), root.rootPath(), 0o022);
  return kernel;
}

/** Mounts what every container has. */
class Mounter {
  private readonly vfs: Vfs;
  private readonly mounts: MountNamespace;

  constructor(vfs: Vfs, mounts: MountNamespace) {
    this.vfs = vfs;
    this.mounts = mounts;
  }

  /** Mounts `fileSystem` on the directory `name` at the top of `parent`, which is made where it is missing. */
  mount(parent: Mount, name: ByteString, fileSystem: FileSystem, flags: number, source: ByteString): Mount {
    const mount = new Mount(this.vfs.nextMountId(), fileSystem, fileSystem.root!, flags | MS_RELATIME, source);
    this.mounts.attach(mount, new Path(parent, directoryIn(parent.root, name)));
    return mount;
  }
}

function directoryIn(parent: Dentry, name: ByteString): Dentry {
  const caller = new SystemCaller();
  const present = parent.inode.lookup(parent, name, caller);
  if (present !== null && present.inode.isDirectory()) return present;
  if (present !== null) parent.inode.unlink(parent, present);
  return parent.inode.create(parent, name, { mode: S_IFDIR | 0o755, uid: 0, gid: 0, rdev: 0, target: '' });
}
