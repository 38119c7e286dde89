/**
 * `<stasis-record>`: what an ended session leaves: its name struck, the reason, when and what was freed, its last lines.
 *
 * Properties in: `session`, `end`, `lastLines`. Events out: `record-reopen`, `record-printed`, `record-keep`
 * (it is to live on over the next restore), `record-dismiss`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { SessionEnd, TerminalSession } from '../app/model.ts';
import { recordOf } from '../app/session-record.ts';
import { sharedStyles } from './shared-styles.ts';
import { withCode } from './with-code.ts';

export class StasisRecord extends LitElement {
  static override properties = {
    session: { attribute: false },
    end: { attribute: false },
    lastLines: { attribute: false },
  };
  declare session: TerminalSession;
  declare end: SessionEnd;
  declare lastLines: string[];

  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex; flex-direction: column; gap: var(--s3); min-height: 0; overflow: auto; scrollbar-width: thin;
        padding: var(--s3) var(--s4) var(--s4); color: var(--ink-2); background: var(--surface-term);
      }
      h3 { display: flex; align-items: baseline; flex-wrap: wrap; gap: var(--s3); font: 400 var(--text-record) / 1.15 var(--font-mono); color: var(--killed); }
      h3 s { text-decoration-thickness: 1px; overflow-wrap: anywhere; }
      h3 small { font: var(--text-s) / 1 var(--font-mono); }
      p { color: var(--ink); max-width: 42ch; text-wrap: pretty; }
      dl { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 3px 0; font-size: var(--text-s); line-height: 18px; }
      dt { color: var(--ink-3); }
      dd { font-family: var(--font-mono); color: var(--ink-2); overflow-wrap: anywhere; }
      .last {
        flex: none; font: var(--text-s) / 17px var(--font-mono); color: var(--killed); border-left: var(--hair) solid var(--line-strong);
        padding-left: var(--s3); white-space: pre-wrap; overflow-wrap: anywhere; overflow: hidden;
      }
      .do { display: flex; flex-wrap: wrap; gap: var(--s1) var(--s4); margin-top: auto; font-size: var(--text-s); }
      @media (min-width: 601px) and (max-width: 1180px) {
        :host { gap: var(--s2); padding: 0 var(--s4) var(--s3); }
        h3 { font-size: var(--text-xl); }
        .last { display: none; }
      }
      @media (max-width: 600px) { .do { margin-top: 0; } }
    `,
  ];

  override render(): unknown {
    const { session, end } = this;
    const { how, reason, rows } = recordOf(session, end);
    return html`
      <h3>${end.kind === 'cut-off' ? html`<span>${session.command}</span>` : html`<s>${session.command}</s>`}<small>pid ${session.pid}, ${how}</small></h3>
      <p>${withCode(reason)}</p>
      <dl>${rows.map(([term, value]) => html`<dt>${term}</dt><dd>${value}</dd>`)}</dl>
      ${this.lastLines.length === 0 ? nothing : html`<div class="last" aria-label="Its last lines">${this.lastLines.join('\n')}</div>`}
      <div class="do">
        ${session.origin === 'exec' ? html`<button class="link" @click=${() => this.emit('record-reopen')}>Open a new ${session.command}</button>` : nothing}
        <button class="link" @click=${() => this.emit('record-printed')}>Show all it printed</button>
        ${end.kind === 'killed' ? html`<button class="link" @click=${() => this.emit('record-keep')}>Keep it next time</button>` : nothing}
        ${session.origin === 'exec' ? html`<button class="link" @click=${() => this.emit('record-dismiss')}>Close</button>` : nothing}
      </div>
    `;
  }

  private emit(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}

customElements.define('stasis-record', StasisRecord);
