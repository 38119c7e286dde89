import type { FrameTrace } from '../sentry/checkpoint/frame-trace.ts';
import { roomFor } from '../sentry/checkpoint/pages.ts';
import { HostFs } from '../sentry/fs/hostfs/hostfs.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { Vfs } from '../sentry/vfs/vfs.ts';
import { checkpointSettings } from './annotations.ts';
import type { ContainerSpec } from './spec.ts';

/** Tasks of two containers that a core has register slots and address spaces for. */
const MOST_TASKS = 4000;

/**
 * Whether a container can be restored into the core of one that runs, which is let go of once nothing can refuse the restore:
 * there is room for both; the one that runs can be let go of without running it to its end, which volumes of the host need;
 * and no hook remains to refuse the restore after that.
 *
 * @param kernel  of the one that runs
 * @param spec    of the one to be restored
 * @param counts  of its image
 * @param shared  what frames of the core were in the image
 */
export function canTakePlace(kernel: Kernel, spec: ContainerSpec, counts: { readonly [name: string]: number }, shared: FrameTrace | null): boolean {
  const { core } = kernel;
  if (core.isFrozen() || checkpointSettings(spec).hook !== null) return false;
  for (const fileSystem of kernel.services.get('vfs', Vfs).fileSystems) if (fileSystem instanceof HostFs) return false;
  return roomFor(core, counts['frames'] ?? 0, shared) >= 0 && kernel.tasks.size + (counts['tasks'] ?? 0) <= MOST_TASKS;
}
