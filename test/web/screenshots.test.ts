/** Pictures of the story in `build/screenshots`, to be looked at: nothing in them is compared. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { PlaygroundDriver } from './support/playground.ts';
import { serveFolder } from './support/static-server.ts';

const SITE = process.env['STASIS_SITE'] ?? 'dist/site';
const FOLDER = 'build/screenshots';

let browser: Browser;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  if (!hasBrowser) return;
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
});

const WIDTHS = [[1920, 1080], [1280, 800], [900, 800], [600, 900], [320, 640]] as const;

/** Two frames without a change of layout are drawn. */
function drawn(page: Page): Promise<void> {
  return page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve()))));
}

describe.each(['dark', 'light'] as const)('the story in %s', (colorScheme) => {
  it.runIf(hasBrowser)('is worth a picture at every step and width, and nowhere wider than the page', async () => {
    const server = await serveFolder(SITE); // an address of its own has a store of its own
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme });
    const driver = new PlaygroundDriver(page);
    const shoot = async (name: string): Promise<void> => {
      await drawn(page);
      await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
    };
    await driver.open(server.url);
    await shoot('1-empty');
    await driver.checkpoint();
    const first = await driver.exec();
    for (const command of ['cat /count', 'echo "water the plants" > /tmp/note', 'export TOKEN=7f3a', 'ls /', 'wc -c /tmp/note']) await driver.command(first, command);
    await driver.waitForText(first, /^17 \/tmp\/note$/m);
    const second = await driver.exec();
    await driver.command(second, 'ps');
    await driver.command(second, 'sleep 288 &');
    await page.locator('stasis-processes tr.live', { hasText: 'sleep 288' }).waitFor();
    await shoot('2-running');
    await driver.checkpoint();
    await page.keyboard.press('s');
    await page.locator('stasis-survivors td').first().waitFor();
    await shoot('3-survivors');
    await page.keyboard.press('s');
    await driver.restore();
    await page.screenshot({ path: join(FOLDER, `4-restoring-${colorScheme}.png`) });
    await page.locator('stasis-record').nth(1).waitFor();
    await page.waitForFunction(() => document.getAnimations().length === 0);
    await driver.waitForText(0, /frozen [^]*^init: \d+\n[^]*^init: \d+$/m);
    await page.evaluate(() => document.querySelector('stasis-page')!.shadowRoot!.querySelector<HTMLElement>(':focus')?.blur());
    await shoot('5-restored');
    await driver.exec();
    await driver.checkpoint();

    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    for (const [width, height] of WIDTHS) {
      await page.setViewportSize({ width, height });
      for (const [panel, key, shows] of [['page', '', 'stasis-terminal'], ['survivors', 's', 'stasis-survivors td'], ['details', 'i', 'stasis-checkpoint dl'], ['compare', 'd', 'stasis-hex p']] as const) {
        if (key !== '') await driver.panel(key);
        await page.locator(shows).first().waitFor({ state: 'attached' });
        await shoot(`${width}-${panel}`);
        expect(await page.evaluate(() => document.scrollingElement!.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
        if (key !== '') await page.keyboard.press('Escape');
      }
    }
    for (const panel of ['processes', 'timeline'] as const) {
      await page.getByRole('button', { name: new RegExp(panel) }).first().click();
      await shoot(`320-${panel}`);
    }
    expect(driver.errors).toEqual([]);
    await page.close();
    await server.close();
  });
});
