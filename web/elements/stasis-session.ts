/**
 * `<stasis-session>`: the pane of one session: its head, its terminal, and once it has ended, its record.
 *
 * Properties in: `session`, `tty` (its terminal inside, null for none), `isDoomed` (a restore would end it), `hasSurvived` (the last restore left it alive).
 * Events out: those of its terminal and of its record. `terminal` gives the element itself.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { TerminalSession } from '../app/model.ts';
import { markOf, recordOf, standingOf } from '../app/session-record.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';
import './stasis-record.ts';
import './stasis-terminal.ts';
import { withCode } from './with-code.ts';
import type { StasisTerminal } from './stasis-terminal.ts';

const LAST_LINES = 3;

type View = 'terminal' | 'leaving' | 'record' | 'printed';

export class StasisSession extends LitElement {
  static override properties = {
    session: { attribute: false },
    tty: { attribute: false },
    isDoomed: { attribute: false },
    hasSurvived: { attribute: false },
    isHeadless: { type: Boolean, reflect: true, attribute: 'headless' },
    view: { state: true },
    isFocused: { state: true },
  };
  declare session: TerminalSession;
  declare tty: string | null;
  declare isDoomed: boolean;
  declare hasSurvived: boolean;
  /** The tabs name it already. */
  declare isHeadless: boolean;
  declare private view: View;
  declare private isFocused: boolean;
  private lastLines: string[] = [];
  private leaving: AbortController | null = null;

  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex; flex-direction: column; min-width: 0; min-height: 0; position: relative; background: var(--surface-term);
        border-top: var(--origin-rule) solid var(--origin-init); container-type: inline-size;
      }
      :host([data-origin='exec']) { border-top-color: var(--origin-exec); transition: border-top-color calc(var(--t-drain) * 2) linear; }
      :host([data-ended]) { border-top-color: var(--line-strong); }
      .head {
        display: flex; align-items: center; gap: var(--s2); flex: none; height: 32px; padding: 0 var(--s4); white-space: nowrap;
        color: var(--ink-2); font-size: var(--text-s);
      }
      .head b { color: var(--ink); }
      .head .r { margin-left: auto; display: flex; gap: 6px; align-items: center; min-width: 0; overflow: hidden; color: var(--ink-3); }
      .head .r.c-ok { color: var(--survived); }
      .body { flex: 1; min-height: 0; display: grid; grid-template: minmax(0, 1fr) / minmax(0, 1fr); padding-bottom: 8px; }
      .outside { position: absolute; inset: 0; z-index: 8; pointer-events: none; outline-offset: -2px; }
      .body > * { grid-area: 1 / 1; }
      .tail {
        display: flex; flex-wrap: wrap; align-items: baseline; gap: 2px var(--s4); flex: none; padding: var(--s2) var(--s4); font-size: var(--text-s);
        color: var(--ink-2); border-top: var(--hair) solid var(--line);
      }
      @container (max-width: 330px) { .keys { display: none; } }
      stasis-record { animation: none; }
      .rise { animation: rise var(--t-record) var(--ease) both; }
      .tick { animation: rise var(--t-record) var(--ease) 760ms both; }
      @keyframes rise { from { opacity: 0; transform: translateY(4px); } }
      @media (prefers-reduced-motion: reduce) { .rise, .tick { animation: none; } }
      @media (max-width: 600px) {
        :host { border-top: 0; padding-top: 10px; }
        .head { display: none; }
      }
    `,
  ];

  constructor() {
    super();
    this.tty = null;
    this.isDoomed = false;
    this.hasSurvived = false;
    this.isHeadless = false;
    this.view = 'terminal';
    this.isFocused = false;
    this.addEventListener('keydown', () => this.leaving?.abort());
    this.addEventListener('record-printed', () => (this.view = 'printed'));
  }

  get terminal(): StasisTerminal | null {
    return this.renderRoot.querySelector('stasis-terminal');
  }

  /** The pane itself, behind its terminal in the order of Tab: where Ctrl+Shift+Space leads. */
  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('.outside')?.focus();
  }

  /** Where typing goes: the terminal, or the record's first action. */
  focusInside(): void {
    if (this.session.end === null) this.terminal?.focus();
    else this.renderRoot.querySelector('stasis-record')?.shadowRoot?.querySelector('button')?.focus();
  }

  override willUpdate(changed: Map<string, unknown>): void {
    this.dataset['origin'] = this.session.origin;
    this.toggleAttribute('data-ended', this.session.end !== null);
    if (!changed.has('session')) return;
    const before = changed.get('session') as TerminalSession | undefined;
    if (this.session.end !== null && this.session.end !== before?.end) void this.end();
    if (this.session.end === null) this.view = 'terminal';
  }

  override render(): unknown {
    const { session, view } = this;
    const isEnded = session.end !== null;
    const label = session.origin === 'init' ? 'console of init, pid 1' : `terminal of pid ${session.pid}, ${session.command}`;
    return html`
      <header class="head">
        ${mark(markOf(session))}
        ${isEnded ? html`<span>${this.title_}</span>` : html`<b>${this.title_}</b>`}
        <span class="pid">pid ${session.pid}${this.tty === null ? nothing : html` <span class="keys">${this.tty}</span>`}</span>
        ${this.renderStanding()}
      </header>
      <div class="body">
        <stasis-terminal
          .feed=${session.feed}
          .label=${label}
          .isEnded=${isEnded}
          ?hidden=${view === 'record'}
          @terminal-late=${() => this.readLastLines()}
          @focusin=${() => (this.isFocused = true)}
          @focusout=${() => (this.isFocused = false)}
        ></stasis-terminal>
        ${view === 'record' && session.end !== null
          ? html`<stasis-record class=${this.leaving === null ? '' : 'rise'} role="region" aria-label="Record of pid ${session.pid}"
              .session=${session} .end=${session.end} .lastLines=${this.lastLines}></stasis-record>`
          : nothing}
      </div>
      ${view === 'printed' ? this.renderTail() : nothing}
      <div class="outside" tabindex=${isEnded ? -1 : 0} role="group" aria-label=${`beside the ${label}`}></div>
    `;
  }

  private get title_(): string {
    return this.session.origin === 'init' ? 'init console' : this.session.command;
  }

  private renderStanding(): unknown {
    const { session } = this;
    if (session.end === null && this.hasSurvived) return html`<span class="r c-ok tick">${mark('survived')} survived</span>`;
    const isDoomed = this.isDoomed && session.end === null;
    return html`<span class="r">
      ${this.isFocused && session.end === null ? html`<span class="keys">Ctrl+Shift+Space leaves</span>` : nothing}
      ${isDoomed ? mark('doomed') : nothing} ${standingOf(session, isDoomed)}
    </span>`;
  }

  private renderTail(): unknown {
    const { end } = this.session;
    if (end?.kind === 'frozen' || end?.kind === 'cut-off') return html`<div class="tail">
      <span>${withCode(recordOf(this.session, end).reason)}</span>
      ${this.session.origin === 'exec' ? html`<button class="link" @click=${() => this.dispatchEvent(new CustomEvent('record-dismiss', { bubbles: true, composed: true }))}>Close</button>` : nothing}
    </div>`;
    return html`<div class="tail">
      <span>${standingOf(this.session, false)}: nothing here runs any more</span>
      <button class="link" @click=${() => (this.view = 'record')}>Back to its record</button>
    </div>`;
  }

  private readLastLines(): void {
    this.lastLines = this.terminal?.lastLines(LAST_LINES) ?? [];
    this.requestUpdate();
  }

  private async end(): Promise<void> {
    this.readLastLines();
    if (this.session.end?.kind === 'frozen' || this.session.end?.kind === 'cut-off') {
      this.view = 'printed';
      return;
    }
    if (this.session.end?.kind !== 'killed' || this.terminal === null || !this.terminal.checkVisibility()) {
      this.view = 'record';
      return;
    }
    this.view = 'leaving';
    this.leaving = new AbortController();
    await this.terminal.dissolve(this.leaving.signal);
    if (this.session.end !== null) this.view = 'record';
  }
}

customElements.define('stasis-session', StasisSession);
