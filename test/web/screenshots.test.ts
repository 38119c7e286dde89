/** Pictures of the story in `build/screenshots`, to be looked at: nothing in them is compared. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBrowser, startBrowser } from './support/browser.ts';
import type { Browser } from './support/browser.ts';
import { PlaygroundDriver } from './support/playground.ts';
import { serveFolder } from './support/static-server.ts';
import type { StaticServer } from './support/static-server.ts';

const SITE = process.env['STASIS_SITE'] ?? 'dist/site';
const FOLDER = 'build/screenshots';

let server: StaticServer;
let browser: Browser;

beforeAll(async () => {
  mkdirSync(FOLDER, { recursive: true });
  if (!hasBrowser) return;
  server = await serveFolder(SITE);
  browser = await startBrowser();
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

describe.each(['dark', 'light'] as const)('the story in %s', (colorScheme) => {
  it.runIf(hasBrowser)('is worth a picture at every step and width', async () => {
    const page = await browser.context.newPage();
    await page.emulateMedia({ colorScheme });
    const driver = new PlaygroundDriver(page);
    const shoot = async (name: string): Promise<void> => {
      await page.waitForTimeout(200);
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
    await page.waitForTimeout(700);
    await shoot('2-running');
    await driver.checkpoint();
    await page.keyboard.press('s');
    await shoot('3-survivors');
    await page.keyboard.press('s');
    await page.waitForTimeout(1500);
    await driver.restore();
    await page.screenshot({ path: join(FOLDER, `4-restoring-${colorScheme}.png`) });
    await page.waitForTimeout(2500);
    await page.evaluate(() => document.querySelector('stasis-page')!.shadowRoot!.querySelector<HTMLElement>(':focus')?.blur());
    await shoot('5-restored');
    await page.setViewportSize({ width: 1024, height: 768 });
    await shoot('6-tablet');
    await page.setViewportSize({ width: 390, height: 780 });
    await shoot('7-phone');
    await page.getByRole('button', { name: /processes/ }).click();
    await shoot('8-phone-processes');
    await page.getByRole('button', { name: /timeline/ }).click();
    await shoot('9-phone-timeline');
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});
