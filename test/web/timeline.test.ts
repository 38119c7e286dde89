/** The timeline in a real Chromium: branches, names and notes, sizes, deleting, and two checkpoints beside each other. */

import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
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

describe.runIf(hasBrowser)('the timeline', () => {
  it('grows a branch where an older checkpoint was restored, and keeps what each holds', async () => {
    const driver = await openPage();
    const { page } = driver;
    const first = await driver.exec();
    await driver.command(first, 'echo one > /tmp/note');
    await driver.checkpoint();
    await driver.focus(first);
    await driver.command(first, 'echo two > /tmp/note');
    await driver.checkpoint();

    await page.getByRole('button', { name: /^1 one-shell/ }).click();
    await driver.restore();
    const second = await driver.exec();
    await driver.command(second, 'cat /tmp/note');
    await driver.waitForText(second, /^one$/m);
    await driver.command(second, 'echo three > /tmp/note');
    await driver.checkpoint();

    const [a, b, c] = await driver.checkpoints();
    expect([a?.parentId, b?.parentId, c?.parentId]).toEqual([null, a?.id, a?.id]);
    expect([a?.isDifference, b?.isDifference, c?.isDifference]).toEqual([false, true, true]);
    expect(await page.locator('stasis-rail button.ck').allInnerTexts()).toEqual([
      expect.stringMatching(/^1\s*one-shell[^]*kB full/), expect.stringMatching(/^2\s*one-shell-2[^]*kB more/), expect.stringMatching(/^3\s*one-shell-3[^]*kB more/),
    ]);
    const rows = await page.locator('stasis-rail button.ck').evaluateAll((buttons) => buttons.map((button) => (button as HTMLElement).offsetTop));
    expect(rows[1]).toBe(rows[0]);
    expect(rows[2]).toBeGreaterThan(rows[0]!);

    // Up and down change the branch, left and right go along it, Enter restores.
    await page.getByRole('button', { name: /^3 one-shell-3/ }).focus();
    await page.keyboard.press('ArrowUp');
    await page.waitForFunction(() => document.activeElement?.shadowRoot?.activeElement?.shadowRoot?.activeElement?.textContent?.includes('one-shell-2'));
    const branch = await page.evaluate(() => document.querySelector('stasis-page')!.model.branchSinceMs);
    await page.keyboard.press('Enter');
    await page.waitForFunction((since) => document.querySelector('stasis-page')!.model.branchSinceMs > since, branch);
    const third = await driver.exec();
    await driver.command(third, 'cat /tmp/note');
    await driver.waitForText(third, /^two$/m);
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('renames, takes a note, says what deleting frees, and deletes at the second press', async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.checkpoint();
    await driver.exec();
    await driver.checkpoint();
    await page.getByRole('button', { name: /^1 boot/ }).click();
    await driver.panel('i');
    const panel = page.locator('stasis-checkpoint');
    await panel.getByLabel('name').fill('lunch');
    await panel.getByLabel('name').press('Enter');
    await page.getByRole('button', { name: /^1 lunch/ }).waitFor();
    await panel.getByLabel('name').fill('  ');
    await panel.getByLabel('name').press('Enter');
    expect(await panel.getByLabel('name').inputValue()).toBe('lunch');
    await panel.getByLabel('note').fill('before the plants');
    await panel.getByLabel('note').blur();
    await expect.poll(async () => (await driver.checkpoints())[0]?.note).toBe('before the plants');
    expect(await panel.locator('dl').innerText()).toMatch(/size\s+\d+ kB, a full image\s+kept\s+in this browser: it is there after a reload/);

    await panel.getByRole('button', { name: 'Delete…' }).click();
    expect(await driver.checkpointCount()).toBe(2);
    await panel.getByRole('button', { name: /^Delete for good, frees \d/ }).click();
    await expect.poll(() => driver.checkpointCount()).toBe(1);
    expect((await driver.checkpoints())[0]?.parentId).toBeNull();
    await page.locator('stasis-rail').getByText('since one-shell').waitFor();
    await driver.leave();
    await page.keyboard.press('v');
    expect(await driver.waitForEvent(/^verify:/)).toMatch(/^verify: one-shell is whole, \d+ kB with what it stands on: \d+ processes, .* sha256:/);
    await driver.restore();
    await driver.waitForEvent(/c1 running as generation 2/);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('comparing', () => {
  it('shows what came, went and changed, and the bytes of a page, from the keyboard too', async () => {
    const driver = await openPage();
    const { page } = driver;
    await driver.checkpoint();
    const exec = await driver.exec();
    await driver.command(exec, 'echo "water the plants" > /tmp/note');
    await driver.checkpoint();
    expect(server.sentBytes.has('/assets/stasis-compare.js')).toBe(false);
    expect([...server.sentBytes.keys()].filter((path) => path.includes('compare'))).toEqual([]);

    await driver.panel('d');
    const compare = page.locator('stasis-compare');
    await compare.locator('tr.added', { hasText: '/tmp/note' }).waitFor();
    const table = await compare.locator('table').innerText();
    expect(table).toMatch(/Processes[^]*\+\s*\d+ sh\s+born of an exec/);
    expect(table).toMatch(/Descriptors[^]*: 0 terminal\s+\/dev\/pts\/1/);
    expect(table).toMatch(/\+\s*\/tmp\/note\s+17 B/);
    expect(table).toMatch(/Mappings[^]*mappings/);
    expect(await compare.locator('header').first().innerText()).toMatch(/apart, \d+ processe?s?, .* pages? differ/);

    const pages = compare.locator('stasis-page-map li button');
    expect(await pages.count()).toBeGreaterThan(3);
    await pages.first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const label = await pages.nth(1).getAttribute('aria-label');
    const address = /0x[0-9a-f]+/.exec(label ?? '')?.[0];
    await compare.getByRole('heading', { name: `Page ${address}` }).waitFor();
    await expect.poll(() => compare.locator('stasis-hex ins').count()).toBeGreaterThan(0);
    expect(await compare.locator('stasis-hex p').innerText()).toMatch(/\d+ bytes? differ/);

    // The other way round: what came has gone.
    await compare.getByLabel('checkpoint A').selectOption({ label: 'one-shell' });
    await compare.getByLabel('checkpoint B').selectOption({ label: 'boot' });
    await compare.locator('tr.removed', { hasText: '/tmp/note' }).waitFor();
    await page.keyboard.press('Escape');
    expect(await compare.count()).toBe(0);
    await driver.waitForText(exec, /# *$/);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});
