/** The built page beside its story: keys, widths, themes, motion, what it says when something is missing. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Page } from 'playwright-core';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { PlaygroundDriver } from './support/playground.ts';
import { serveFolder } from './support/static-server.ts';
import type { StaticServer } from './support/static-server.ts';

const SITE = process.env['STASIS_SITE'] ?? 'dist/site';

let server: StaticServer;
let browser: Browser;

beforeAll(async () => {
  if (!hasBrowser) return;
  server = await serveFolder(SITE);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Names of the elements that have the focus, the outermost first. */
function focusPath(page: Page): Promise<string> {
  return page.evaluate(() => {
    const path: string[] = [];
    for (let active = document.activeElement; active !== null; active = active.shadowRoot?.activeElement ?? null) path.push(active.localName);
    return path.join(' ');
  });
}

describe.runIf(hasBrowser)('the keyboard', () => {
  it('leaves a terminal by Ctrl+Shift+Space only, and then drives the page', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    await driver.open(server.url);
    await page.keyboard.press('n');
    await driver.waitForText(1, /# *$/);
    expect(await focusPath(page)).toContain('textarea');

    await page.keyboard.type('ncr');
    await driver.waitForText(1, /# ncr$/);
    expect(await driver.checkpointCount()).toBe(0);

    await driver.leave();
    expect(await focusPath(page)).toBe('stasis-page stasis-session div');
    await page.keyboard.press('1');
    expect(await focusPath(page)).toContain('textarea');
    await driver.leave();

    await page.keyboard.press('s');
    await page.getByText('Ends with SIGKILL').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByText('Ends with SIGKILL').count()).toBe(0);
    expect(await focusPath(page)).toBe('stasis-page stasis-session div');
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('reaches every control by Tab, in the order of the page', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    await driver.open(server.url);
    const seen: string[] = [];
    for (let i = 0; i < 14; i++) {
      await page.keyboard.press('Tab');
      const path = await focusPath(page);
      seen.push(path.split(' ')[1] ?? path);
      if (path.includes('textarea')) await driver.leave();
    }
    const order = ['button', 'stasis-top-bar', 'stasis-session', 'stasis-processes', 'stasis-deck'].map((name) => seen.indexOf(name));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).not.toContain(-1);
    await page.close();
  });
});

describe.runIf(hasBrowser)('names', () => {
  it('has one for every control of every panel, and the help names every key', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    await driver.open(server.url);
    await driver.checkpoint();
    await driver.exec();
    await driver.checkpoint();
    await driver.choosePolicy('reattach');
    await page.getByRole('checkbox', { name: /^keep pid/ }).first().waitFor();
    for (const [key, shows] of [['s', 'stasis-survivors td'], ['i', 'stasis-checkpoint dl'], ['d', 'stasis-hex p'], ['?', 'stasis-help dl']] as const) {
      if (key !== 's') await driver.panel(key);
      await page.locator(shows).first().waitFor();
      for (const role of ['button', 'radio', 'checkbox', 'textbox', 'combobox', 'tab', 'region'] as const) {
        expect(await page.getByRole(role, { name: /^\s*$/ }).count(), `${role} without a name, panel ${key}`).toBe(0);
      }
    }
    const keys = await page.locator('stasis-help dt').allInnerTexts();
    for (const key of ['C', 'R', 'S', 'I', 'D', 'V', 'W', 'N', '1 to 9', 'Esc']) expect(keys).toContain(key);
    await page.keyboard.press('Escape');
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('widths', () => {
  it.each([[1440, 900], [1024, 768], [700, 900], [390, 780], [320, 640]])('fits %i px without scrolling sideways', async (width, height) => {
    const page = await browser.context.newPage();
    await page.setViewportSize({ width, height });
    const driver = new PlaygroundDriver(page);
    await driver.open(server.url);
    await driver.exec();
    const overflow = await page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    const rows = await page.evaluate(() => {
      const session = document.querySelector('stasis-page')!.shadowRoot!.querySelector('stasis-session:not([hidden])');
      return session?.shadowRoot?.querySelector('stasis-terminal')?.shadowRoot?.querySelectorAll('.xterm-rows > div').length ?? 0;
    });
    expect(rows).toBeGreaterThan(8);
    await page.close();
  });

  it('types Ctrl and arrows by the key row of a phone', async () => {
    const page = await browser.context.newPage();
    await page.setViewportSize({ width: 390, height: 780 });
    const driver = new PlaygroundDriver(page);
    await driver.open(server.url);
    const exec = await driver.exec();
    await driver.line('echo one');
    await driver.waitForText(exec, /^one$/m);
    await page.getByRole('button', { name: 'Up', exact: true }).click();
    await driver.waitForText(exec, /# echo one$/);
    await page.getByRole('button', { name: 'Control, for the next key' }).click();
    await driver.type('c');
    await driver.waitForText(exec, /# *$/);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('what the reader prefers', () => {
  it('follows the system, and keeps a theme that was chosen', async () => {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(server.url);
    const background = (): Promise<string> => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: 'Switch between dark and light' }).click();
    const dark = await background();
    expect(dark).not.toBe(light);
    await page.reload();
    expect(await background()).toBe(dark);
    await page.evaluate(() => localStorage.clear());
    await page.close();
  });

  it('shows the record at once where motion is reduced', async () => {
    const page = await browser.context.newPage();
    await page.emulateMedia({ reducedMotion: 'reduce' });
    const driver = new PlaygroundDriver(page);
    await driver.open(server.url);
    await driver.exec();
    await driver.checkpoint();
    await driver.restore();
    await page.locator('stasis-record').waitFor({ timeout: 500 });
    await page.close();
  });
});

describe.runIf(hasBrowser)('when something is missing', () => {
  it('says which file the server refused, and lets no button pretend', async () => {
    const page = await browser.context.newPage();
    await page.route('**/busybox.tar', (route) => route.fulfill({ status: 404 }));
    const driver = new PlaygroundDriver(page);
    await page.goto(server.url);
    await driver.waitForText(0, /busybox\.tar: the server answered 404/);
    expect((await driver.events())[0]).toMatch(/busybox\.tar: the server answered 404/);
    expect(await page.getByRole('button', { name: 'Checkpoint' }).isDisabled()).toBe(true);
    expect(await page.getByRole('button', { name: 'New exec session' }).first().isDisabled()).toBe(true);
    await page.close();
  });

  it('says when the image is damaged', async () => {
    const page = await browser.context.newPage();
    await page.route('**/busybox.tar', (route) => route.fulfill({ status: 200, body: Buffer.alloc(4096, 7) }));
    const driver = new PlaygroundDriver(page);
    await page.goto(server.url);
    await driver.waitForText(0, /image[^]*\S+/);
    await page.waitForFunction(() => document.querySelector('stasis-page')!.model.phase.kind === 'failed');
    expect((await driver.events())[0]).toMatch(/^image/);
    await page.close();
  });
});
