/** Checkpoints that leave the page and come in, in a real Chromium: files by drop and by button, links, and what is refused. */

import { readFile } from 'node:fs/promises';
import type { Download } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { PlaygroundDriver } from './support/playground.ts';
import { serveFolder } from './support/static-server.ts';
import type { StaticServer } from './support/static-server.ts';

const SITE = process.env['STASIS_SITE'] ?? 'dist/site';

let browser: Browser;
/** Two addresses: to the browser two sites, with a store each. */
let here: StaticServer;
let there: StaticServer;

beforeAll(async () => {
  if (!hasBrowser) return;
  browser = await startBrowser({ permissions: ['clipboard-read', 'clipboard-write'] });
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  if (!hasBrowser) return;
  [here, there] = [await serveFolder(SITE), await serveFolder(SITE)];
});

afterEach(async () => {
  await here?.close();
  await there?.close();
});

async function openPage(url: string): Promise<PlaygroundDriver> {
  const driver = new PlaygroundDriver(await browser.context.newPage());
  await driver.open(url);
  await driver.page.getByText('kept in this browser').waitFor();
  return driver;
}

/** A checkpoint `note` of a container with a file in it, by a page that is still open. */
async function pageWithNote(): Promise<PlaygroundDriver> {
  const driver = await openPage(here.url);
  await driver.checkpoint();
  const exec = await driver.exec();
  await driver.command(exec, 'echo "water the plants" > /tmp/note');
  await driver.checkpoint();
  return driver;
}

async function bytesOf(download: Download): Promise<Uint8Array> {
  return new Uint8Array(await readFile(await download.path()));
}

/** What a restored container says of the file. */
async function expectNote(driver: PlaygroundDriver): Promise<void> {
  const exec = await driver.exec();
  await driver.command(exec, 'cat /tmp/note');
  await driver.waitForText(exec, /^water the plants$/m);
}

