import type { CheckpointTurns } from '../container/checkpoint-taking.ts';
import type { ContainerHost } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';
import { readImageArchive } from '../container/oci/index.ts';
import type { OciImage } from '../container/oci/index.ts';
import { webEntropy } from '../host/web/entropy.ts';
import type { OpenStore } from '../ports/checkpoint-store.ts';
import { KnownImages } from '../sentry/checkpoint/known-images.ts';
import type { BootOptions } from './api.ts';
import { Autosave } from './autosave.ts';
import { CheckpointTaking } from './checkpoint-taking.ts';
import { Checkpoints } from './checkpoints.ts';
import { History } from './history.ts';
import { Inspection } from './inspection.ts';
import type { News } from './news.ts';
import type { Rehearsal } from './rehearsal.ts';

const DEFAULT_MEMORY_BYTES = 512 << 20;

/** What a machine has of the world around it. */
export interface MachineEnvironment {
  /** Where checkpoints can be kept; without it in memory only. */
  readonly openStore?: OpenStore;
}

/** What a machine has from `boot` on. */
export interface Booted {
  readonly image: OciImage;
  readonly host: ContainerHost;
  readonly history: History;
  readonly checkpoints: Checkpoints;
  readonly inspection: Inspection;
  readonly taking: CheckpointTaking;
  readonly autosave: Autosave;
}

/** What of the machine its parts stand on. */
export interface MachineParts {
  readonly environment: MachineEnvironment;
  readonly news: News;
  readonly rehearsal: Rehearsal;
  readonly turns: CheckpointTurns;
}

/** @errors ImageError, ContainerError: the image cannot be used */
export async function boot(options: BootOptions, { environment, news, rehearsal, turns }: MachineParts): Promise<Booted> {
  if (options.imageArchive === null) throw new ContainerError('boot: no image was given');
  const module = options.core instanceof WebAssembly.Module ? options.core : await WebAssembly.compile(new Uint8Array(options.core));
  const image = await readImageArchive(options.imageArchive, 'image');
  const host: ContainerHost = {
    coreModule: module,
    memoryLimitBytes: options.memoryLimitBytes ?? DEFAULT_MEMORY_BYTES,
    entropy: webEntropy,
    base: image.tree,
    realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
    hostEnd: () => ({ label: 'terminal' }),
    knownImages: new KnownImages(),
    takeSpareCore: () => rehearsal.takeSpareCore(),
  };
  const history = new History(module, image.tree, news, environment.openStore ?? null);
  const taking = new CheckpointTaking(history, news, turns);
  return { image, host, history, taking, checkpoints: new Checkpoints(history, news), inspection: new Inspection(history), autosave: new Autosave(history, taking, news) };
}
