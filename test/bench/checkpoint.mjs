// @ts-check
/** Checkpoint and restore: an idle shell, and a process that has 256 MiB in use. */
import { Container, makeCore } from '../../src/container/container.ts';
import { Guest, busyboxRoot, directoryRoot, hostOver } from './support/guest.mjs';
import { whereTimeGoes } from './support/profile.mjs';
import { compilePrograms } from './support/programs.mjs';
import { formatMs, printNote, printRow } from './support/table.mjs';

const PAGES_PER_STEP = 1024;
const PAUSES = 15;
/** @type {import('../../src/container/container.ts').RestoreOptions} */
const OPTIONS = { policy: 'kill', clock: 'gvisor' };

/** The pause alone: how long the guest stands still. @param {Container} container */
function pause(container) {
  const startMs = performance.now();
  const save = container.beginCheckpoint(Date.now());
  const pauseMs = performance.now() - startMs;
  save.abandon();
  return pauseMs;
}

/** @param {Container} container */
function checkpoint(container) {
  const startMs = performance.now();
  const save = container.beginCheckpoint(Date.now());
  while (!save.step(PAGES_PER_STEP)) continue;
  const { image } = save.finish();
  return { image, totalMs: performance.now() - startMs };
}

/**
 * To the first instruction of a guest that input wakes, into a spare core, as the machine has one ready.
 *
 * @param {import('../../src/ports/base-tree.ts').BaseTree} base @param {Uint8Array} image
 */
function restore(base, image) {
  const host = hostOver(base);
  const spare = makeCore(host);
  const startMs = performance.now();
  const { container } = Container.restore({ ...host, takeSpareCore: () => spare }, image, OPTIONS);
  const [watched] = container.watchedProcesses();
  const terminal = watched?.hostFileIds[0];
  if (terminal !== undefined) container.terminals().pushInput(terminal, Uint8Array.of(0x0a));
  container.step({ budget: 1, maxTraps: Infinity });
  return { container, totalMs: performance.now() - startMs };
}

/** The first time and the best of the rest. @param {readonly number[]} times */
function firstAndBest([first = 0, ...others]) {
  return { first, best: Math.min(...others), text: `${formatMs(Math.min(...others))}, the first time ${formatMs(first)}` };
}

/** @param {string} name @param {{ best: number, text: string }} times @param {number | null} maxMs @param {() => void} again */
function timeRow(name, { best, text }, maxMs, again) {
  const isMet = maxMs === null ? null : best <= maxMs;
  printRow({ name, value: text, target: maxMs === null ? '' : `<= ${formatMs(maxMs)}`, isMet });
  if (isMet !== false) return;
  for (const line of whereTimeGoes(again, 12)) printNote(line);
}

/**
 * @param {string} name
 * @param {Guest} guest  running, and idle
 * @param {import('../../src/ports/base-tree.ts').BaseTree} base
 * @param {{ rounds: number, maxPauseMs: number | null, maxTotalMs: number | null, maxKB: number | null, maxRestoreMs: number | null }} limits
 */
function measure(name, guest, base, { rounds, maxPauseMs, maxTotalMs, maxKB, maxRestoreMs }) {
  const { container } = guest;
  const pauses = Array.from({ length: PAUSES }, () => pause(container));
  const saves = Array.from({ length: rounds }, () => ({ ...checkpoint(container), image: null }));
  const { image } = checkpoint(container);
  const restores = Array.from({ length: rounds }, () => ({ ...restore(base, image), container: null }));
  timeRow(`${name}: pause`, firstAndBest(pauses), maxPauseMs, () => {
    for (let i = 0; i < PAUSES; i++) pause(container);
  });
  timeRow(`${name}: full checkpoint`, firstAndBest(saves.map(({ totalMs }) => totalMs)), maxTotalMs, () => {
    for (let i = 0; i < rounds * 2; i++) checkpoint(container);
  });
  const kB = image.length / 1000;
  const frames = container.kernel.core.framesInUse();
  printRow({ name: `${name}: image`, value: `${kB.toFixed(1)} kB of ${frames} frames`, target: maxKB === null ? '' : `<= ${maxKB} kB`, isMet: maxKB === null ? null : kB <= maxKB });
  timeRow(`${name}: restore`, firstAndBest(restores.map(({ totalMs }) => totalMs)), maxRestoreMs, () => {
    for (let i = 0; i < rounds * 2; i++) restore(base, image);
  });
}

/** @param {import('../../src/ports/base-tree.ts').BaseTree} base @param {readonly string[]} argv @param {boolean} hasTerminal */
function idle(base, argv, hasTerminal) {
  const guest = Guest.create(hostOver(base), argv, hasTerminal);
  guest.start();
  if (guest.run()) throw new Error(`${argv.join(' ')} has ended: ${guest.output}`);
  return guest;
}

const image = await busyboxRoot();
measure('idle shell', idle(image, ['/bin/sh'], true), image, { rounds: 20, maxPauseMs: 1, maxTotalMs: 10, maxKB: 300, maxRestoreMs: 10 });

const { folder, sentence } = compilePrograms('guest');
if (sentence !== null) {
  printNote(`${sentence}: nothing with 256 MiB to measure`);
} else {
  const root = directoryRoot(folder);
  measure('256 MiB', idle(root, ['/hold', '256'], false), root, { rounds: 3, maxPauseMs: 1, maxTotalMs: null, maxKB: null, maxRestoreMs: null });
}
printNote('wall time: the best of several, and the first in this process; the machine rehearses both while it is idle');
printNote('restore is to the first instruction of the guest');
