/** What outlives the page, in a real Chromium: checkpoints, the container itself with autosave; and what is said where it does not. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { PlaygroundDriver } from './support/playground.ts';
import { serveFolder } from './support/static-server.ts';
import type { StaticServer } from './support/static-server.ts';

const SITE = process.env['STASIS_SITE'] ?? 'dist/site';

let server: StaticServer;
let browser: Browser;

beforeAll(async () => {
  if (hasBrowser) browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
});

// An address of its own has a store of its own.
beforeEach(async () => {
  if (hasBrowser) server = await serveFolder(SITE);
});

afterEach(async () => {
  await server?.close();
});

async function openPage(): Promise<PlaygroundDriver> {
  const driver = new PlaygroundDriver(await browser.context.newPage());
  await driver.open(server.url);
  await driver.page.getByText('kept in this browser').waitFor();
  return driver;
}

/** The last number that init has counted to. */
function lastCount(text: string): number {
  return Number([...text.matchAll(/^init: (\d+)$/gm)].at(-1)?.[1] ?? 0);
}

describe.runIf(hasBrowser)('a reload', () => {
  it('finds the checkpoints with their names, and restores one', async () => {
    const driver = await openPage();
    const { page } = driver;
    const exec = await driver.exec();
    await driver.command(exec, 'echo "water the plants" > /tmp/note');
    await driver.checkpoint();
    await driver.panel('i');
    await page.locator('stasis-checkpoint').getByLabel('name').fill('lunch');
    await page.locator('stasis-checkpoint').getByLabel('name').press('Enter');
    await expect.poll(async () => (await driver.checkpoints()).map(({ name, isStored }) => `${name} ${isStored}`)).toEqual(['lunch true']);
    expect(await page.locator('stasis-timeline-foot .num').innerText()).toMatch(/^\d+(\.\d)? [kM]?B of [\d.]+ [MG]B$/);

    await page.reload();
    await driver.waitForText(0, /^init: 1$/m);
    await page.getByRole('button', { name: /^1 lunch/ }).waitFor();
    await driver.restore();
    await driver.waitForEvent(/restore: pid \d+ sh \(exec\) killed/);
    const next = await driver.exec();
    await driver.command(next, 'cat /tmp/note');
    await driver.waitForText(next, /^water the plants$/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('brings the container back with autosave: init counts on, execs are gone; without it, it begins anew', async () => {
    const driver = await openPage();
    const { page } = driver;
    const exec = await driver.exec();
    await driver.command(exec, 'echo "water the plants" > /tmp/note');
    await driver.waitForText(0, /^init: 3$/m);
    await page.getByRole('checkbox', { name: /autosave/ }).check();
    await driver.waitForEvent(/^autosave: \d+ kB/);
    await page.getByText('autosave every 10 s').waitFor();
    expect(await page.locator('stasis-rail button.ck').count()).toBe(0);
    const saved = lastCount(await driver.text(0));

    await page.reload();
    await driver.waitForText(0, new RegExp(`^init: ${saved + 1}$`, 'm'));
    expect(await driver.text(0)).not.toMatch(/^init: 1$/m);
    await driver.waitForEvent(/restore: pid \d+ sh \(exec\) killed/);
    expect((await driver.processes()).filter((row) => row.endsWith(' sh'))).toEqual([]);
    expect(await page.getByRole('checkbox', { name: /autosave/ }).isChecked()).toBe(true);
    const next = await driver.exec();
    await driver.command(next, 'cat /tmp/note');
    await driver.waitForText(next, /^water the plants$/m);

    await driver.leave();
    await page.getByRole('checkbox', { name: /autosave/ }).uncheck();
    await driver.waitForEvent(/^autosave dropped/);
    await page.reload();
    await driver.waitForText(0, /^init: 1$/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a reload with an editor in init', () => {
  it('shows it again: it is told to draw anew', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    // The page as it is built, but for the program that it runs.
    await page.route('**/*.js', async (route) => {
      const response = await route.fetch();
      const script = await response.text();
      await route.fulfill({ response, body: script.replace(/(["'`])\/sbin\/demo-init\1/, '"-c","echo alpha >/f; exec vi /f"') });
    });
    await page.goto(server.url);
    await driver.waitForText(0, /^alpha *$[^]*1\/1 100%/m);
    await page.getByText('kept in this browser').waitFor();
    await page.getByRole('checkbox', { name: /autosave/ }).check();
    await driver.waitForEvent(/^autosave: \d+ kB/);

    await page.reload();
    await driver.waitForEvent(/^restore: autosave/);
    await driver.waitForText(0, /^alpha *$[^]*1\/1 100%/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('an exec in a stored checkpoint', () => {
  it('can be kept by a page that never had it: a terminal opens for it', async () => {
    const driver = await openPage();
    const { page } = driver;
    const exec = await driver.exec();
    await driver.command(exec, 'token=7f3a');
    await driver.command(exec, 'sleep 1000 &');
    await driver.checkpoint();
    await expect.poll(async () => (await driver.checkpoints()).map(({ isStored }) => isStored)).toEqual([true]);

    await page.reload();
    await driver.waitForText(0, /^init: 1$/m);
    await page.getByRole('button', { name: /^1 one-shell/ }).waitFor();
    await driver.choosePolicy('reattach');
    await page.getByText('In one-shell, not running now').waitFor();
    await page.getByRole('checkbox', { name: /^keep pid \d+ sh$/ }).check();
    await driver.leave();
    await driver.restore();
    await page.waitForFunction(() => document.querySelector('stasis-page')!.model.sessions.length === 2);
    await driver.focus(1);
    await driver.line('echo back $token');
    await driver.waitForText(1, /^back 7f3a$/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a store that cannot keep', () => {
  it('is said by the second of two tabs, which goes on in memory', async () => {
    const first = await openPage();
    const second = new PlaygroundDriver(await browser.context.newPage());
    await second.open(server.url);
    const sentence = await second.said(/another tab/);
    expect((await second.events()).filter((line) => line === sentence)).toHaveLength(1);
    await second.page.getByText('kept in memory only').waitFor();
    await second.checkpoint();
    await second.panel('i');
    expect(await second.page.locator('stasis-checkpoint dl').innerText()).toMatch(/in memory only: it goes with this page/);
    expect(await second.page.getByRole('checkbox', { name: /autosave/ }).count()).toBe(0);

    // One that came by a link says first that it is here.
    await second.page.getByRole('button', { name: 'Share link' }).first().click();
    const link = await second.page.locator('stasis-checkpoint .shared input').inputValue();
    await second.page.goto('about:blank');
    await second.open(link);
    await second.waitForEvent(/another tab/);
    await second.said(/has come in, checked whole/);
    await second.page.getByRole('button', { name: 'Later' }).click();
    await second.said(/another tab/);
    expect([...first.errors, ...second.errors]).toEqual([]);
    await first.page.close();
    await second.page.close();
  });

  it('is said when there is no room; the checkpoint is kept in memory and marked', async () => {
    // A browser of its own: Chromium goes by the room it has found once for a while.
    const small = await startBrowser();
    try {
      const driver = new PlaygroundDriver(await small.context.newPage());
      const { page } = driver;
      const session = await small.context.newCDPSession(page);
      await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(server.url).origin, quotaSize: 1_000_000 });
      await driver.open(server.url);
      await page.getByText('kept in this browser').waitFor();
      const exec = await driver.exec();
      await driver.command(exec, 'head -c 3000000 /dev/urandom > /big');
      await driver.checkpoint();
      const problem = page.locator('stasis-timeline-foot .problem');
      await problem.waitFor();
      expect(await problem.innerText()).toMatch(/no room/);
      await page.locator('stasis-rail').getByText('not kept').waitFor();
      await driver.restore();
      expect(driver.errors).toEqual([]);
    } finally {
      await small.close();
    }
  });

  it('says which checkpoint is damaged, and has the others', async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.checkpoint();
    await driver.exec();
    await driver.checkpoint();
    await expect.poll(async () => (await driver.checkpoints()).map(({ isStored }) => isStored)).toEqual([true, true]);
    const [first, second] = await driver.checkpoints();
    await page.goto('about:blank'); // lets go of the store
    const bare = await browser.context.newPage();
    await bare.route('**/bare', (route) => route.fulfill({ status: 200, contentType: 'text/html', body: '<!doctype html>' }));
    await bare.goto(`${server.url}bare`);
    const damaged = await bare.evaluate(async (digest) => {
      const [{ name }] = (await indexedDB.databases()) as [{ name: string }];
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(name);
        request.onsuccess = () => resolve(request.result);
      });
      const store = database.transaction('blobs', 'readwrite').objectStore('blobs');
      return new Promise<boolean>((resolve) => {
        const got = store.get(digest);
        got.onsuccess = () => {
          const bytes = got.result as Uint8Array;
          bytes[bytes.length >> 1]! ^= 1;
          store.put(bytes, digest).onsuccess = () => {
            database.close();
            resolve(true);
          };
        };
      });
    }, second!.digest);
    expect(damaged).toBe(true);
    await bare.close();
    await driver.open(server.url);
    await driver.waitForEvent(/one-shell.*(damaged|digest|checksum)|(damaged|digest|checksum).*one-shell/);
    await expect.poll(async () => (await driver.checkpoints()).map(({ name }) => name)).toEqual([first!.name]);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});
