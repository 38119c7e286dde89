import type { Core } from '../core/core.ts';
import { Container, makeCore } from '../container/container.ts';
import type { ContainerHost } from '../container/container.ts';

/** Times that a checkpoint and a restore are gone through; from then on the engine has compiled most of their code. */
const REHEARSALS = 3;
/** A rehearsal keeps the thread for some ten milliseconds: not before the first prompt, and not one upon the other. */
const PAUSE_MS = 250;
/** Above this a rehearsal would take too long. */
const MOST_FRAMES = 4096;
const PAGES_PER_STEP = 1024;

/**
 * Gets ready for the next checkpoint and the next restore while nothing else is to do: the first of each would take ten
 * times as long as the later ones, most of it for compiling code that has never run, and a restore would wait for a core's
 * memory to be made.
 */
export class Rehearsal {
  private left = REHEARSALS;
  private nextMs = Infinity;
  private spareCore: Core | null = null;

  takeSpareCore(): Core | null {
    const core = this.spareCore;
    this.spareCore = null;
    return core;
  }

  /**
   * Does a piece of it when it is time; to be called when no guest can run.
   *
   * @returns milliseconds until there is more to do, null when all is ready
   */
  step(container: Container, host: ContainerHost, nowMs: number): number | null {
    if (this.left === 0 && this.spareCore !== null) return null;
    if (this.nextMs === Infinity) this.nextMs = nowMs + PAUSE_MS;
    if (nowMs < this.nextMs) return this.nextMs - nowMs;
    this.nextMs = nowMs + PAUSE_MS;
    if (this.left > 0 && container.kernel.core.framesInUse() <= MOST_FRAMES) {
      this.left = this.goesWell(container, host) ? this.left - 1 : 0;
    } else {
      this.left = 0;
      this.spareCore = makeCore(host);
    }
    return PAUSE_MS;
  }

  /** Whatever keeps a container from being saved or restored is told to those who ask for it, not here. */
  private goesWell(container: Container, host: ContainerHost): boolean {
    try {
      rehearse(container, host);
      return true;
    } catch {
      return false;
    }
  }
}

/** A checkpoint and its restore into a core that is dropped: the container itself goes on as if nothing had been. */
function rehearse(container: Container, host: ContainerHost): void {
  const save = container.beginCheckpoint(Date.now());
  try {
    while (!save.step(PAGES_PER_STEP)) continue;
  } catch (error) {
    save.abandon();
    throw error;
  }
  Container.restore(host, save.finish().image, { policy: 'kill', clock: 'continue' });
}
