import { ImageError } from '../../base/errors.ts';
import type { ContainerHost } from '../../container/container.ts';
import { ensureDirectory } from '../../container/files.ts';
import type { NodeClock } from '../../host/node/clock.ts';
import { loadCoreModule } from '../../host/node/core-module.ts';
import { NodeEntropy } from '../../host/node/entropy.ts';
import type { BaseTree } from '../../ports/base-tree.ts';
import { KnownImages } from '../../sentry/checkpoint/known-images.ts';
import type { Volumes } from '../volumes.ts';
import type { PassedEnds } from './passed-ends.ts';

/** What of the host a container of this process stands on. */
export interface MachineParts {
  readonly id: string;
  readonly base: BaseTree;
  readonly memoryBytes: number;
  readonly clock: NodeClock;
  readonly volumes: Volumes;
  readonly passed: PassedEnds;
}

/** The outside of a container, and of whatever is restored in its place. */
export function machineHost({ id, base, memoryBytes, clock, volumes, passed }: MachineParts): ContainerHost {
  const standard = new Set([0, 1, 2].map((fd) => `${id}:host:${fd}`));
  return {
    coreModule: loadCoreModule(),
    memoryLimitBytes: memoryBytes,
    entropy: new NodeEntropy(),
    base,
    realtimeNs: () => clock.realtimeNs(),
    knownImages: new KnownImages(),
    hostEnd: (key) => {
      if (standard.has(key) || passed.hasStream(key)) return { label: 'host' };
      // Of an exec: whoever is connected, or will be.
      return key.startsWith(':') ? { label: 'client' } : null;
    },
    prepare: (kernel) => {
      ensureDirectory(kernel, '/tmp', 0o1777);
      volumes.mount(kernel);
    },
    bindEdge: (port, key) => {
      if (port !== 'hostFiles') throw new ImageError('section kernel', `nothing here stands for ${port} ${key}`);
      return passed.bindFile(key) ?? volumes.bind(key);
    },
  };
}
