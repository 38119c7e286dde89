/** A machine that is killed while it keeps checkpoints in files: each that it has told of is there, and all that are there restore. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { openFileStore } from '../../src/host/node/store.ts';
import type { CheckpointStore, OpenStore } from '../../src/ports/checkpoint-store.ts';
import { MachineHarness } from '../support/machine-driver.ts';

const KILLS = 4;
const NAME = 'killed';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-machine-kill-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Runs one machine until `count` checkpoints and another moment are over. @returns what it told: digests by id */
async function runAndKill(count: number, moreMs: number): Promise<Map<string, string>> {
  const loader = pathToFileURL(rootPath('scripts/support/typescript.mjs')).href;
  const child = spawn(process.execPath, ['--import', loader, rootPath('test/support/store-machine-child.ts'), folder, NAME], { stdio: ['ignore', 'pipe', 'pipe'] });
  const told = new Map<string, string>();
  let errors = '';
  child.stderr.on('data', (chunk) => (errors += chunk));
  const ended = new Promise<NodeJS.Signals | null>((resolve) => child.once('close', (_, signal) => resolve(signal)));
  const isThere = new Promise<void>((resolve) => {
    createInterface(child.stdout).on('line', (line) => {
      const [id = '', digest = ''] = line.split(' ');
      told.set(id, digest);
      if (told.size === count) resolve();
    });
  });
  await Promise.race([isThere, ended]);
  await sleep(moreMs);
  child.kill('SIGKILL');
  expect(await ended, errors).toBe('SIGKILL');
  return told;
}

describe('a machine that is killed while it saves', () => {
  it('leaves a store whose every checkpoint restores, over and over', async () => {
    const told = new Map<string, string>();
    let newest = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const now = await runAndKill(3, Math.random() * 60);
      for (const [id, digest] of now) told.set(id, digest);
      let store: CheckpointStore | null = null;
      const openStore: OpenStore = async (name) => (store = await openFileStore(folder)(name));
      const harness = await MachineHarness.boot({ openStore });
      const { machine } = harness;
      const { checkpoints, notices } = await machine.openStore(NAME);
      expect(notices.filter((notice) => !notice.endsWith('cleared away'))).toEqual([]);
      expect(checkpoints.map(({ id }) => id)).toContain([...now.keys()].at(-1));
      for (const { id } of checkpoints) {
        const digest = createHash('sha256').update(await machine.exportCheckpoint(id, 'file')).digest('hex');
        expect(digest, id).toBe(told.get(id) ?? digest);
        told.set(id, digest);
      }
      const counts: number[] = [];
      for (const { id } of checkpoints) {
        await machine.restore(id);
        counts.push(Number(await harness.said('cat /count')));
      }
      expect(counts).toEqual([...new Set(counts)].toSorted((a, b) => a - b));
      expect(counts.at(-1)).toBeGreaterThanOrEqual(newest + now.size);
      newest = counts.at(-1)!;
      await store!.close();
    }
  });
});
