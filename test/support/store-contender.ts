/**
 * A process that wants one file store together with others: `store-contender.ts DIRECTORY NAME TURNS`. Each time it has the store it makes a file
 * that must not be there, and so fails where it is not alone; every third time it dies with the store open. Prints how often it
 * had it, a line each time.
 */

import { unlinkSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFileStore } from '../../src/host/node/store.ts';
import { StoreError } from '../../src/ports/checkpoint-store.ts';
import type { CheckpointStore } from '../../src/ports/checkpoint-store.ts';

const [directory = '', name = '', turns = ''] = process.argv.slice(2);
const inside = join(directory, 'inside');
const open = openFileStore(directory);

async function tryOpen(): Promise<CheckpointStore | null> {
  try {
    return await open(name);
  } catch (error) {
    if (error instanceof StoreError && error.failure === 'inUse') return null;
    throw error;
  }
}

for (let had = 0; had < Number(turns); ) {
  const store = await tryOpen();
  if (store === null) {
    await sleep(1);
    continue;
  }
  writeFileSync(inside, '', { flag: 'wx' });
  writeSync(1, `${++had}\n`);
  await sleep(1);
  unlinkSync(inside);
  if (had % 3 === 0) process.kill(process.pid, 'SIGKILL');
  await store.close();
}
