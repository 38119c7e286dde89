/**
 * A machine that takes checkpoints into a file store, and deletes old ones, until it is killed: `store-machine-child.ts DIRECTORY NAME`.
 * Prints `ID DIGEST` of each that is kept, the digest being that of its export.
 */

import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openFileStore } from '../../src/host/node/store.ts';
import { MachineHarness } from './machine-driver.ts';

/** Checkpoints beyond which the oldest but two goes. */
const MOST = 6;

const [directory = '', name = ''] = process.argv.slice(2);
const harness = await MachineHarness.boot({ openStore: openFileStore(directory) });
const { machine } = harness;
const { checkpoints, notices } = await machine.openStore(name);
for (const notice of notices) if (!notice.endsWith('cleared away')) throw new Error(notice);
const last = checkpoints.at(-1);
if (last === undefined) {
  machine.create({ console: { columns: 80, rows: 24 }, argv: ['sleep', '100000'] });
  machine.start();
} else {
  await machine.restore(last.id);
}
for (;;) {
  await harness.said('echo $(($(cat /count 2>/dev/null || echo 0) + 1)) > /count');
  const { id } = await harness.settled(machine.checkpoint({ leaveRunning: true }));
  const digest = createHash('sha256').update(await machine.exportCheckpoint(id, 'file')).digest('hex');
  writeSync(1, `${id} ${digest}\n`);
  const kept = machine.listCheckpoints();
  if (kept.length > MOST) await machine.deleteCheckpoint(kept[2]!.id);
}
