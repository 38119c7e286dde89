// @ts-check
/** Checkpoint and restore: an idle shell, beside a whole machine's (v86), and processes with 16, 64 and 256 MiB in use. */
import { encodeLink } from '../../src/exchange/index.ts';
import { busyboxRoot, directoryRoot } from './support/guest.mjs';
import { Bench, least, median, times } from './support/checkpoints.mjs';
import { whereTimeGoes } from './support/profile.mjs';
import { compilePrograms } from './support/programs.mjs';
import { formatMs, printNote, printRow } from './support/table.mjs';

const PAUSES = 25;
const IDLE_ROUNDS = 20;
const SIZES_MIB = [16, 64, 256];
/** Rounds for each size. */
const SIZE_ROUNDS = 4;
const DIRTY_PAGES = 256;
/** v86 0.5.462, 64 MB, Linux idle at its prompt, measured in Node and Chromium. */
const V86 = { saveMs: '22–80 ms', imageBytes: '29 MB', restoreMs: '25–105 ms' };

/** Best, median and first of several. @param {readonly number[]} all */
function timeText(all) {
  return `${formatMs(least(all))}, median ${formatMs(median(all))}, first ${formatMs(all[0] ?? NaN)}`;
}

/** @param {string} name @param {readonly number[]} all @param {number | null} maxMs @param {() => void} again @param {string} [beside] */
function timeRow(name, all, maxMs, again, beside = '') {
  const isMet = maxMs === null ? null : least(all) <= maxMs;
  printRow({ name, value: `${timeText(all)}${beside === '' ? '' : ` (v86: ${beside})`}`, target: maxMs === null ? '' : `<= ${formatMs(maxMs)}`, isMet });
  if (isMet !== false) return;
  for (const line of whereTimeGoes(again, 12)) printNote(line);
}

/** @param {string} name @param {number} bytes @param {number | null} maxKB @param {string} [beside] */
function sizeRow(name, bytes, maxKB, beside = '') {
  const kB = bytes / 1000;
  printRow({ name, value: `${kB.toFixed(1)} kB${beside}`, target: maxKB === null ? '' : `<= ${maxKB} kB`, isMet: maxKB === null ? null : kB <= maxKB });
}

/**
 * @param {string} name @param {Bench} bench @param {Uint8Array} image @param {number} rounds
 * @param {{ inPlaceMs: number | null, otherMs: number | null, beside?: string }} limits
 */
function restoreRows(name, bench, image, rounds, { inPlaceMs, otherMs, beside = '' }) {
  const row = (/** @type {string} */ how, /** @type {number | null} */ maxMs, /** @type {() => number} */ work) =>
    timeRow(`${name}: restore ${how}`, times(rounds, work), maxMs, () => void times(rounds, work), beside);
  row('of a new image', otherMs, () => bench.restoreUnknown(image));
  row('into a new core', otherMs, () => bench.restoreBeside(image));
  row('in place', inPlaceMs, () => bench.restoreInPlace(image));
}

async function idleShell() {
  const bench = Bench.idle(await busyboxRoot(), ['/bin/sh']);
  timeRow('idle shell: pause', times(PAUSES, () => bench.pause()), 1, () => void times(IDLE_ROUNDS, () => bench.pause()));
  const fulls = times(IDLE_ROUNDS, () => bench.takeFull());
  timeRow('idle shell: full checkpoint', fulls.map(({ totalMs }) => totalMs), 10, () => void times(IDLE_ROUNDS, () => bench.takeFull()), V86.saveMs);
  const full = bench.takeFull();
  sizeRow('idle shell: image', full.image.length, 200, ` of ${bench.framesInUse()} frames (v86: ${V86.imageBytes})`);
  sizeRow('idle shell: link', (await encodeLink(full.image, 'idle')).length, 64, ' of text');
  bench.keep(full);
  bench.type('ls');
  const differences = times(IDLE_ROUNDS, () => bench.takeDifference());
  timeRow('after ls: increment', differences.map(({ totalMs }) => totalMs), null, () => undefined, 'none');
  sizeRow('after ls: increment', differences[0]?.image.length ?? NaN, 100);
  restoreRows('idle shell', bench, full.image, IDLE_ROUNDS, { inPlaceMs: 5, otherMs: 10, beside: V86.restoreMs });
}

/** @param {string} folder  of the programs */
function sizes(folder) {
  const root = directoryRoot(folder);
  const benches = SIZES_MIB.map((mib) => Bench.idle(root, ['/dirty', String(mib)]));
  // In turns, so that the machine's moods meet all.
  const rounds = times(PAUSES, () => benches.map((bench) => bench.pause()));
  const best = benches.map((_, i) => least(rounds.map((round) => round[i] ?? NaN)));
  for (const [i, bench] of benches.entries()) {
    const name = `${SIZES_MIB[i]} MiB`;
    timeRow(`${name}: pause`, rounds.map((round) => round[i] ?? NaN), 1, () => void times(PAUSES, () => bench.pause()));
    const fulls = times(SIZE_ROUNDS, () => ({ totalMs: bench.takeFull().totalMs }));
    timeRow(`${name}: full checkpoint`, fulls.map(({ totalMs }) => totalMs), null, () => undefined);
    const full = bench.takeFull();
    sizeRow(`${name}: image`, full.image.length, null, ` of ${bench.framesInUse()} frames`);
    bench.keep(full);
    bench.type(`word ${DIRTY_PAGES}`);
    const differences = times(SIZE_ROUNDS, () => bench.takeDifference());
    timeRow(`${name}: increment, ${DIRTY_PAGES} pages`, differences.map(({ totalMs }) => totalMs), null, () => undefined);
    sizeRow(`${name}: increment, ${DIRTY_PAGES} pages`, differences[0]?.image.length ?? NaN, null);
    restoreRows(name, bench, full.image, SIZE_ROUNDS, { inPlaceMs: null, otherMs: null });
  }
  const ratio = Math.max(...best) / least(best);
  printRow({ name: `pause at ${SIZES_MIB.join(', ')} MiB`, value: `largest ${ratio.toFixed(2)} × smallest`, target: '<= 1.5 x', isMet: ratio <= 1.5 });
}

await idleShell();
const { folder, sentence } = compilePrograms('guest');
if (sentence === null) sizes(folder);
else printNote(`${sentence}: nothing with much memory to measure`);
printNote('wall time in this process; the best counts; the machine rehearses both while it is idle, so that a user does not meet the first');
printNote('restore is to the first instruction of the guest; pages come when they are first touched; in place: from a container that went on since');
printNote('v86: a 64 MB guest, measured apart; it saves everything or nothing');
