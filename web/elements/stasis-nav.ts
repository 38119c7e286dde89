/**
 * `<stasis-nav>`: the foot of the page on a phone: the panels as counts, and the one next action.
 *
 * Properties in: `items` (`{ panel, value, label }`), `current`, `action` (its word), `isActionDisabled`.
 * Events out: `nav-panel` (`{ panel }`), `nav-action`.
 */

import { LitElement, css, html } from 'lit';
import { sharedStyles } from './shared-styles.ts';

export interface NavItem {
  panel: string;
  value: string;
  label: string;
}

export class StasisNav extends LitElement {
  static override properties = {
    items: { attribute: false },
    current: { attribute: false },
    action: { attribute: false },
    isActionDisabled: { attribute: false },
  };
  declare items: readonly NavItem[];
  declare current: string;
  declare action: string;
  declare isActionDisabled: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex; align-items: center; gap: 2px; border-top: var(--hair) solid var(--line); background: var(--bg);
        padding: 6px var(--s2) calc(6px + env(safe-area-inset-bottom));
      }
      nav { display: contents; }
      .panel { flex: 1; min-width: 0; height: var(--hit); display: grid; place-content: center; justify-items: center; font-size: var(--text-xs); line-height: 14px; color: var(--ink-2); white-space: nowrap; }
      .panel .num { font-size: var(--text-m); color: var(--ink); line-height: 18px; }
      .panel[aria-expanded='true'] { color: var(--ink); box-shadow: inset 0 2px 0 var(--ink); }
      .btn { height: var(--hit); flex: none; margin-left: var(--s2); padding: 0 10px; font-size: var(--text-s); }
      @media (max-width: 350px) { .panel.events { display: none; } }
    `,
  ];

  override render(): unknown {
    return html`<nav aria-label="Panels">
      ${this.items.map(
        ({ panel, value, label }) => html`<button class="panel ${panel}" aria-expanded=${panel === this.current}
          @click=${() => this.emit('nav-panel', { panel })}><span class="num">${value}</span>${label}</button>`,
      )}
      <button class="btn fill" ?disabled=${this.isActionDisabled} @click=${() => this.emit('nav-action', {})}>${this.action}</button>
    </nav>`;
  }

  private emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-nav', StasisNav);
