import { errnoName } from '../abi/errno.ts';
import { byteStringFromText } from '../base/bytes.ts';
import { ImageError, SysError } from '../base/errors.ts';
import { NodeVolume } from '../host/node/volume.ts';
import { mountVolume } from '../sentry/fs/hostfs/mount-volume.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { MountNamespace } from '../sentry/vfs/mount.ts';
import { Vfs } from '../sentry/vfs/vfs.ts';
import type { VolumeOption } from './option-values.ts';
import { CliError } from './failure.ts';

/** What `--volume` names: files and directories of the host in a container, and in whatever is restored from it. */
export class Volumes {
  /** In the order of the command line; a key is the path in the guest. */
  private readonly byKey = new Map<string, NodeVolume>();

  /** @errors CliError one place twice; ImageError a host path that cannot be used */
  constructor(options: readonly VolumeOption[]) {
    for (const { hostPath, guestPath, isReadOnly } of options) {
      const key = byteStringFromText(guestPath);
      if (this.byKey.has(key)) throw new CliError(`two volumes for ${guestPath}`);
      this.byKey.set(key, new NodeVolume(hostPath, key, isReadOnly));
    }
  }

  /** Mounts them in a container whose init has not been started. @errors CliError a place where that is not possible */
  mount(kernel: Kernel): void {
    for (const [guestPath, volume] of this.byKey) {
      try {
        mountVolume(kernel.services.get('vfs', Vfs), kernel.services.get('mounts', MountNamespace), volume, guestPath);
      } catch (error) {
        if (!(error instanceof SysError)) throw error;
        throw new CliError(`no volume can be put at ${guestPath} (${errnoName(error.errno)})`);
      }
    }
  }

  /** What a restored file system stands on. @errors ImageError */
  bind(key: string): NodeVolume {
    const volume = this.byKey.get(key);
    if (volume === undefined) throw new ImageError('volumes', `none is given for ${key}`);
    return volume;
  }

  /** Writes what guests have changed in mapped files. */
  sync(kernel: Kernel): void {
    if (this.byKey.size === 0) return;
    for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) fileSystem.sync();
  }
}
