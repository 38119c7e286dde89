/** A Chromium that tests may kill: a process group of its own over a profile that outlives it. */

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import type { Page } from 'playwright-core';
import { chromiumPath } from '../../../scripts/support/tools.mjs';

const START_MS = 30_000;

export class ChromiumProcess {
  readonly page: Page;
  private readonly child: ChildProcess;

  private constructor(child: ChildProcess, page: Page) {
    this.child = child;
    this.page = page;
  }

  static async start(profile: string, url: string): Promise<ChromiumProcess> {
    // What a killed one leaves, and the next would take for its own.
    for (const name of ['DevToolsActivePort', 'SingletonLock', 'SingletonCookie', 'SingletonSocket']) await rm(join(profile, name), { force: true });
    const args = ['--headless=new', '--remote-debugging-port=0', `--user-data-dir=${profile}`, '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--no-default-browser-check', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--password-store=basic', 'about:blank'];
    const child = spawn(chromiumPath() ?? '', args, { detached: true, stdio: 'ignore' });
    const browser = await chromium.connectOverCDP(`http://127.0.0.1:${await debuggingPort(profile)}`);
    const context = browser.contexts()[0]!;
    const page = context.pages()[0] ?? (await context.newPage());
    await page.goto(url);
    return new ChromiumProcess(child, page);
  }

  /** SIGKILL to the browser and all its helpers at once. */
  async kill(): Promise<void> {
    const gone = new Promise<void>((resolve) => this.child.once('exit', () => resolve()));
    process.kill(-this.child.pid!, 'SIGKILL');
    await gone;
  }
}

async function debuggingPort(profile: string): Promise<number> {
  for (const startMs = Date.now(); Date.now() - startMs < START_MS; await sleep(20)) {
    const text = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port] = text.split('\n');
    if (port !== undefined && port !== '') return Number(port);
  }
  throw new Error(`Chromium has opened no debugging port within ${START_MS / 1000} s`);
}
