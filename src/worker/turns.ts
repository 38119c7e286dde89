/**
 * Turns: runs a step again and again without keeping the thread from its messages.
 *
 * A step that could go on at once is posted back through a message channel, behind whatever has arrived meanwhile (keys,
 * control calls): nobody waits longer than one slice. A step with nothing to do sleeps until its next deadline or `wake`.
 */

/** Runs once; answers how long nothing needs doing: 0 go on at once, null until `wake`. */
export type Step = () => number | null;

/** Below this, a timer would be later than a turn: browsers round nested timers up to 4 ms. */
const SHORTEST_SLEEP_MS = 1;
/** Timers hold 31 bits of milliseconds; a longer sleep is cut short and asked for again. */
const LONGEST_SLEEP_MS = 0x7fff_ffff;

export class Turns {
  private readonly step: Step;
  private readonly channel = new MessageChannel();
  private isPosted = false;
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(step: Step) {
    this.step = step;
    this.channel.port1.onmessage = () => {
      this.isPosted = false;
      this.turn();
    };
  }

  /** Makes the step run at the next turn, whatever it was waiting for. */
  wake(): void {
    if (this.timer !== null) {
      clearTimeout(this.timer);
      this.timer = null;
    }
    if (this.isPosted) return;
    this.isPosted = true;
    this.channel.port2.postMessage(null);
  }

  private turn(): void {
    const sleepMs = this.step();
    if (this.isPosted || sleepMs === null) return;
    if (sleepMs < SHORTEST_SLEEP_MS) {
      this.wake();
      return;
    }
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.timer = null;
      this.turn();
    }, Math.min(sleepMs, LONGEST_SLEEP_MS));
  }
}
