import type { Container } from '../container/container.ts';
import type { TerminalMap } from './terminal-map.ts';

/** Budget of one run of guests between two looks at the host's clock, in instructions. */
const STRIDE = 100_000;

/** Gives guests time, by the host's clock, and counts what they used. */
export class Guests {
  /** Host time in slices. */
  busyMs = 0;
  /** Instructions retired, of all containers. */
  instructions = 0;
  /** Host time at which the container's monotonic clock was `clockStartNs`. */
  private hostStartMs = 0;
  private clockStartNs = 0;

  /** The container's clock goes on from where it stands, from now. */
  startClock(container: Container): void {
    this.hostStartMs = performance.now();
    this.clockStartNs = container.kernel.clock.monotonicNs;
  }

  /** What the container's monotonic clock is to show now. */
  monotonicNs(): number {
    return this.clockStartNs + Math.floor((performance.now() - this.hostStartMs) * 1e6);
  }

  /** Gives them time and what was typed, for about `budgetMs`, or until none can go on. */
  run(container: Container, terminals: TerminalMap, budgetMs: number): void {
    const { kernel } = container;
    const startMs = performance.now();
    do {
      container.tick(this.monotonicNs());
      terminals.feedInput();
      const before = kernel.clock.monotonicNs;
      const left = container.step({ budget: STRIDE, maxTraps: Infinity });
      this.instructions += kernel.clock.monotonicNs - before;
      if (left > 0 && !kernel.hasRunnable()) break;
    } while (performance.now() < startMs + budgetMs);
    this.busyMs += performance.now() - startMs;
  }

  /** Milliseconds until a timer of the container is due, when no guest can go on; Infinity when none will be. */
  idleMs(container: Container): number {
    const deadlineNs = Math.min(container.kernel.timers.nextDeadlineNs() ?? Infinity, container.hookDeadlineNs() ?? Infinity);
    return Math.max(0, (deadlineNs - this.monotonicNs()) / 1e6);
  }
}
