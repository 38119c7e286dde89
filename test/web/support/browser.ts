/** Starts the system's Chromium, headless, with a profile of its own that is removed at the end. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, BrowserContextOptions } from 'playwright-core';

const CANDIDATES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome', '/usr/bin/google-chrome-stable', '/snap/bin/chromium'];

/** The browser to test with: `STASIS_CHROMIUM` names one, else the first that the system has; null when there is none. */
export function chromiumPath(): string | null {
  const named = process.env['STASIS_CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  return CANDIDATES.find((path) => existsSync(path)) ?? null;
}

export interface Browser {
  context: BrowserContext;
  close(): Promise<void>;
}

export async function startBrowser(options: BrowserContextOptions = {}): Promise<Browser> {
  const executablePath = chromiumPath();
  if (executablePath === null) throw new Error('no Chromium found: install the package `chromium`, or name one in STASIS_CHROMIUM');
  const profile = await mkdtemp(join(tmpdir(), 'stasis-chromium-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    viewport: { width: 1440, height: 900 },
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ...options,
  });
  return {
    context,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}
