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
  /** @param {import('../../../src/container/container.ts').ContainerHost} host @param {Guest} guest */
  constructor(host, guest) {
    this.host = host;
    this.guest = guest;
    this.timeline = new Timeline(makeCore(host));
  }

  /** Starts `argv` and runs it until it waits. @param {BaseTree} base @param {readonly string[]} argv */
  static idle(base, argv) {
    const host = { ...hostOver(base), knownImages: new KnownImages() };
    const guest = Guest.create(host, argv, true);
    guest.start();
    if (guest.run()) throw new Error(`${argv.join(' ')} has ended: ${guest.output}`);
    return new Bench(host, guest);
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
   * Goes back to a checkpoint of this machine: the restored container takes the place of the one that runs, which has gone on since.
   *
   * @param {Uint8Array} image
   */
  restoreInPlace(image) {
    this.type('');
    return this.restore(this.host, image, this.guest.container);
  }

  /** A machine that has restored the image before, into a spare core. @param {Uint8Array} image */
  restoreBeside(image) {
    const spare = makeCore(this.host);
    return this.restore({ ...this.host, takeSpareCore: () => spare }, image, null);
  }

  /** An image that comes from elsewhere: it is read and checked whole. @param {Uint8Array} image */
  restoreUnknown(image) {
    const spare = makeCore(this.host);
    return this.restore({ ...this.host, knownImages: new KnownImages(), takeSpareCore: () => spare }, image, null);
  }

  /**
   * To the first instruction of a guest that input wakes.
   *
   * @param {import('../../../src/container/container.ts').ContainerHost} host @param {Uint8Array} image
   * @param {Container | null} replaced
   */
  restore(host, image, replaced) {
    const startMs = performance.now();
    const { container } = Container.restore(host, image, OPTIONS, this.timeline.library(), replaced);
    const files = container.watchedProcesses()[0]?.hostFileIds ?? [];
    container.terminals().pushInput(files[0] ?? 0, Uint8Array.of(0x0a));
    container.step({ budget: 1, maxTraps: Infinity });
    const totalMs = performance.now() - startMs;
    if (replaced !== null) {
      const guest = new Guest(container, files);
      guest.startMs = this.guest.startMs;
      if (guest.run()) throw new Error(`the restored container has ended: ${guest.output}`);
      this.guest = guest;
    }
    return totalMs;
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
