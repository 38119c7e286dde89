/** Processes that are killed while they write to a file store: what they had kept is there, whole, whatever the moment. */

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'vite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { openFileStore } from '../../src/host/node/store.ts';
import { NO_GENERATION, generationAfter, keep, recover } from '../support/store-keeper.ts';
import { refused } from '../support/store-contract.ts';

const RANDOM_KILLS = 12;
const CONTENDERS = 10;
/** Children at a time. */
const LANES = 2;

let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stasis-store-kill-'));
  // In one piece of plain JavaScript, as it is started often.
  const input = ['store-child', 'store-contender'].map((name) => rootPath(`test/support/${name}.ts`));
  await build({ configFile: false, logLevel: 'error', build: { ssr: true, rollupOptions: { input }, outDir: join(folder, 'programs'), target: 'node20' } });
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

class Child {
  readonly lines: string[] = [];
  /** The signal that ended it, or null. */
  readonly ended: Promise<NodeJS.Signals | null>;
  readonly kill: () => void;
  private errors = '';

  constructor(program: string, ...args: string[]) {
    const child = spawn(process.execPath, [join(folder, 'programs', `${program}.js`), folder, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    createInterface(child.stdout).on('line', (line) => this.lines.push(line));
    child.stderr.on('data', (chunk) => (this.errors += chunk));
    this.kill = () => void child.kill('SIGKILL');
    this.ended = new Promise((resolve, reject) => child.once('close', (code, signal) => (code === null || code === 0 ? resolve(signal) : reject(new Error(this.errors)))));
  }

  /** Until it has printed that many lines. */
  async printed(count: number): Promise<void> {
    while (this.lines.length < count) await Promise.race([sleep(2), this.ended.then(() => Promise.reject(new Error(`ended: ${this.errors}`)))]);
  }

  /** The number in its last line. */
  lastNumber(): number {
    return Number(this.lines.at(-1) ?? 0);
  }
}

/** A store that has seen four generations. @returns the number of the last */
async function makeStore(name: string): Promise<number> {
  const store = await openFileStore(folder)(name);
  let before = NO_GENERATION;
  for (let i = 0; i < 4; i++) {
    const generation = generationAfter(before);
    await keep(store, generation, before);
    before = generation;
  }
  await store.close();
  return before.number;
}

function copyStore(from: string, to: string): void {
  cpSync(join(folder, from), join(folder, to), { recursive: true, filter: (path) => !statSync(path).isSocket() });
}

function digestsOf(name: string): Map<string, string> {
  const blobs = join(folder, name, 'blobs');
  return new Map(readdirSync(blobs).map((file) => [file, createHash('sha256').update(readFileSync(join(blobs, file))).digest('hex')]));
}

describe('a store in files', () => {
  it('is whole after its process was killed before any of its calls to the file system, or in the middle of a write', async () => {
    const before = await makeStore('template');
    const original = digestsOf('template');
    const outcomes = new Set<number>();
    let next = 1;
    let isDone = false;
    const lane = async () => {
      while (!isDone) {
        const at = next++;
        const name = `at-${at}`;
        copyStore('template', name);
        const child = new Child('store-child', name, 'at', String(at));
        const signal = await child.ended;
        if (signal === null) {
          expect(child.lines.at(-1)).toMatch(/^done \d+$/);
          isDone = true;
        } else {
          expect(signal).toBe('SIGKILL');
        }
        const store = await openFileStore(folder)(name);
        const { generation } = await recover(store);
        expect([before, before + 1]).toContain(generation.number);
        if (child.lines.length > 0) expect(generation.number).toBe(before + 1);
        outcomes.add(generation.number);
        expect((await recover(store)).swept).toBe(0);
        expect(readdirSync(join(folder, name, 'writing'))).toEqual([]);
        for (const [file, digest] of digestsOf(name)) if (original.has(file)) expect(digest).toBe(original.get(file));
        await store.close();
        rmSync(join(folder, name), { recursive: true });
      }
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    expect(next).toBeGreaterThan(40);
    expect([...outcomes].toSorted()).toEqual([before, before + 1]);
  });

  it('brings each file to the disk before it has its name, and the name before it goes on', async () => {
    await makeStore('traced');
    const child = new Child('store-child', 'traced', 'at', '0');
    expect(await child.ended).toBeNull();
    const from = child.lines.findIndex((line) => line.startsWith('open writing/'));
    const until = child.lines.findLastIndex((line) => line.startsWith('sync '));
    const targets = child.lines.flatMap((line) => /^rename writing\/\d+ (\S+)$/.exec(line)?.[1] ?? []);
    const calls = targets.flatMap((target, i) => {
      const writing = `writing/${i + 1}`;
      return [`open ${writing}`, `writeFile ${writing}`, `writeFile ${writing}`, `sync ${writing}`, `rename ${writing} ${target}`, `open ${dirname(target)}`, `sync ${dirname(target)}`];
    });
    expect(child.lines.slice(from, until + 1)).toEqual(calls);
    expect(targets.length).toBeGreaterThan(1);
    expect(targets.indexOf('manifest')).toBe(targets.length - 1);
    // Away with what the list names no more, only now.
    expect(child.lines.slice(until + 1).filter((line) => line.startsWith('rm blobs/')).length).toBeGreaterThan(0);
    expect(child.lines.slice(from, until).filter((line) => line.startsWith('rm '))).toEqual([]);
  });

  it('has what was kept last when a process that writes all the time is killed at any moment', async () => {
    let kept = 0;
    for (let i = 0; i < RANDOM_KILLS; i++) {
      const child = new Child('store-child', 'random', 'forever');
      await child.printed(1);
      if (i === 0) {
        const sentence = `${join(folder, 'random')}: another process keeps its checkpoints in this store: end it, or name another store`;
        expect(await refused('inUse', () => openFileStore(folder)('random'))).toBe(sentence);
      }
      await sleep(Math.random() * 40);
      child.kill();
      expect(await child.ended).toBe('SIGKILL');
      const store = await openFileStore(folder)('random');
      const { generation } = await recover(store);
      expect(generation.number).toBeGreaterThanOrEqual(Math.max(child.lastNumber(), kept + 1));
      kept = generation.number;
      await store.close();
    }
  });

  it('is never had by two of many processes that want it, some of which die with it', async () => {
    const children = Array.from({ length: CONTENDERS }, (_, i) => new Child('store-contender', 'wanted', i % 2 === 0 ? '2' : '3'));
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(children.map((_, i) => (i % 2 === 0 ? null : 'SIGKILL')));
    expect(children.map((child) => child.lastNumber())).toEqual(children.map((_, i) => (i % 2 === 0 ? 2 : 3)));
    const store = await openFileStore(folder)('wanted');
    expect(readdirSync(join(folder, 'wanted')).filter((name) => /^(lock|claim)/.test(name))).toEqual([`lock.${children.reduce((sum, child) => sum + child.lastNumber(), 1)}`]);
    await store.close();
  });
});
