// @ts-check
/** Checkpoints and restores of containers in this process, as a machine takes them, and how long they take. */
import { createHash } from 'node:crypto';
import { Container, makeCore } from '../../../src/container/container.ts';
import { Timeline } from '../../../src/container/timeline.ts';
import { KnownImages } from '../../../src/sentry/checkpoint/known-images.ts';
import { Guest, hostOver } from './guest.mjs';

const PAGES_PER_STEP = 1024;
const FACTS = { name: '', note: '', leftRunning: true, pauseMs: 0, totalMs: 0 };
/** @type {import('../../../src/container/container.ts').RestoreOptions} */
const OPTIONS = { policy: 'kill', clock: 'gvisor' };

/** @typedef {import('../../../src/ports/base-tree.ts').BaseTree} BaseTree */
/** @typedef {ReturnType<import('../../../src/sentry/checkpoint/save.ts').Save['finish']> & { pauseMs: number, totalMs: number }} Taken */

/** A running, idle container with its checkpoints. */
export class Bench {
  /** @param {Guest} guest @param {BaseTree} base */
  constructor(guest, base) {
    this.guest = guest;
    this.base = base;
    this.timeline = new Timeline(makeCore(hostOver(base)));
    this.known = new KnownImages();
  }

  /** Starts `argv` and runs it until it waits. @param {BaseTree} base @param {readonly string[]} argv */
  static idle(base, argv) {
    const guest = Guest.create(hostOver(base), argv, true);
    guest.start();
    if (guest.run()) throw new Error(`${argv.join(' ')} has ended: ${guest.output}`);
    return new Bench(guest, base);
  }

  /** Types a line and runs the guest until it waits again. @param {string} text */
  type(text) {
    const [terminal = 0] = this.guest.files;
    this.guest.container.terminals().pushInput(terminal, new TextEncoder().encode(`${text}\n`));
    if (this.guest.run()) throw new Error(`${text} has ended the container: ${this.guest.output}`);
  }

  framesInUse() {
    return this.guest.container.kernel.core.framesInUse();
  }

  /** The pause alone: how long the guest stands still. */
  pause() {
    const startMs = performance.now();
    const save = this.guest.container.beginCheckpoint(Date.now());
    const pauseMs = performance.now() - startMs;
    save.abandon();
    return pauseMs;
  }

  /** @param {import('../../../src/sentry/checkpoint/save.ts').SaveParent | null} parent @returns {Taken} */
  take(parent) {
    const startMs = performance.now();
    const save = this.guest.container.beginCheckpoint(Date.now(), parent);
    const pauseMs = performance.now() - startMs;
    while (!save.step(PAGES_PER_STEP)) continue;
    const saved = save.finish();
    return { ...saved, pauseMs, totalMs: performance.now() - startMs };
  }

  takeFull() {
    return this.take(null);
  }

  /** A difference to the last one that was kept, which is read beforehand. */
  takeDifference() {
    const parent = this.timeline.parentFor(this.guest.container.kernel.core);
    if (parent === null) throw new Error('there is no checkpoint to differ from');
    try {
      return this.take(parent);
    } finally {
      this.timeline.letGo();
    }
  }

  /** Keeps a checkpoint: differences are to this one from now on. @param {Taken} taken */
  keep({ image, trace }) {
    return this.timeline.add(image, trace, FACTS, `sha256:${createHash('sha256').update(image).digest('hex')}`);
  }

  /**
   * To the first instruction of a guest that input wakes, into a spare core, as the machine has one ready.
   *
   * @param {Uint8Array} image
   * @param {KnownImages} known  this one's: the image was restored before, as on a machine that goes back; another: it is read first
   */
  restore(image, known = this.known) {
    const host = hostOver(this.base);
    const spare = makeCore(host);
    const startMs = performance.now();
    const { container } = Container.restore({ ...host, takeSpareCore: () => spare, knownImages: known }, image, OPTIONS, this.timeline.library());
    const [watched] = container.watchedProcesses();
    const terminal = watched?.hostFileIds[0];
    if (terminal !== undefined) container.terminals().pushInput(terminal, Uint8Array.of(0x0a));
    container.step({ budget: 1, maxTraps: Infinity });
    return performance.now() - startMs;
  }

  restoreUnknown(/** @type {Uint8Array} */ image) {
    return this.restore(image, new KnownImages());
  }
}

/** What `work` gives, `count` times. @template T @param {number} count @param {() => T} work */
export function times(count, work) {
  return Array.from({ length: count }, work);
}

/** @param {readonly number[]} numbers */
export function least(numbers) {
  return Math.min(...numbers);
}

/** @param {readonly number[]} numbers */
export function median(numbers) {
  return [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN;
}
