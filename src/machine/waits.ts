import type { Container } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';

/** Between two looks at whether what is waited for has come. */
const WAIT_MS = 5;

/** @errors ContainerError the next checkpoint failed, or the container is gone before */
export async function nextCheckpoint(container: Container, isHere: () => boolean): Promise<void> {
  const count = container.checkpointGeneration().count + 1;
  const end = await until(container, 'checkpoint', isHere, () => container.checkpointEnd(count));
  if (end.error !== null) throw new ContainerError(`checkpoint: ${end.error}`);
}

/** @errors ContainerError the container was not restored, its restore failed, or it is gone before */
export async function restoreComplete(container: Container, isHere: () => boolean): Promise<void> {
  await until(container, 'restore', isHere, () => container.isRestoreComplete() || null);
}

/** Looks until `found` gives something. */
async function until<T>(container: Container, verb: string, isHere: () => boolean, found: () => T | null): Promise<T> {
  for (;;) {
    const result = found();
    if (result !== null) return result;
    if (!isHere() || container.status === 'stopped') throw new ContainerError(`wait: container "${container.spec.id}" is gone before its ${verb}`);
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}
