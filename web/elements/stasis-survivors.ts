/**
 * `<stasis-survivors>`: the ledger: who lives on and who ends if what runs now were frozen and restored, and why.
 *
 * Properties in: `rows`, `checkpointName` (the newest checkpoint if nothing changed since; null: nothing is kept yet).
 * Events out: `panel-close`.
 */

import { LitElement, css, html } from 'lit';
import type { ProcessRow } from '../../src/machine/api.ts';
import { countOf } from '../app/format.ts';
import { fateReason, shownCommand } from '../app/process-tree.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';

const ROWS_SHOWN = 8;

export class StasisSurvivors extends LitElement {
  static override properties = { rows: { attribute: false }, keptAs: { attribute: false } };
  declare rows: readonly ProcessRow[];
  /** Facts of the checkpoint just taken, and its name; null when nothing of now is kept. */
  declare keptAs: { name: string; facts: string } | null;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; background: var(--bg); border-top: var(--hair) solid var(--line); padding: var(--s3) var(--s4) var(--s4); }
      header { display: flex; align-items: baseline; flex-wrap: wrap; gap: var(--s1) var(--s3); margin-bottom: 10px; }
      h2 { font-size: var(--text-l); }
      header .facts { margin-left: auto; color: var(--ink-2); }
      .halves { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); gap: var(--s5); }
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: var(--text-s); }
      caption { text-align: left; padding-bottom: 4px; border-bottom: var(--hair) solid var(--line-strong); }
      caption .m { display: inline-block; margin-right: 7px; vertical-align: -1px; }
      td { height: 24px; padding: 0 var(--s2) 0 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; color: var(--ink-2); border-bottom: var(--hair) solid var(--line); }
      .who { display: flex; align-items: center; gap: var(--s2); font-family: var(--font-mono); color: var(--ink); overflow: hidden; }
      .who i { font-style: normal; min-width: 2ch; text-align: right; }
      .who span { overflow: hidden; text-overflow: ellipsis; }
      td:first-child { width: 36%; }
      td.num { width: 29%; }
      p { margin-top: 8px; font-size: var(--text-s); color: var(--ink-2); }
      @media (max-width: 1180px) { td.num { display: none; } }
      @media (max-width: 600px) {
        :host { padding-top: 0; border-top: 0; }
        .halves { grid-template-columns: 1fr; gap: var(--s4); }
        td { height: 30px; }
        header .facts { margin: 0; }
        .close { display: none; }
      }
    `,
  ];

  constructor() {
    super();
    this.rows = [];
    this.keptAs = null;
  }

  override render(): unknown {
    const lives = this.rows.filter((row) => row.livesOn);
    const ends = this.rows.filter((row) => !row.livesOn);
    const { keptAs } = this;
    return html`
      <header>
        <h2 tabindex="-1">${keptAs === null ? 'If you checkpoint now and restore it' : `If you restore ${keptAs.name}`}</h2>
        <span class="facts">${keptAs === null ? 'nothing of this moment is kept yet' : html`kept: <span class="num">${keptAs.facts}</span>`}</span>
        <button class="link close" @click=${() => this.dispatchEvent(new CustomEvent('panel-close', { bubbles: true, composed: true }))}>Close</button>
      </header>
      <div class="halves">
        ${this.renderHalf(html`<caption class="c-ok">${mark('survived')}<b>Lives on</b></caption>`, lives, 'Nobody.')}
        ${this.renderHalf(html`<caption class="c-exec">${mark('doomed')}<b>Ends with SIGKILL</b></caption>`, ends, 'Nobody: no exec session is open.')}
      </div>
    `;
  }

  private renderHalf(caption: unknown, rows: readonly ProcessRow[], none: string): unknown {
    const hidden = rows.length - ROWS_SHOWN;
    return html`<div>
      <table>
        ${caption}
        <tbody>
          ${rows.length === 0 ? html`<tr><td>${none}</td></tr>` : ''}
          ${rows.slice(0, ROWS_SHOWN).map(
            (row) => html`<tr>
              <td><span class="who">${mark(row.origin)}<i>${row.pid}</i><span>${shownCommand(row)}</span></span></td>
              <td class="num">${countOf(row.fds, 'FD')}, ${countOf(row.residentPages, 'page')}</td>
              <td>${fateReason(row, this.rows)}</td>
            </tr>`,
          )}
        </tbody>
      </table>
      ${hidden > 0 ? html`<p>and ${countOf(hidden, 'more process')}</p>` : ''}
    </div>`;
  }
}

customElements.define('stasis-survivors', StasisSurvivors);
