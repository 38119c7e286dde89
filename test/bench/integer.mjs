// @ts-check
/** Integer programs: the interpreter's speed against qemu-user's and native code's, in the same run. */
import { cpus } from 'node:os';
import { Contest } from './support/contest.mjs';
import { geometricMean, printNote, printRow } from './support/table.mjs';

/** Name and argument: sized so that qemu takes a tenth of a second or two. */
const PROGRAMS = [['intloop', '20000000'], ['sieve', '5'], ['sha256', '12'], ['memcpy', '1536']];
const TARGET = 0.19;

printNote(`CPU time, minimum of several, each program's runs interleaved; ${cpus()[0]?.model ?? 'unknown CPU'}, Node ${process.versions.node}`);
const contest = await Contest.create();
/** @type {number[]} */
const speeds = [];
for (const [name = '', argument = ''] of PROGRAMS) {
  const result = contest.measure([name, argument], { rounds: 4 });
  const speed = result.qemuMs === null ? null : result.qemuMs / result.guestMs;
  if (speed !== null) speeds.push(speed);
  printRow({ name, value: contest.describe(result), target: '', isMet: null });
}
if (speeds.length > 0) {
  const mean = geometricMean(speeds);
  printRow({ name: 'geometric mean', value: `${mean.toFixed(3)} of qemu's speed`, target: `>= ${TARGET}`, isMet: mean >= TARGET });
  if (mean < TARGET) for (const [name = '', argument = ''] of PROGRAMS) contest.explain([name, argument]);
}
contest.end();
