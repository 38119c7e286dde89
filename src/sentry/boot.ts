import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RELATIME } from '../abi/fs.ts';
import type { Core } from '../core/core.ts';
import type { BaseTree } from '../ports/base-tree.ts';
import type { Entropy } from '../ports/entropy.ts';
import { RootFs } from './fs/rootfs/rootfs.ts';
import { Tmpfs } from './fs/tmpfs/tmpfs.ts';
import { FsContext } from './vfs/fs-context.ts';
import { Mount, MountNamespace } from './vfs/mount.ts';
import { Vfs } from './vfs/vfs.ts';
import { Kernel } from './task/kernel.ts';
import { Services } from './task/services.ts';
import { TerminalServices } from './tty/terminal-services.ts';

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
  const services = new Services(new TerminalServices());
  const kernel = new Kernel(request.core, services, request.entropy);
  kernel.names.hostname = request.hostname;
  kernel.clock.realtimeOffsetNs = request.realtimeNs;
  const vfs = new Vfs(request.core, kernel.clock, kernel);
  const rootFs = new RootFs(vfs, request.base);
  const root = new Mount(vfs.nextMountId(), rootFs, rootFs.root!, MS_RELATIME, 'overlay');
  const mounts = new MountNamespace(root);
  services.set('vfs', vfs);
  services.set('mounts', mounts);
  services.set('memory', new Tmpfs(vfs));
  kernel.fs = new FsContext(root.rootPath(), root.rootPath(), 0o022);
  void MS_NODEV;
  void MS_NOEXEC;
  void MS_NOSUID;
  return kernel;
}