describe.runIf(hasBrowser)('files', () => {
  it('leave by two buttons and come in on another page, by drop and by button', async () => {
    const from = await pageWithNote();
    await from.panel('i');
    const files = new Map<string, Uint8Array>();
    for (const button of ['Export OCI tar', 'Export file']) {
      const [download] = await Promise.all([from.page.waitForEvent('download'), from.page.locator('stasis-checkpoint').getByRole('button', { name: button }).click()]);
      files.set(download.suggestedFilename(), await bytesOf(download));
    }
    expect([...files.keys()]).toEqual(['one-shell.oci.tar', 'one-shell.stasis']);

    const to = await openPage(there.url);
    await to.page.locator('stasis-timeline-foot input[type=file]').setInputFiles({ name: 'picked.oci.tar', mimeType: 'application/x-tar', buffer: Buffer.from(files.get('one-shell.oci.tar')!) });
    await to.said(/^one-shell has come in, checked whole: \d+ kB, \d+ processes/);
    await to.restore();
    await expectNote(to);
    await to.drop('dropped.stasis', files.get('one-shell.stasis')!);
    await to.said(/^dropped has come in, checked whole: \d+ kB, \d+ processes/);
    await to.page.locator('stasis-refusal').getByRole('button', { name: 'Restore dropped' }).click();
    await to.waitForEvent(/^restore: dropped, generation/);
    await expectNote(to);
    expect([...from.errors, ...to.errors]).toEqual([]);
    await from.page.close();
    await to.page.close();
  });

  it('are refused in one sentence where they hold no checkpoint, and nothing is touched', async () => {
    const driver = await openPage(here.url);
    const { page } = driver;
    await driver.drop('letter.txt', new TextEncoder().encode('Dear container,\n'.repeat(40)));
    const letter = await driver.said(/letter\.txt/);
    expect(letter).toMatch(/^import: letter\.txt is neither a checkpoint image,[^.]*$/);
    expect((await driver.events())[0]).toBe(letter);

    await driver.drop('busybox.tar', new Uint8Array(await readFile(`${SITE}/busybox.tar`)));
    expect(await driver.said(/container image/)).toMatch(/image/);

    await driver.checkpoint(); // which goes well: what was refused is past, and stays in Events
    await expect.poll(() => page.locator('stasis-refusal').count()).toBe(0);
    expect(await driver.events()).toContain(letter);
    await driver.panel('i');
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export file' }).click()]);
    const bytes = await bytesOf(download);
    bytes[bytes.length >> 1]! ^= 1;
    await driver.drop('boot.stasis', bytes);
    await driver.said(/checksum|digest|damaged/);
    expect(await driver.checkpointCount()).toBe(1);
    const counted = (await driver.text(0)).match(/^init: \d+$/gm)?.length ?? 0;
    await driver.waitForText(0, new RegExp(`^init: ${counted + 1}$`, 'm'));
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a file that comes at the wrong time', () => {
  it('is not taken, and that is said', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    let serveImage = (): void => undefined;
    const served = new Promise<void>((resolve) => (serveImage = resolve));
    await page.route('**/busybox.tar', async (route) => {
      await served;
      await route.continue();
    });
    await page.goto(here.url);
    await page.locator('stasis-page').waitFor({ state: 'attached' });
    await page.waitForFunction(() => document.querySelector('stasis-page')!.model.sessions.length === 1);
    await driver.drop('early.stasis', new Uint8Array(10));
    expect(await driver.said(/import/)).toBe('import: the machine is still starting; nothing was done, ask again');
    serveImage();
    await driver.waitForText(0, /^init: 1$/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a link', () => {
  it('holds a checkpoint, is copied with its size, and another page that opens it can restore at once', async () => {
    const from = await pageWithNote();
    await from.page.getByRole('button', { name: 'Share link' }).first().click();
    const field = from.page.locator('stasis-checkpoint .shared');
    await field.waitFor();
    expect(await field.innerText()).toMatch(/^Copied: a link of [\d,]+ characters/);
    const link = await from.page.evaluate(() => navigator.clipboard.readText());
    expect(link).toBe(await field.locator('input').inputValue());
    expect(link.length).toBeLessThan(64_000);
    await from.waitForEvent(new RegExp(`^link: one-shell, ${link.length.toLocaleString('en-US')} characters, copied$`));

    const to = new PlaygroundDriver(await browser.context.newPage());
    await to.open(there.url + link.slice(link.indexOf('#')));
    await to.said(/has come in, checked whole/);
    expect(await to.page.evaluate(() => location.hash)).toBe('');
    await to.restore();
    await to.waitForEvent(/running as generation/);
    await expectNote(to);
    expect([...from.errors, ...to.errors]).toEqual([]);
    await from.page.close();
    await to.page.close();
  });

  it('is refused in one sentence where there is too much for it, or it was cut short; the page runs', async () => {
    const from = await openPage(here.url);
    const exec = await from.exec();
    await from.checkpoint();
    await from.focus(exec);
    await from.command(exec, 'head -c 400000 /dev/urandom > /noise');
    await from.checkpoint();
    await from.page.getByRole('button', { name: 'Share link' }).first().click();
    expect(await from.said(/link/)).toMatch(/too large|at most/);
    expect(await from.page.locator('stasis-checkpoint .shared').count()).toBe(0);

    await from.page.getByRole('button', { name: /^1 one-shell/ }).click();
    await from.page.getByRole('button', { name: 'Share link' }).first().click();
    await from.page.locator('stasis-checkpoint .shared').waitFor();
    const link = await from.page.locator('stasis-checkpoint .shared input').inputValue();

    const to = new PlaygroundDriver(await browser.context.newPage());
    await to.open(there.url + link.slice(link.indexOf('#'), -200));
    expect(await to.said(/link/)).not.toBe('');
    expect(await to.checkpointCount()).toBe(0);
    expect([...from.errors, ...to.errors]).toEqual([]);
    await from.page.close();
    await to.page.close();
  });
});
