/**
 * A process that keeps things in a file store until it is killed: `store-child.ts DIRECTORY NAME forever`, or `… at K`, which kills
 * itself right before its K-th call to the file system, counted from 1, and prints `done N` when there are only N. `at 0` never
 * does, and prints each call with the files that it is about.
 *
 * Prints the number of each generation that is kept, a line each.
 */

import { writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import fileSystem from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { openFileStore } from '../../src/host/node/store.ts';
import { generationAfter, keep, keepForever, recover } from './store-keeper.ts';

const [directory = '', name = '', how = '', at = ''] = process.argv.slice(2);

type Call = (this: unknown, ...args: never[]) => Promise<unknown>;

const CALLS = ['open', 'link', 'unlink', 'mkdir', 'readdir', 'readFile', 'rename', 'rm', 'stat', 'statfs'] as const;
const HANDLE_CALLS = ['writeFile', 'sync'] as const;

let calls = 0;

/** What is open, by the directory's names. */
const openPaths = new WeakMap<object, string>();

function countCall(killAt: number, call: string, ...paths: string[]): void {
  if (++calls === killAt) process.kill(process.pid, 'SIGKILL');
  if (killAt === 0) tell(`${call} ${paths.join(' ')}`);
}

function nameIn(path: unknown): string {
  return relative(join(directory, name), String(path)) || '.';
}

/** Counts what the store asks of the file system. A write counts twice: the second time half of it has been done. */
async function killAtCall(killAt: number): Promise<void> {
  for (const call of CALLS) {
    const original = fileSystem[call] as Call;
    const counted: Call = async function (...args) {
      const isOfTwo = call === 'rename' || call === 'link';
      countCall(killAt, call, ...args.slice(0, isOfTwo ? 2 : 1).map(nameIn));
      const result = await original.apply(fileSystem, args);
      if (call === 'open') openPaths.set(result as object, nameIn(args[0]));
      return result;
    };
    Object.assign(fileSystem, { [call]: counted });
  }
  syncBuiltinESMExports();
  const handle = await fileSystem.open('.', 'r');
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  for (const call of HANDLE_CALLS) {
    const original = prototype[call] as Call;
    const counted: Call = async function (...args) {
      const path = openPaths.get(this as object) ?? '';
      countCall(killAt, call, path);
      if (call !== 'writeFile') return original.apply(this, args);
      const [bytes] = args as unknown as [Uint8Array];
      const half = bytes.subarray(0, bytes.length >> 1);
      await original.call(this, ...([half] as unknown as never[]));
      countCall(killAt, call, path);
      return original.call(this, ...([bytes.subarray(half.length)] as unknown as never[]));
    };
    Object.assign(prototype, { [call]: counted });
  }
  calls = 0;
}

function tell(line: string | number): void {
  writeSync(1, `${line}\n`);
}

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
