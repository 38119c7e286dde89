import { big, defineState, f64 } from '../../state/index.ts';

/**
 * The kernel's clocks. Time is told to the kernel by ticks; within a slice it advances with the instructions
 * executed, so that the same inputs give the same times.
 */
export class Clock {
  /** CLOCK_MONOTONIC, ns since the container began. Whole, below 2⁵³. */
  monotonicNs = 0;
  /** CLOCK_REALTIME − CLOCK_MONOTONIC in ns. */
  realtimeOffsetNs = 0n;

  /** CLOCK_REALTIME in ns since 1970. */
  realtimeNs(): bigint {
    return this.realtimeOffsetNs + BigInt(this.monotonicNs);
  }
}

defineState(Clock, 'Clock', 1, { monotonicNs: f64, realtimeOffsetNs: big });
