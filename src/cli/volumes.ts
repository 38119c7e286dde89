import { errnoName } from '../abi/errno.ts';
import { byteStringFromText } from '../base/bytes.ts';
import { ImageError, SysError } from '../base/errors.ts';
import { NodeVolume } from '../host/node/volume.ts';
import { mountVolume } from '../sentry/fs/hostfs/mount-volume.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { MountNamespace } from '../sentry/vfs/mount.ts';
import { Vfs } from '../sentry/vfs/vfs.ts';
import type { VolumeOption } from './do-options.ts';
import { CliError } from './failure.ts';

/** What a container's host does about volumes: see `ContainerHost`. */
export interface VolumeHost {
  readonly prepare: (kernel: Kernel) => void;
  readonly bindEdge: (port: string, key: string) => unknown;
}

/** Opens the directories and files that `--volume` names. @errors ImageError one that is not there */
export function openVolumes(options: readonly VolumeOption[]): VolumeHost {
  const volumes = options.map(({ hostPath, guestPath, isReadOnly }) => new NodeVolume(hostPath, guestPath, isReadOnly));
  return {
    prepare: (kernel) => {
      for (const volume of volumes) mount(kernel, volume);
    },
    bindEdge: (port, key) => {
      const volume = port === 'hostFiles' ? volumes.find((candidate) => candidate.key === key) : undefined;
      if (volume === undefined) throw new ImageError('section kernel', `nothing here stands for ${port} ${key}`);
      return volume;
    },
  };
}

function mount(kernel: Kernel, volume: NodeVolume): void {
  const { services } = kernel;
  try {
    mountVolume(services.get('vfs', Vfs), services.get('mounts', MountNamespace), volume, byteStringFromText(volume.key));
  } catch (error) {
    if (!(error instanceof SysError)) throw error;
    throw new CliError(`the volume at ${volume.key} cannot be mounted: ${error.message} (${errnoName(error.errno)})`);
  }
}
