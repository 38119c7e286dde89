import type { Container } from '../../container/container.ts';
import type { NodeClock } from '../../host/node/clock.ts';

/** The container's monotonic clock, driven by the host's: it goes on where the container's stands, and stops while it is paused. */
export class GuestTime {
  private readonly clock: NodeClock;
  private hostStartNs = 0;
  private guestStartNs = 0;

  constructor(clock: NodeClock) {
    this.clock = clock;
  }

  /** From now on the clock goes on from where that of `container` stands. */
  begin(container: Container): void {
    this.hostStartNs = this.clock.monotonicNs();
    this.guestStartNs = container.kernel.clock.monotonicNs;
  }

  nowNs(): number {
    return this.guestStartNs + this.clock.monotonicNs() - this.hostStartNs;
  }
}
