/** The host's clocks, as the kernel is told them. */
export class NodeClock {
  private readonly startNs = process.hrtime.bigint();

  /** Ns since this clock was made; never goes back. */
  monotonicNs(): number {
    return Number(process.hrtime.bigint() - this.startNs);
  }

  /** Ns since 1970, to the microsecond. */
  realtimeNs(): bigint {
    return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1e3)) * 1_000n;
  }
}
