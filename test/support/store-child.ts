/**
 * A process that keeps things in a file store until it is killed: `store-child.ts DIRECTORY NAME forever`, or `… at K`, which kills
 * itself right before its K-th call to the file system, counted from 1, and prints `done N` when there are only N.
 *
 * Prints the number of each generation that is kept, a line each.
 */

import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import fileSystem from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { openFileStore } from '../../src/host/node/store.ts';
import { generationAfter, keep, keepForever, recover } from './store-keeper.ts';

type Call = (this: unknown, ...args: never[]) => Promise<unknown>;

const CALLS = ['open', 'link', 'unlink', 'mkdir', 'readdir', 'readFile', 'rename', 'rm', 'stat', 'statfs'] as const;
const HANDLE_CALLS = ['writeFile', 'sync', 'close'] as const;

let calls = 0;

function countCall(killAt: number): void {
  if (++calls === killAt) process.kill(process.pid, 'SIGKILL');
}

/** Counts what the store asks of the file system. A write counts twice: the second time half of it has been done. */
async function killAtCall(killAt: number): Promise<void> {
  for (const name of CALLS) {
    const original = fileSystem[name] as Call;
    const counted: Call = async function (...args) {
      countCall(killAt);
      return original.apply(fileSystem, args);
    };
    Object.assign(fileSystem, { [name]: counted });
  }
  syncBuiltinESMExports();
  const handle = await fileSystem.open('.', 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  for (const name of HANDLE_CALLS) {
    const original = prototype[name] as Call;
    const counted: Call = async function (...args) {
      countCall(killAt);
      if (name !== 'writeFile') return original.apply(this, args);
      const [bytes] = args as unknown as [Uint8Array];
      const half = bytes.subarray(0, bytes.length >> 1);
      await original.call(this, ...([half] as unknown as never[]));
      countCall(killAt);
      return original.call(this, ...([bytes.subarray(half.length)] as unknown as never[]));
    };
    Object.assign(prototype, { [name]: counted });
  }
  calls = 0;
}

function tell(line: string | number): void {
  writeSync(1, `${line}\n`);
}

const [directory = '', name = '', how = '', at = ''] = process.argv.slice(2);
if (how === 'at') await killAtCall(Number(at));
const store = await openFileStore(directory)(name);
const { generation } = await recover(store);
if (how === 'forever') {
  await keepForever(store, generation, tell);
} else {
  const next = generationAfter(generation);
  await keep(store, next, generation);
  tell(next.number);
  await store.close();
  tell(`done ${calls}`);
}
