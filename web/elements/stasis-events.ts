/**
 * `<stasis-events>`: what happened, newest first.
 *
 * Properties in: `lines`.
 */

import { LitElement, css, html } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { clock } from '../app/format.ts';
import type { EventLine } from '../app/model.ts';
import { panelStyles, sharedStyles } from './shared-styles.ts';
import { withCode } from './with-code.ts';

export class StasisEvents extends LitElement {
  static override properties = { lines: { attribute: false } };
  declare lines: readonly EventLine[];

  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      ol { font-size: var(--text-s); line-height: 17px; }
      li { display: grid; grid-template-columns: 58px minmax(0, 1fr); padding: 1.5px 0; color: var(--ink-2); }
      time { font-family: var(--font-mono); font-size: var(--text-xs); color: var(--ink-3); }
      span { overflow-wrap: anywhere; }
      .news { color: var(--ink); }
      .failure { color: var(--danger); }
      code { color: inherit; }
    `,
  ];

  constructor() {
    super();
    this.lines = [];
  }

  override render(): unknown {
    return html`
      <header><h2 tabindex="-1">Events</h2></header>
      <ol role="log" aria-label="Events">
        ${repeat(
          this.lines,
          (line) => line.id,
          (line) => html`<li><time>${clock(line.atMs)}</time><span class=${line.weight}>${withCode(line.sentence)}</span></li>`,
        )}
      </ol>
      ${this.lines.length === 0 ? html`<p class="none">Nothing yet.</p>` : ''}
    `;
  }
}

customElements.define('stasis-events', StasisEvents);
