/**
 * Which bytes go where: between the terminals of the machine and the sessions of the page. A session may have another terminal
 * after a restore, and a terminal may speak before the page knows its session.
 */

import type { MachineClient } from '../../src/bridge/machine-client.ts';
import type { TerminalId, TerminalSize } from '../../src/machine/api.ts';
import type { PageModel, TerminalSession } from './model.ts';

/** A session that has no terminal yet. */
export const NO_TERMINAL: TerminalId = -1;
/** Credit is returned together, about once a frame: a guest that floods a terminal is slowed to what the page can draw with ease. */
const CREDIT_MS = 16;
/** How long a terminal has another size for programs to draw anew, in milliseconds: they have to see it. */
const REDRAW_MS = 50;

export class TerminalWires {
  client: MachineClient | null = null;
  private readonly modelNow: () => PageModel;
  /** Bytes that came before their session was known. */
  private readonly early = new Map<TerminalId, Uint8Array[]>();
  private readonly sizes = new Map<number, TerminalSize>();
  /** Sessions that are to be drawn anew, once they have a terminal and a size. */
  private readonly dueRedraws = new Set<number>();
  private readonly creditDue = new Map<TerminalId, number>();
  /** The terminal each session had when it was last looked at. */
  private readonly bound = new Map<number, TerminalId>();

  constructor(modelNow: () => PageModel) {
    this.modelNow = modelNow;
  }

  sizeOf(key: number): TerminalSize | null {
    return this.sizes.get(key) ?? null;
  }

  /** Output of the machine. */
  take(terminalId: TerminalId, bytes: Uint8Array): void {
    const session = this.modelNow().sessions.findLast((candidate) => candidate.terminalId === terminalId);
    if (session !== undefined) {
      session.feed.push(bytes);
      return;
    }
    const waiting = this.early.get(terminalId);
    if (waiting === undefined) this.early.set(terminalId, [bytes]);
    else waiting.push(bytes);
  }

  input(key: number, bytes: Uint8Array): void {
    const terminalId = this.terminalIdOf(key);
    if (terminalId !== NO_TERMINAL) this.client?.input(terminalId, bytes);
  }

  resize(key: number, size: TerminalSize): void {
    this.sizes.set(key, size);
    const terminalId = this.terminalIdOf(key);
    if (terminalId !== NO_TERMINAL) this.client?.resize(terminalId, size);
    if (this.dueRedraws.has(key)) this.redraw(key);
  }

  /**
   * Has programs that draw on the session's terminal, or the one it is about to get, draw anew what it does not show: it changes its
   * size for a moment, as terminal multiplexers do for whoever attaches.
   */
  redraw(key: number): void {
    const terminalId = this.terminalIdOf(key);
    const size = this.sizes.get(key);
    if (terminalId === NO_TERMINAL || size === undefined) {
      this.dueRedraws.add(key);
      return;
    }
    this.dueRedraws.delete(key);
    const { rows, columns } = size;
    this.client?.resize(terminalId, { rows: rows > 1 ? rows - 1 : rows + 1, columns });
    setTimeout(() => this.resize(key, this.sizes.get(key) ?? size), REDRAW_MS);
  }

  /** Called when sessions may have new terminals: each gets what its terminal has said already, and tells it its size. */
  follow(): void {
    for (const session of this.modelNow().sessions) {
      const { key, terminalId } = session;
      if (terminalId === NO_TERMINAL || this.bound.get(key) === terminalId) continue;
      this.bound.set(key, terminalId);
      this.sayEarly(session);
      const size = this.sizes.get(key);
      if (size !== undefined) this.client?.resize(terminalId, size);
      if (this.dueRedraws.has(key)) this.redraw(key);
    }
  }

  /** To be called when `countBytes` of a session are on the screen. */
  returnCredit(key: number, countBytes: number): void {
    if (this.creditDue.size === 0) {
      setTimeout(() => {
        const due = [...this.creditDue];
        this.creditDue.clear();
        for (const [terminalId, sum] of due) this.client?.credit(terminalId, sum);
      }, CREDIT_MS);
    }
    const terminalId = this.terminalIdOf(key);
    this.creditDue.set(terminalId, (this.creditDue.get(terminalId) ?? 0) + countBytes);
  }

  private sayEarly({ terminalId, feed }: TerminalSession): void {
    for (const bytes of this.early.get(terminalId) ?? []) feed.push(bytes);
    this.early.delete(terminalId);
  }

  /** A restore may give a session another terminal. */
  private terminalIdOf(key: number): TerminalId {
    return this.modelNow().sessions.find((session) => session.key === key)?.terminalId ?? NO_TERMINAL;
  }
}
