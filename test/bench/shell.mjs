// @ts-check
/** Debian's busybox: what a shell does all day, against the same binary under qemu-user in the same run. */
import { Contest } from './support/contest.mjs';
import { printNote, printRow } from './support/table.mjs';

/** @type {readonly { name: string, script: string, maxOfQemu?: number }[]} */
const SCRIPTS = [
  { name: 'ash counts to 100,000', script: 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo $i', maxOfQemu: 5 },
  { name: '500 x fork + exec of true in ash', script: 'i=0; while [ $i -lt 500 ]; do %busybox true; i=$((i+1)); done; echo $i', maxOfQemu: 1 },
  { name: 'seq 200000 | md5sum', script: '%busybox seq 1 200000 | %busybox md5sum' },
  { name: 'gzip of busybox (1 MB)', script: '%busybox gzip -c %folder/busybox | %busybox md5sum' },
  { name: 'find, sort and count in /', script: 'cd %folder/..; i=0; while [ $i -lt 20 ]; do %busybox find bin tmp | %busybox sort | %busybox wc -l; i=$((i+1)); done' },
];

const contest = await Contest.create();
for (const { name, script, maxOfQemu } of SCRIPTS) {
  const command = ['busybox', 'ash', '-c', script];
  const result = contest.measure(command);
  const isJudged = maxOfQemu !== undefined && result.qemuMs !== null;
  const isMet = isJudged ? result.guestMs <= maxOfQemu * (result.qemuMs ?? 0) : null;
  printRow({ name, value: contest.describe(result), target: isJudged ? `<= ${maxOfQemu} x qemu` : '', isMet });
  if (isMet === false) contest.explain(command);
}
contest.end();
printNote('CPU time of the whole process with its children, minimum of three');
