/** Drives the built page as a reader does: by its buttons and keys, and reads what its terminals show. */

import type { Page } from 'playwright-core';
import type { CheckpointInfo, ExecPolicyName } from '../../../src/machine/api.ts';
import type { StasisTerminal } from '../../../web/elements/stasis-terminal.ts';

const SOON_MS = 15_000;

/** Which pane: 0 is init's console, 1 the first exec session. */
export type Pane = number;

export class PlaygroundDriver {
  readonly page: Page;
  readonly errors: string[] = [];

  constructor(page: Page) {
    this.page = page;
    page.on('pageerror', (error) => this.errors.push(error.message));
  }

  /** Loads the page and waits until init has printed. */
  async open(url: string): Promise<void> {
    await this.page.goto(url);
    await this.waitForText(0, /^init: 1$/m);
  }

  /** Opens another exec session and waits for its prompt; it has the focus then. */
  async exec(): Promise<Pane> {
    const before = await this.page.locator('stasis-session').count();
    await this.page.getByRole('button', { name: 'New exec session' }).first().click();
    await this.page.waitForFunction((count) => document.querySelector('stasis-page')!.shadowRoot!.querySelectorAll('stasis-session').length > count, before);
    await this.waitForText(before, /# $|# *$/);
    return before;
  }

  async focus(pane: Pane): Promise<void> {
    await this.leave();
    await this.page.keyboard.press(String(pane + 1));
    await this.page.waitForFunction((index) => {
      const session = document.querySelector('stasis-page')!.shadowRoot!.querySelectorAll('stasis-session')[index];
      return session?.shadowRoot?.activeElement?.localName === 'stasis-terminal';
    }, pane);
  }

  /** Leaves whatever terminal has the focus, so that keys are the page's. */
  async leave(): Promise<void> {
    await this.page.keyboard.press('Control+Shift+Space');
  }

  async type(text: string): Promise<void> {
    await this.page.keyboard.type(text);
  }

  async line(text: string): Promise<void> {
    await this.page.keyboard.type(`${text}\n`);
  }

  /** Types a line and waits for the next prompt. */
  async command(pane: Pane, text: string): Promise<void> {
    await this.line(text);
    await this.waitForText(pane, new RegExp(`# ${text.replace(/[^\w\s]/g, '\\$&')}\n(?:[^]*\n)?/ # *$`));
  }

  /** All that the terminal of `pane` holds. */
  text(pane: Pane): Promise<string> {
    return this.page.evaluate((index) => {
      const session = document.querySelector('stasis-page')!.shadowRoot!.querySelectorAll('stasis-session')[index];
      return session?.shadowRoot?.querySelector<HTMLElement & { text: string }>('stasis-terminal')?.text ?? '';
    }, pane);
  }

  async waitForText(pane: Pane, pattern: RegExp, timeoutMs = SOON_MS): Promise<void> {
    const started = Date.now();
    for (;;) {
      const text = await this.text(pane);
      if (pattern.test(text)) return;
      if (Date.now() - started > timeoutMs) throw new Error(`pane ${pane} does not show ${pattern} after ${timeoutMs} ms, but:\n${text.slice(-1500)}`);
      await this.page.waitForTimeout(20);
    }
  }

  async checkpoint(): Promise<void> {
    const before = await this.checkpointCount();
    await this.leave();
    await this.page.keyboard.press('c');
    await this.page.waitForFunction((count) => document.querySelector('stasis-page')!.model.checkpoints.length > count, before);
  }

  /** Restores what is selected on the rail, the newest unless another was picked. */
  async restore(): Promise<void> {
    const before = await this.page.evaluate(() => document.querySelector('stasis-page')!.model.branchSinceMs);
    await this.leave();
    await this.page.keyboard.press('r');
    await this.page.waitForFunction((since) => document.querySelector('stasis-page')!.model.branchSinceMs > since, before);
  }

  /** Opens the panel of a key, `s` or `i` or `d`, from wherever the focus is. */
  async panel(key: 's' | 'i' | 'd' | '?'): Promise<void> {
    await this.leave();
    await this.page.keyboard.press(key);
  }

  /** Chooses how to restore, by the panel that the deck opens. */
  async choosePolicy(policy: ExecPolicyName): Promise<void> {
    if ((await this.page.locator('stasis-restore-choice').count()) === 0) await this.page.getByRole('button', { name: /^How to restore/ }).click();
    await this.page.locator(`stasis-restore-choice input[name=policy][value=${policy}]`).check();
    await this.page.waitForFunction((wanted) => document.querySelector('stasis-page')!.model.settings.policy === wanted, policy);
  }

  /** What the page says across the timeline: what was refused, or what has come in. */
  async said(pattern: RegExp): Promise<string> {
    const strip = this.page.locator('stasis-refusal p', { hasText: pattern });
    await strip.waitFor({ timeout: SOON_MS });
    return strip.innerText();
  }

  /** Waits until Events has a line like `pattern`, and answers it. */
  async waitForEvent(pattern: RegExp): Promise<string> {
    const line = this.page.locator('stasis-events li span', { hasText: pattern }).first();
    await line.waitFor({ timeout: SOON_MS });
    return line.innerText();
  }

  /** The checkpoints as the page knows them, oldest first. */
  checkpoints(): Promise<CheckpointInfo[]> {
    return this.page.evaluate(() => [...document.querySelector('stasis-page')!.model.checkpoints]);
  }

  /** Drops a file on the page. */
  async drop(name: string, bytes: Uint8Array): Promise<void> {
    const dataTransfer = await this.page.evaluateHandle(
      ({ fileName, base64 }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))], fileName));
        return transfer;
      },
      { fileName: name, base64: Buffer.from(bytes).toString('base64') },
    );
    await this.page.dispatchEvent('body', 'dragover', { dataTransfer });
    await this.page.dispatchEvent('body', 'drop', { dataTransfer });
  }

  checkpointCount(): Promise<number> {
    return this.page.evaluate(() => document.querySelector('stasis-page')!.model.checkpoints.length);
  }

  /** `pid command` of every row of the process table, in its order. */
  async processes(): Promise<string[]> {
    const rows = await this.page.locator('stasis-processes tbody tr.live .cmd').allInnerTexts();
    return rows.map((row) => row.replace(/^[├└│\s]+/, '').replace(/\s+/g, ' '));
  }

  /** Lines of Events, the newest first. */
  events(): Promise<string[]> {
    return this.page.locator('stasis-events li span').allInnerTexts();
  }

  /**
   * Types `key` into the terminal that has the focus and measures from the browser's key event until what it changed is in the
   * page, `repeats` times.
   *
   * @returns  ms, ascending
   */
  async echoLatencies(pane: Pane, key: string, repeats: number): Promise<number[]> {
    const latencies: number[] = [];
    for (let i = 0; i < repeats; i++) {
      await this.page.evaluate((index) => {
        const session = document.querySelector('stasis-page')!.shadowRoot!.querySelectorAll('stasis-session')[index]!;
        const terminal = session.shadowRoot!.querySelector('stasis-terminal') as StasisTerminal;
        const rows = terminal.shadowRoot!.querySelector('.xterm-rows')!;
        const target = window as unknown as { echoed: Promise<number> };
        target.echoed = new Promise((resolve) => {
          let pressedAt = 0;
          addEventListener('keydown', (event) => (pressedAt = event.timeStamp), { capture: true, once: true });
          const before = terminal.text;
          const observer = new MutationObserver(() => {
            if (pressedAt === 0 || terminal.text === before) return;
            observer.disconnect();
            resolve(performance.now() - pressedAt);
          });
          observer.observe(rows, { subtree: true, childList: true, characterData: true });
        });
      }, pane);
      await this.page.keyboard.press(key);
      latencies.push(await this.page.evaluate(() => (window as unknown as { echoed: Promise<number> }).echoed));
    }
    return latencies.sort((a, b) => a - b);
  }
}

export function median(ascending: readonly number[]): number {
  return ascending[Math.floor(ascending.length / 2)] ?? Infinity;
}
