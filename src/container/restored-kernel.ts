import { ImageError } from '../base/errors.ts';
import { KnownImages } from '../sentry/checkpoint/known-images.ts';
import type { KnownImage } from '../sentry/checkpoint/known-images.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';
import { restoreKernel } from '../sentry/checkpoint/restore.ts';
import type { Restored } from '../sentry/checkpoint/restore.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { makeCore } from './host.ts';
import type { ContainerHost } from './host.ts';
import { canTakePlace } from './place.ts';
import { applySpec, bindConsole, checkRestoreOptions, keyNow, requireBound, restoredSpec } from './restore-options.ts';
import type { RestoreOptions, Unbound } from './restore-options.ts';
import { specFromJson } from './spec.ts';
import type { ContainerSpec } from './spec.ts';

/** A kernel as an image holds it, and what the container that is made of it has to know. */
export interface RestoredKernel extends Restored {
  readonly spec: ContainerSpec;
  /** Differences between the image's spec and the one given that are put up with. */
  readonly warnings: readonly string[];
  /** What the image was opened as, to be told that the restore went well. */
  readonly image: KnownImage;
  readonly known: KnownImages;
}

/** A container that runs and may be let go of for the one that is restored. */
export interface Replaced {
  readonly kernel: Kernel;
  /** Frees its part of the core; nothing refuses the restore after that. */
  letGo(): void;
}

/**
 * Restores the kernel of an image into a core of its own, or into that of `replaced` where it can take that one's place: then
 * `replaced` is let go of once nothing can refuse the restore. A restore that is refused leaves it as it was.
 *
 * @errors ImageError; ContainerError
 */
export function restoredKernel(host: ContainerHost, imageBytes: Uint8Array, options: RestoreOptions, library: ImageLibrary, replaced: Replaced | null): RestoredKernel {
  checkRestoreOptions(options);
  const known = host.knownImages ?? new KnownImages();
  const reading = replaced?.kernel.core ?? makeCore(host);
  const image = known.open(imageBytes, reading, library);
  const { metadata } = image.images[0];
  const saved = specFromJson(metadata.container);
  const { spec, warnings } = restoredSpec(saved, options);
  const shared = known.traceIn(reading, imageBytes);
  // One from elsewhere that nobody has restored yet may contradict itself in ways that show only once what runs is gone.
  const isTrusted = image.isOwn || image.isTried;
  const leaving = replaced !== null && isTrusted && canTakePlace(replaced.kernel, spec, metadata.counts, shared) ? replaced : null;
  const core = replaced === null || leaving !== null ? reading : makeCore(host);
  const unbound: Unbound[] = [];
  const bindEdge = (port: string, key: string, self: object): unknown => {
    if (port === 'core') return core;
    if (port === 'entropy') return host.entropy;
    if (port === 'baseTree') return host.base;
    if (port === 'console') return bindConsole(host, keyNow(key, saved, spec), self, options, unbound);
    if (host.bindEdge !== undefined) return host.bindEdge(port, key, self, core);
    throw new ImageError('section kernel', `nothing here stands for ${port} ${key}`);
  };
  const restored = restoreKernel({
    core,
    image,
    shared: leaving === null ? null : shared,
    letGo: () => leaving?.letGo(),
    base: host.base,
    bindEdge,
    check: (loaded) => requireBound(loaded, unbound),
    policy: options.policy,
    keptPids: options.keptPids ?? [],
    newEnd: (key) => host.hostEnd(key),
    clock: options.clock,
    realtimeNs: host.realtimeNs(),
  });
  if (spec !== saved) applySpec(restored.kernel, saved, spec);
  return { ...restored, spec, warnings, image, known };
}
