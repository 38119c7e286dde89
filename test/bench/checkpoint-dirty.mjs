// @ts-check
/** What an increment costs against the pages that were changed since: a line each, drawn to `build/bench/checkpoint-dirty.svg`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { root as projectRoot, rootPath } from '../../scripts/support/paths.mjs';
import { directoryRoot } from './support/guest.mjs';
import { Bench, least, times } from './support/checkpoints.mjs';
import { drawPlot, fitLine } from './support/plot.mjs';
import { compilePrograms } from './support/programs.mjs';
import { formatMs, printNote, printRow } from './support/table.mjs';

const MIB = 64;
const PAGES = [0, 1024, 2048, 4096, 6144, 8192, 12_288, 16_384];
const ROUNDS = 6;
const KINDS = /** @type {const} */ ([['word', 'a word in each'], ['page', 'all of each']]);

/** One round: from a full checkpoint on, ever more pages are changed. @param {Bench} bench @param {string} command */
function round(bench, command) {
  bench.keep(bench.takeFull());
  return PAGES.map((pages) => {
    bench.type(`${command} ${pages}`);
    const { totalMs, image } = bench.takeDifference();
    return { totalMs, bytes: image.length };
  });
}

/** @param {string} folder  of the programs */
function measure(folder) {
  const series = KINDS.map(([command, name]) => {
    const bench = Bench.idle(directoryRoot(folder), ['/dirty', String(MIB)]);
    round(bench, command);
    const rounds = times(ROUNDS, () => round(bench, command));
    const points = PAGES.map((x, i) => ({ x, y: least(rounds.map((taken) => taken[i]?.totalMs ?? NaN)), bytes: rounds[0]?.[i]?.bytes ?? NaN }));
    return { name, points, line: fitLine(points) };
  });
  for (const { name, points, line } of series) {
    for (const { x, y, bytes } of points) printRow({ name: `${x} pages changed, ${name}`, value: `${formatMs(y)}, ${(bytes / 1000).toFixed(1)} kB`, target: '', isMet: null });
    const value = `${formatMs(line.atZero)} + ${formatMs(line.slope)} a page, R² = ${line.r2.toFixed(4)}`;
    printRow({ name: `line, ${name}`, value, target: 'R² >= 0.98', isMet: line.r2 >= 0.98 });
  }
  const path = rootPath('build/bench/checkpoint-dirty.svg');
  mkdirSync(rootPath('build/bench'), { recursive: true });
  writeFileSync(path, drawPlot({ title: `An increment of ${MIB} MiB in use`, xLabel: 'pages changed since the checkpoint before: a word in each, or all of each', yLabel: 'ms, pause and encoding', series }));
  printNote(`drawn to ${relative(projectRoot, path)}`);
}

const { folder, sentence } = compilePrograms('guest');
if (sentence === null) measure(folder);
else printNote(`${sentence}: nothing with pages to change`);
