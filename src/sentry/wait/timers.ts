import { anyRef, defineState, list, f64 } from '../../state/index.ts';

/** Something that happens at a moment of the monotonic clock. */
export abstract class Timer {
  /** Absolute monotonic time in ns; meaningful while armed. */
  deadlineNs = 0;
  /** Place in the queue's heap, or −1 when not armed. */
  heapIndex = -1;

  /** Called once the clock has reached `deadlineNs`, after the timer was taken out of the queue. */
  abstract fire(nowNs: number): void;
}

/** Armed timers by deadline: a binary heap. */
export class TimerQueue {
  heap: Timer[] = [];

  /** Arms `timer` for `deadlineNs`, moving it if it was armed. */
  arm(timer: Timer, deadlineNs: number): void {
    if (timer.heapIndex >= 0) this.disarm(timer);
    timer.deadlineNs = deadlineNs;
    timer.heapIndex = this.heap.length;
    this.heap.push(timer);
    this.siftUp(timer.heapIndex);
  }

  /** Takes `timer` out; nothing happens when it is not armed. */
  disarm(timer: Timer): void {
    const index = timer.heapIndex;
    if (index < 0) return;
    timer.heapIndex = -1;
    const last = this.heap.pop() as Timer;
    if (last === timer) return;
    this.place(last, index);
    this.siftUp(index);
    this.siftDown(last.heapIndex);
  }

  /** The earliest deadline, or null when nothing is armed. */
  nextDeadlineNs(): number | null {
    return this.heap.length === 0 ? null : this.heap[0]!.deadlineNs;
  }

  /** Fires every timer due at `nowNs`, earliest first. */
  fireDue(nowNs: number): void {
    while (this.heap.length > 0 && this.heap[0]!.deadlineNs <= nowNs) {
      const timer = this.heap[0]!;
      this.disarm(timer);
      timer.fire(nowNs);
    }
  }

  place(timer: Timer, index: number): void {
    this.heap[index] = timer;
    timer.heapIndex = index;
  }

  siftUp(start: number): void {
    const timer = this.heap[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.heap[parent]!.deadlineNs <= timer.deadlineNs) break;
      this.place(this.heap[parent]!, index);
      index = parent;
    }
    this.place(timer, index);
  }

  siftDown(start: number): void {
    const timer = this.heap[start]!;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && this.heap[child + 1]!.deadlineNs < this.heap[child]!.deadlineNs) child++;
      if (this.heap[child]!.deadlineNs >= timer.deadlineNs) break;
      this.place(this.heap[child]!, index);
      index = child;
    }
    this.place(timer, index);
  }
}

defineState(TimerQueue, 'TimerQueue', 1, { heap: list(anyRef<Timer>()) });

/** Fields of `Timer` for the schemas of its subclasses. */
export const timerFields = { deadlineNs: f64, heapIndex: f64 };
