// @ts-check
/** What one call of the kernel costs, against qemu-user (where the host's kernel serves it) and natively, in the same run. */
import { Contest } from './support/contest.mjs';
import { formatMs, printNote, printRow } from './support/table.mjs';

/**
 * @typedef {object} Kind
 * @property {string} name
 * @property {string} kind          of the program `sys`
 * @property {number} count
 * @property {number} [maxOfQemu]   target: at most this multiple of qemu's time
 * @property {number} [maxMs]       target: at most this time for one operation
 */

/** @type {readonly Kind[]} */
const KINDS = [
  { name: 'null system call', kind: 'null', count: 1_000_000, maxOfQemu: 2 },
  { name: 'write a byte to /dev/null', kind: 'write', count: 500_000 },
  { name: 'stat + open + close', kind: 'stat', count: 100_000, maxOfQemu: 2 },
  { name: 'create + write + unlink', kind: 'create', count: 20_000 },
  { name: 'pipe round trip', kind: 'pipe', count: 40_000, maxOfQemu: 2 },
  { name: 'fork + exit + wait', kind: 'fork', count: 500 },
  { name: 'fork + exec + wait', kind: 'exec', count: 100, maxOfQemu: 1, maxMs: 1 },
  { name: 'touch a page', kind: 'touch', count: 50_000 },
];

const contest = await Contest.create();
const wanted = process.env['STASIS_BENCH_KIND'];
for (const { name, kind, count, maxOfQemu, maxMs } of KINDS) {
  if (wanted !== undefined && wanted !== kind) continue;
  /** @param {number} times */
  const command = (times) => ['sys', kind, String(times), '/tmp', '%runner'];
  const result = contest.measure(command(count), { empty: command(0), rounds: 5 });
  const { guestMs, qemuMs } = result;
  const limits = [];
  let isMet = true;
  if (maxMs !== undefined) {
    limits.push(`<= ${formatMs(maxMs)}`);
    isMet &&= guestMs / count <= maxMs;
  }
  if (maxOfQemu !== undefined && qemuMs !== null) {
    limits.push(`<= ${maxOfQemu} x qemu`);
    isMet &&= guestMs <= maxOfQemu * qemuMs;
  }
  printRow({ name, value: contest.describe(result, count), target: limits.join(', '), isMet: limits.length === 0 ? null : isMet });
  if (!isMet) contest.explain(command(count));
}
contest.end();
printNote('CPU time of the whole process with its children, minimum of five, less that of the same program doing nothing');
