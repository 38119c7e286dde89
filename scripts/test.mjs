// @ts-check
/**
 * `npm test`: gets the tools it can, builds, checks, runs every test, and ends with one line that counts them.
 *
 *   npm test -- test/unit/foo.test.ts    only these; whatever follows goes to vitest
 *   npm run test:full                    what the ordinary run samples, in full
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { check } from './check.mjs';
import { root, rootPath } from './support/paths.mjs';
import { provideTools, TEST_TOOLS } from './support/tools.mjs';

/** What a run came to. @typedef {{ passed: number, failed: number, skipped: number }} Tally */

const REPORT = rootPath('build/test-report.json');

const args = process.argv.slice(2);
const isFull = args.includes('--full');
const filters = args.filter((arg) => arg !== '--full');

const hasFilters = filters.length > 0;
if (!hasFilters) provideTools(TEST_TOOLS);
const isGood = hasFilters || (await check());
const tally = runTests();
if (!isGood) tally.failed++;
process.stdout.write(`${isGood ? '' : '\n`npm run check` found what is printed above, counted as one failure\n'}\n${lastLine(tally)}\n`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);

/** @returns {Tally} */
function runTests() {
  rmSync(REPORT, { force: true });
  mkdirSync(dirname(REPORT), { recursive: true });
  const require = createRequire(import.meta.url);
  const vitest = join(dirname(require.resolve('vitest/package.json')), 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`];
  const run = spawnSync(process.execPath, [vitest, 'run', ...reporters, ...filters], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...(isFull ? { STASIS_TEST_FULL: '1' } : {}) },
  });
  if (!existsSync(REPORT)) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(readFileSync(REPORT, 'utf8'));
  const counted = tallyOf(report);
  if (!hasFilters) nameSkipped(report);
  // An error outside every test: the runner fails although no test of its report did.
  if (run.status !== 0 && counted.failed === 0) counted.failed = 1;
  return counted;
}

/**
 * Counts a report; a file that could not even be loaded is one failure.
 *
 * @param {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number,
 *   testResults: { status: string, assertionResults: { status: string }[] }[] }} report
 * @returns {Tally}
 */
function tallyOf(report) {
  const broken = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  return {
    passed: report.numPassedTests,
    failed: report.numFailedTests + broken.length,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/**
 * Says which files hold tests that did not run, for want of a program or of rights.
 *
 * @param {{ testResults: { name: string, assertionResults: { status: string }[] }[] }} report
 */
function nameSkipped({ testResults }) {
  const lines = testResults.flatMap(({ name, assertionResults }) => {
    const count = assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').length;
    return count === 0 ? [] : [`  ${relative(root, name)}: ${count} of ${assertionResults.length}\n`];
  });
  if (lines.length > 0) process.stdout.write(`\nskipped, for want of a program or of rights:\n${lines.sort().join('')}`);
}

/** @param {Tally} tally */
function lastLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
