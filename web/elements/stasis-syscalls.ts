/**
 * `<stasis-syscalls>`: the syscalls that programs asked for and this kernel does not have.
 *
 * Properties in: `rows`, most frequent first.
 */

import { LitElement, css, html } from 'lit';
import type { UnsupportedSyscall } from '../../src/machine/api.ts';
import { count, countOf } from '../app/format.ts';
import { panelStyles, sharedStyles } from './shared-styles.ts';

const ROWS_SHOWN = 5;

export class StasisSyscalls extends LitElement {
  static override properties = { rows: { attribute: false } };
  declare rows: readonly UnsupportedSyscall[];

  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: var(--text-s); }
      td { height: 21px; padding: 0; color: var(--ink-2); white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
      .name { width: 50%; font-family: var(--font-mono); color: var(--ink); }
      .count { width: 64px; padding-right: 14px; text-align: right; font-family: var(--font-mono); font-variant-numeric: tabular-nums; }
      p { font-size: var(--text-s); color: var(--ink-2); }
    `,
  ];

  constructor() {
    super();
    this.rows = [];
  }

  override render(): unknown {
    const hidden = this.rows.length - ROWS_SHOWN;
    return html`
      <header>
        <h2 tabindex="-1">Unsupported syscalls</h2>
        <span class="num">${this.rows.length === 0 ? '' : `${countOf(this.rows.length, 'name')}, ENOSYS`}</span>
      </header>
      ${this.rows.length === 0
        ? html`<p class="none">None asked for so far.</p>`
        : html`<table aria-label="Unsupported syscalls seen">
            <tbody>
              ${this.rows.slice(0, ROWS_SHOWN).map(
                (row) => html`<tr><td class="name">${row.name}</td><td class="count">${count(row.count)}</td><td>${row.lastCommand === '' ? '' : `by ${row.lastCommand}`}</td></tr>`,
              )}
            </tbody>
          </table>`}
      ${hidden > 0 ? html`<p>and ${hidden} more</p>` : ''}
    `;
  }
}

customElements.define('stasis-syscalls', StasisSyscalls);
