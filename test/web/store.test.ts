/** The browser's store in a real Chromium, from a worker: the contract, tabs that compete, crash or run out of room. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { CONTRACT } from '../support/store-contract.ts';
import { buildStorePage } from '../support/store-browser/build.ts';
import { ChromiumProcess } from '../support/store-browser/process.ts';
import type {} from '../support/store-browser/page.ts';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { serveFolder } from './support/static-server.ts';
import type { StaticServer } from './support/static-server.ts';

const TAB_CRASHES = 5;
const BROWSER_KILLS = 3;
/** Checkpoints of a machine that saves for ever which no deletion has reached yet (MOST in store-browser/machine.ts less two). */
const KEPT_NEWEST = 4;

let folder: string;
let server: StaticServer;
let browser: Browser;

beforeAll(async () => {
  if (!hasBrowser) return;
  folder = await buildStorePage();
  server = await serveFolder(folder);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder !== undefined) await rm(folder, { recursive: true });
});

async function newTab(): Promise<Page> {
  const page = await browser.context.newPage();
  await page.goto(server.url);
  return page;
}

/** Kills the process of a tab with all its workers, and closes what is left. */
async function crashed(page: Page): Promise<void> {
  const session = await browser.context.newCDPSession(page);
  const crash = page.waitForEvent('crash');
  void session.send('Page.crash').catch(() => undefined);
  await crash;
  await page.close();
}

/** Ids are numbered in the order of the checkpoints. */
const numberOf = (id: string): number => Number(id.replace(/^\D+/, ''));

const open = (page: Page, name: string): Promise<string> => page.evaluate((store) => window.stores.open(store), name);
const recover = (page: Page): Promise<{ number: number; swept: number }> => page.evaluate(() => window.stores.recover());

describe.runIf(hasBrowser)('a store in this browser', () => {
  let page: Page;

  beforeAll(async () => {
    page = await newTab();
  });

  it.each(CONTRACT.map(({ name }, i) => [name, i] as const))('%s', async (_, i) => {
    expect(await page.evaluate((index) => window.stores.runCase(index), i)).toBe('');
  });
});

describe.runIf(hasBrowser)('two tabs on one store', () => {
  it('refuses the second with a sentence, which has the store once the first is closed', async () => {
    const first = await newTab();
    const second = await newTab();
    expect(await open(first, 'tabs')).toBe('');
    expect(await first.evaluate(() => window.stores.writeManifest(1, 5000))).toBe('');
    expect(await open(second, 'tabs')).toBe(
      'inUse: another tab of this browser keeps its checkpoints in this store: close that tab and reload; until then this one keeps them in memory only',
    );
    await first.close();
    expect(await open(second, 'tabs')).toBe('');
    expect(await second.evaluate(() => window.stores.holdsManifest(1, 5000))).toBe(true);
    await second.close();
  });

  it('lets the machine of the second go on in memory, and keeps its checkpoints once the first is closed', async () => {
    const first = await newTab();
    const second = await newTab();
    const tryStore = (page: Page) => page.evaluate(() => window.stores.checkpointAndOpen('machines'));
    expect(await tryStore(first)).toEqual({ refusal: '', areStored: [true] });
    const { refusal, areStored } = await tryStore(second);
    expect(refusal).toContain('another tab of this browser keeps its checkpoints in this store');
    expect(areStored).toEqual([false]);
    await first.close();
    expect(await tryStore(second)).toEqual({ refusal: '', areStored: [true, true, true] });
    await second.close();
  });

  it('gives the store to a page that is loaded again at once', async () => {
    const page = await newTab();
    for (let i = 0; i < 5; i++) {
      expect(await open(page, 'reloaded')).toBe('');
      await page.reload();
    }
    await page.close();
  });
});

