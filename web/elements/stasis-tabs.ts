/**
 * `<stasis-tabs>`: the terminals as tabs, where there is no room for all of them side by side.
 *
 * Properties in: `sessions`, `selectedKey`. Events out: `tab-select` (`{ key }`).
 */

import { LitElement, css, html } from 'lit';
import type { TerminalSession } from '../app/model.ts';
import { markOf } from '../app/session-record.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisTabs extends LitElement {
  static override properties = { sessions: { attribute: false }, selectedKey: { attribute: false } };
  declare sessions: readonly TerminalSession[];
  declare selectedKey: number;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; min-width: 0; overflow-x: auto; scrollbar-width: none; }
      button {
        display: flex; align-items: center; justify-content: center; gap: 6px; flex: 0 0 auto; height: 29px; padding: 0 var(--s3);
        font-size: var(--text-s); color: var(--ink-2); white-space: nowrap; border-top: 2px solid transparent; outline-offset: -2px;
      }
      button:hover { color: var(--ink); }
      button[aria-selected='true'] { color: var(--ink); font-weight: var(--weight-strong); border-top-color: var(--rule); }
      button[data-origin='init'] { --rule: var(--origin-init); }
      button[data-origin='exec'] { --rule: var(--origin-exec); }
      button[data-ended] { --rule: var(--killed); }
      button[data-ended] span { text-decoration: line-through; text-decoration-thickness: 1px; }
      .m { width: 9px; height: 9px; }
      @media (max-width: 600px) { button { flex: 1 0 auto; height: var(--hit); padding: 0 10px; } }
    `,
  ];

  override render(): unknown {
    return html`<div role="tablist" aria-label="Terminals" style="display:contents" @keydown=${this.walk}>
      ${this.sessions.map((session) => {
        const isSelected = session.key === this.selectedKey;
        return html`<button role="tab" aria-selected=${isSelected} tabindex=${isSelected ? 0 : -1} data-key=${session.key}
          data-origin=${session.origin} ?data-ended=${session.end !== null && session.end.kind !== 'frozen'} @click=${() => this.select(session.key)}>
          ${mark(markOf(session))}<span>${session.origin === 'init' ? 'init' : `${session.command} ${session.pid}`}</span>
        </button>`;
      })}
    </div>`;
  }

  override updated(): void {
    this.renderRoot.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  }

  private walk(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    const at = this.sessions.findIndex(({ key }) => key === this.selectedKey);
    const next = this.sessions[at + step];
    if (next === undefined) return;
    event.preventDefault();
    this.select(next.key);
    this.renderRoot.querySelector<HTMLElement>(`[data-key="${next.key}"]`)?.focus();
  }

  private select(key: number): void {
    this.dispatchEvent(new CustomEvent('tab-select', { detail: { key }, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-tabs', StasisTabs);
