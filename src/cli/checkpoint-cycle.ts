import { Container } from '../container/container.ts';

/** For testing: after every so many traps, a container is checkpointed, dropped, and restored into a fresh machine. */
export class CheckpointCycle {
  private readonly every: number;
  private lastTrapCount = 0;

  constructor(every: number) {
    this.every = every;
  }

  trapsLeft(container: Container): number {
    return Math.max(0, this.lastTrapCount + this.every - container.kernel.trapCount);
  }

  /** The container to go on with: the same one, or after enough traps its copy. */
  next(container: Container): Container {
    if (this.trapsLeft(container) > 0 || container.kernel.init?.isExited() !== false) return container;
    this.lastTrapCount = container.kernel.trapCount;
    const save = container.beginCheckpoint(Date.now());
    while (!save.step(PAGES_PER_STEP)) continue;
    const { image } = save.finish();
    return Container.restore(container.host, image, { policy: 'kill', clock: 'continue' }).container;
  }
}

const PAGES_PER_STEP = 65_536;
