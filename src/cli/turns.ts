/** Timers hold 31 bits of milliseconds; a longer sleep is cut short and asked for again. */
const LONGEST_SLEEP_MS = 0x7fff_ffff;

/** Runs once; answers how long nothing needs doing: 0 go on at once, null until `wake`. */
export type Step = () => number | null;

/**
 * Runs a step again and again; between two runs Node's event loop goes round once, so that input and signals arrive.
 * While the step has nothing to do the process sleeps, and stays alive for signals.
 */
export class Turns {
  private readonly step: Step;
  private readonly fail: (error: unknown) => void;
  private immediate: NodeJS.Immediate | null = null;
  private timer: NodeJS.Timeout | null = null;
  private isStopped = false;

  /** @param fail  told what the step has thrown; no step is run after it */
  constructor(step: Step, fail: (error: unknown) => void) {
    this.step = step;
    this.fail = fail;
  }

  /** Makes the step run soon, whatever it was waiting for. */
  readonly wake = (): void => {
    if (this.isStopped || this.immediate !== null) return;
    this.clearTimer();
    this.immediate = setImmediate(this.run);
  };

  /** Runs no more steps. */
  stop(): void {
    this.isStopped = true;
    if (this.immediate !== null) clearImmediate(this.immediate);
    this.clearTimer();
  }

  private readonly run = (): void => {
    this.immediate = null;
    this.timer = null;
    let sleepMs: number | null;
    try {
      sleepMs = this.step();
    } catch (error) {
      this.stop();
      this.fail(error);
      return;
    }
    if (this.isStopped || this.immediate !== null) return;
    if (sleepMs !== null && sleepMs <= 0) {
      this.wake();
      return;
    }
    this.timer = setTimeout(this.run, sleepMs === null ? LONGEST_SLEEP_MS : Math.min(Math.ceil(sleepMs), LONGEST_SLEEP_MS));
  };

  private clearTimer(): void {
    if (this.timer === null) return;
    clearTimeout(this.timer);
    this.timer = null;
  }
}
