import type { Container } from '../container/container.ts';
import type { NodeClock } from '../host/node/clock.ts';
import type { KernelEvent } from '../sentry/task/kernel.ts';
import type { CheckpointCycle } from './checkpoint-cycle.ts';
import { Turns } from './turns.ts';
import type { Wires } from './wires.ts';

/** Budget of one run of guests between two looks at the host's clock, in instructions. */
const STRIDE = 400_000;
/** Pages of a restored container that are read at once while it is idle. */
const PAGES_AHEAD = 128;
/** How long guests run before the event loop has its turn. */
const SLICE_MS = 5;

export interface RunnerOptions {
  readonly container: Container;
  readonly clock: NodeClock;
  readonly wires: Wires;
  /** Checkpoints and restores on the way; null for none. */
  readonly cycle: CheckpointCycle | null;
  readonly onEvent: (event: KernelEvent) => void;
}

/** Gives a container its time, and moves bytes between it and the host, until its init has ended. */
export class Runner {
  /** The one that runs now: a restore makes another. */
  container: Container;
  readonly turns: Turns;
  private readonly options: RunnerOptions;
  private settle: { resolve: (status: number) => void; reject: (error: unknown) => void } | null = null;

  constructor(options: RunnerOptions) {
    this.container = options.container;
    this.options = options;
    this.turns = new Turns(
      () => this.turn(),
      (error) => this.settle?.reject(error),
    );
  }

  /** Runs a started container to the end of its init. @returns exit status as a shell tells it, once all output has been written */
  run(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.turns.wake();
    });
  }

  /** Runs guests for about `SLICE_MS`. @returns ms until there is more to do, null for not before an input */
  turn(): number | null {
    const { clock, wires } = this.options;
    const endNs = clock.monotonicNs() + SLICE_MS * 1e6;
    for (;;) {
      const nowNs = clock.monotonicNs();
      if (this.container.status !== 'running') return this.finish();
      this.container.tick(nowNs);
      this.step();
      wires.drain(this.container);
      wires.feed(this.container); // after the step: only then does a guest wait for input
      for (const event of this.container.kernel.events.splice(0)) this.options.onEvent(event);
      this.container.takeEnded();
      if (this.container.status !== 'running' || nowNs >= endNs) break;
      if (!this.container.kernel.hasRunnable()) return this.container.fillAhead(PAGES_AHEAD) ? 0 : this.idleMs(clock.monotonicNs());
    }
    return 0;
  }

  private step(): void {
    const { cycle } = this.options;
    if (cycle === null) {
      this.container.step({ budget: STRIDE, maxTraps: Infinity });
      return;
    }
    this.container.step({ budget: STRIDE, maxTraps: cycle.trapsLeft(this.container) });
    this.container = cycle.next(this.container);
  }

  private idleMs(nowNs: number): number | null {
    const deadlineNs = this.container.kernel.timers.nextDeadlineNs();
    return deadlineNs === null ? null : Math.max(0, deadlineNs - nowNs) / 1e6;
  }

  /** Init has ended: what it wrote is still to be written. */
  private finish(): number | null {
    if (!this.options.wires.drain(this.container)) return null;
    this.turns.stop();
    this.settle?.resolve(this.container.exitStatus ?? 0);
    return null;
  }
}