describe.runIf(hasBrowser)('a store that has no room', () => {
  it('says so, keeps what it has, and takes what there is room for', async () => {
    // A browser of its own: Chromium goes by the room it has found once for a while.
    const small = await startBrowser();
    try {
      const page = await small.context.newPage();
      const session = await small.context.newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 2_000_000 });
      await page.goto(server.url);
      expect(await open(page, 'full')).toBe('');
      expect(await page.evaluate(() => window.stores.writeBlob(1, 200_000))).toBe('');
      expect(await page.evaluate(() => window.stores.writeManifest(2, 1000))).toBe('');

      const sentence = 'full: this browser has no room to keep 5000 kB more: delete checkpoints, or export and delete them; what it keeps already is whole';
      expect(await page.evaluate(() => window.stores.writeBlob(3, 5_000_000))).toBe(sentence);
      expect(await page.evaluate(() => window.stores.writeManifest(4, 5_000_000))).toBe(sentence);
      const isWhole = () => page.evaluate(async () => [await window.stores.holdsBlob(1, 200_000), await window.stores.holdsBlob(3, 5_000_000), await window.stores.holdsManifest(2, 1000)]);
      expect(await isWhole()).toEqual([true, false, true]);
      await page.reload();
      expect(await open(page, 'full')).toBe('');
      expect(await isWhole()).toEqual([true, false, true]);
      expect(await page.evaluate(() => window.stores.writeBlob(5, 300_000))).toBe('');
    } finally {
      await small.close();
    }
  });
});

describe.runIf(hasBrowser)('a tab that dies in the middle of saving', () => {
  it('leaves the last checkpoint whole, over and over, and the store free', async () => {
    let page = await newTab();
    for (let kill = 0; kill < TAB_CRASHES; kill++) {
      expect(await open(page, 'crash')).toBe('');
      const { number: before } = await recover(page);
      await page.evaluate(() => window.stores.keepForever());
      await sleep(5 + kill * 23);
      const kept = await page.evaluate(() => window.stores.keptNumber());
      await crashed(page);

      page = await newTab();
      expect(await open(page, 'crash')).toBe('');
      const { number } = await recover(page);
      expect(number).toBeGreaterThanOrEqual(Math.max(kept, before + 1));
      expect((await recover(page)).swept).toBe(0);
      await page.evaluate(() => window.stores.close());
    }
    await page.close();
  });
});

describe.runIf(hasBrowser)('a machine whose tab dies while it saves', () => {
  it('has every checkpoint that it kept, and all of them restore', async () => {
    const known = new Map<string, string>();
    let page = await newTab();
    let { found } = await page.evaluate(() => window.stores.openMachine('machine'));
    for (let crash = 0; crash < TAB_CRASHES; crash++) {
      await page.evaluate(() => window.stores.saveForever());
      let told: [string, string][] = [];
      while (told.length < 2) {
        await sleep(5 + crash * 11);
        told = await page.evaluate(() => window.stores.told());
      }
      await crashed(page);
      for (const [id, digest] of told) known.set(id, digest);

      page = await newTab();
      const opened = await page.evaluate(() => window.stores.openMachine('machine'));
      expect(opened.notices.filter((notice) => !notice.endsWith('cleared away'))).toEqual([]);
      ({ found } = opened);
      // The machine went on between its word and its death: newer checkpoints may have taken that one's place.
      const newer = found.filter(([id]) => numberOf(id) > numberOf(told.at(-1)![0]));
      if (newer.length < KEPT_NEWEST) expect(found.map(([id]) => id)).toContain(told.at(-1)![0]);
      for (const [id, digest] of found) expect(digest, id).toBe(known.get(id) ?? digest);
    }
    expect(found.length).toBeGreaterThan(5);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a browser that is killed in the middle of saving', () => {
  it('has the last checkpoint whole when it is started again', async () => {
    const profile = await mkdtemp(join(tmpdir(), 'stasis-chromium-killed-'));
    let killed = await ChromiumProcess.start(profile, server.url);
    try {
      for (let kill = 0; kill < BROWSER_KILLS; kill++) {
        expect(await open(killed.page, 'crash')).toBe('');
        const { number: before } = await recover(killed.page);
        await killed.page.evaluate(() => window.stores.keepForever());
        await sleep(10 + kill * 61);
        const kept = await killed.page.evaluate(() => window.stores.keptNumber());
        await killed.kill();

        killed = await ChromiumProcess.start(profile, server.url);
        expect(await open(killed.page, 'crash')).toBe('');
        const { number } = await recover(killed.page);
        expect(number).toBeGreaterThanOrEqual(Math.max(kept, before + 1));
        await killed.page.evaluate(() => window.stores.close());
      }
    } finally {
      await killed.kill();
      await rm(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    }
  });
});
