/** How to restore, in a real Chromium: each policy and what it leaves of an exec session, and what a refusal says and where. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** A page with one exec session in which a variable was set, and a checkpoint of both. */
async function frozenSession(): Promise<{ driver: PlaygroundDriver; exec: number; pid: number }> {
  const driver = new PlaygroundDriver(await browser.context.newPage());
  await driver.open(server.url);
  const exec = await driver.exec();
  await driver.command(exec, 'token=7f3a');
  await driver.checkpoint();
  const pid = await driver.page.evaluate(() => document.querySelector('stasis-page')!.model.sessions.at(-1)!.pid);
  return { driver, exec, pid };
}

describe.runIf(hasBrowser)('who survives', () => {
  it('says of every process whether it lives under each policy, and why, with its terminal', async () => {
    const { driver, pid } = await frozenSession();
    const { page } = driver;
    await driver.panel('s');
    const panel = page.locator('stasis-survivors');
    const row = panel.locator('tr', { hasText: 'started by exec' });
    await panel.getByText('Ends with SIGKILL').waitFor();
    await expect.poll(() => row.innerText()).toMatch(new RegExp(`${pid}\\s+sh[^]*pts/1[^]*:host:0[^]*killed; started by exec`));
    expect(await panel.locator('tr', { hasText: 'the init of the container' }).innerText()).toMatch(/1\s+sh[^]*lives on/);

    await driver.choosePolicy('naive');
    await panel.getByText('Prevents the restore').waitFor();
    await expect.poll(() => row.innerText()).toMatch(/makes the restore fail, no host FD available for :host:0/);

    await driver.choosePolicy('reattach');
    await expect.poll(() => row.innerText()).toMatch(/killed; started by exec/);
    await page.getByRole('checkbox', { name: `keep pid ${pid} sh` }).check();
    await expect.poll(() => row.innerText()).toMatch(/lives on, with a new end for :host:0; started by exec, named to be kept/);
    await expect.poll(() => driver.page.locator('stasis-processes tr.live', { hasText: 'exec' }).innerText()).toMatch(/lives on/);

    await driver.choosePolicy('keep');
    await expect.poll(() => row.innerText()).toMatch(/lives on, cut off from :host:0/);
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});

describe.runIf(hasBrowser)('a restore', () => {
  it('goes on in the same tab under reattach: scrollback, variables, and the size of the terminal', async () => {
    const { driver, exec, pid } = await frozenSession();
    const { page } = driver;
    await driver.choosePolicy('reattach');
    await page.getByRole('checkbox', { name: `keep pid ${pid} sh` }).check();
    await page.keyboard.press('Escape');
    await page.setViewportSize({ width: 1300, height: 800 });
    await driver.restore();
    await driver.focus(exec);
    await driver.line('echo back $token; stty size');
    await driver.waitForText(exec, /^back 7f3a$/m);
    const { rows, columns } = await page.evaluate(() => document.querySelector('stasis-page')!.sessionElement(2)!.terminal!.size);
    await driver.waitForText(exec, new RegExp(`^${rows} ${columns}$`, 'm'));
    expect(await driver.text(exec)).toMatch(/# token=7f3a/);
    expect(await page.locator('stasis-record').count()).toBe(0);
    expect(await driver.processes()).toContain(`${pid} sh`);
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('brings a session back that it had killed, once its record says to keep it', async () => {
    const { driver, exec, pid } = await frozenSession();
    const { page } = driver;
    await driver.restore();
    await page.getByRole('button', { name: 'Keep it next time' }).click();
    const tick = page.getByRole('checkbox', { name: `keep pid ${pid} sh` });
    await tick.waitFor();
    expect(await tick.isChecked()).toBe(true);
    await driver.restore();
    await driver.focus(exec);
    await driver.line('echo back $token');
    await driver.waitForText(exec, /# token=7f3a[^]*^back 7f3a$/m);
    expect(await page.locator('stasis-record').count()).toBe(0);
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('is refused under naive where it was asked and in Events, and the container goes on; forced, the session is cut off', async () => {
    const { driver, exec, pid } = await frozenSession();
    const { page } = driver;
    await driver.choosePolicy('naive');
    await page.keyboard.press('r');
    const sentence = await driver.said(/no host FD/);
    expect(sentence).toMatch(/^restore: one-shell[^,]*, .*; c1 goes on unchanged$/);
    expect((await driver.events()).filter((line) => line === sentence)).toHaveLength(1);
    await driver.focus(exec);
    await driver.line('echo still $token');
    await driver.waitForText(exec, /^still 7f3a$/m);

    await page.getByRole('checkbox', { name: /Force it/ }).check();
    await driver.restore();
    await page.getByText('It lives on in the container, but its terminal has no end outside').waitFor();
    expect(await page.locator('stasis-refusal').count()).toBe(0);
    expect(await driver.text(exec)).toMatch(/still 7f3a/);
    await driver.waitForText(0, /thawed as generation 2|frozen/);
    expect(pid).toBeGreaterThan(1);
    await page.locator('stasis-session').nth(exec).getByRole('button', { name: 'Close' }).click();
    await expect.poll(() => page.locator('stasis-session').count()).toBe(1);
    expect(await driver.processes()).toContain(`${pid} sh`);
    expect(driver.errors).toEqual([]);
    await page.close();
  });

  it('says of execs that the checkpoint holds and that do not run now that they prevent it, and leads from the refusal to the choice', async () => {
    const { driver, pid } = await frozenSession();
    const { page } = driver;
    await driver.restore();
    await driver.choosePolicy('naive');
    await page.locator('stasis-survivors tr', { hasText: `${pid}sh` }).or(page.locator('stasis-survivors tr', { hasText: `${pid} sh` })).waitFor();
    await page.getByText('One with a terminal or pipe outside prevents the restore.').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await driver.said(/no host FD/);
    await page.locator('stasis-refusal').getByRole('button', { name: 'How to restore' }).click();
    await page.getByRole('checkbox', { name: /Force it/ }).check();
    await page.getByText('They live on; their terminals and pipes outside are dead.').waitFor();
    expect(await page.locator('stasis-refusal').count()).toBe(0);
    await page.close();
  });

  it('is what the panel of a stopped container is about', async () => {
    const { driver } = await frozenSession();
    const { page } = driver;
    await page.getByLabel('leave it running').uncheck();
    await driver.checkpoint();
    await page.locator('stasis-top-bar', { hasText: 'stopped' }).waitFor();
    await driver.panel('s');
    await page.getByRole('heading', { name: /^If you restore one-shell/ }).waitFor();
    await page.getByText('No process: the container is stopped.').waitFor();
    await page.close();
  });

  it('kills under gvisor, lets the clock go on where it stopped, and says when a pid to keep is not there', async () => {
    const { driver, pid } = await frozenSession();
    const { page } = driver;
    await driver.choosePolicy('gvisor');
    await page.locator('stasis-restore-choice input[value=continue]').check();
    expect(await page.getByRole('button', { name: /^How to restore/ }).getAttribute('title')).toBe('How to restore: gvisor, clock continue');
    await driver.restore();
    await driver.waitForEvent(new RegExp(`restore: pid ${pid} sh \\(exec\\) killed`));

    const next = await driver.exec();
    await driver.choosePolicy('keep');
    const nextPid = await page.evaluate(() => document.querySelector('stasis-page')!.model.sessions.at(-1)!.pid);
    await driver.focus(next);
    await driver.command(next, 'sleep 1000 &');
    await driver.leave();
    const tick = page.getByRole('checkbox', { name: /^keep pid \d+ sleep/ });
    await tick.check();
    const sleeper = Number(/pid (\d+)/.exec((await tick.getAttribute('aria-label')) ?? '')?.[1]);
    await page.keyboard.press('r');
    expect(await driver.said(/which is to be kept, is no process/)).toContain(`pid ${sleeper}`);
    expect(nextPid).not.toBe(sleeper);
    await page.locator('stasis-refusal').getByRole('button', { name: 'Close' }).click();
    expect(await page.locator('stasis-refusal').count()).toBe(0);
    await page.close();
  });
});

describe.runIf(hasBrowser)('pause', () => {
  it('stops the container where it is, lets no exec in, and lets it go on', async () => {
    const driver = new PlaygroundDriver(await browser.context.newPage());
    const { page } = driver;
    await driver.open(server.url);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await page.getByRole('button', { name: 'New exec session' }).first().getAttribute('title')).toBe('The container is paused; resume it first');
    const before = await driver.text(0);
    await driver.checkpoint(); // also of a paused container; time goes by meanwhile
    expect((await driver.text(0)).match(/^init: \d+$/gm)).toEqual(before.match(/^init: \d+$/gm));
    await driver.leave();
    await page.keyboard.press('w');
    const count = Number(/init: (\d+)\s*$/.exec(before)?.[1] ?? 1);
    await driver.waitForText(0, new RegExp(`^init: ${count + 1}$`, 'm'));
    expect(driver.errors).toEqual([]);
    await page.close();
  });
});
