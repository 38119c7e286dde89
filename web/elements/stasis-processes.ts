/**
 * `<stasis-processes>`: who lives, as a tree: before a restore what happens to each at one, after it what did.
 *
 * Properties in: `rows` (ascending by pid), `fates`, `isRunning`, `prevents` (those who do not live on prevent the restore). Events out: `process-open` (`{ pid }`): show its terminal.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { KilledProcess, ProcessRow } from '../../src/machine/api.ts';
import { countOf } from '../app/format.ts';
import type { Fates } from '../app/model.ts';
import { processTree, shownCommand } from '../app/process-tree.ts';
import type { TreeRow } from '../app/process-tree.ts';
import { mark } from './marks.ts';
import { panelStyles, sharedStyles } from './shared-styles.ts';

/** A fork bomb has a thousand rows; drawing them all would be the page's own slowness. */
const ROWS_SHOWN = 60;
/** How long a restore is in motion. */
const MOTION_MS = 1100;

export class StasisProcesses extends LitElement {
  static override properties = {
    rows: { attribute: false },
    fates: { attribute: false },
    isRunning: { attribute: false },
    prevents: { attribute: false },
    isFresh: { state: true },
  };
  declare rows: readonly ProcessRow[];
  declare fates: Fates | null;
  declare isRunning: boolean;
  declare prevents: boolean;
  /** The restore is in motion: its ticks appear once, not whenever the panel is opened. */
  declare private isFresh: boolean;

  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: var(--text-s); }
      th { height: 20px; padding: 0; font-weight: 400; font-size: var(--text-xs); color: var(--ink-3); text-align: left; }
      td { height: 23px; padding: 0; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; color: var(--ink-2); }
      .born { width: 32px; }
      .ppid { width: 30px; text-align: right; padding-right: 8px; }
      .state { width: 14px; }
      .waits { width: 94px; }
      .fds { width: 34px; text-align: right; padding-right: 12px; }
      .fate-col { width: 70px; }
      td.fds, td.ppid, td.state { font-family: var(--font-mono); }
      .cmd { padding-right: var(--s2); display: flex; align-items: center; gap: 7px; font-family: var(--font-mono); color: var(--ink); }
      .cmd .branch { color: var(--ink-3); margin-right: -3px; white-space: pre; }
      .cmd i { font-style: normal; color: var(--ink-2); min-width: 2ch; text-align: right; flex: none; }
      .cmd span:last-child { overflow: hidden; text-overflow: ellipsis; }
      tbody tr { outline-offset: -2px; }
      tbody tr.live:hover td { background: var(--surface-raised); }
      tr.dead td, tr.dead .cmd, tr.dead .cmd i { color: var(--killed); }
      tr.dead .cmd span:last-child { text-decoration: line-through; text-decoration-thickness: 1px; }
      tr.rule td { border-top: var(--hair) solid var(--line); }
      .fate { display: inline-flex; align-items: center; gap: 6px; }
      .tick { animation: rise var(--t-record) var(--ease) 760ms both; }
      @keyframes rise { from { opacity: 0; transform: translateY(4px); } }
      @media (prefers-reduced-motion: reduce) { .tick { animation: none; } }
      .more { margin-top: 4px; font-size: var(--text-s); color: var(--ink-2); }
      @media (max-width: 820px) { .waits, .state { display: none; } }
      @media (max-width: 600px) {
        td { height: 32px; }
        .ppid { display: none; }
      }
    `,
  ];

  constructor() {
    super();
    this.rows = [];
    this.fates = null;
    this.isRunning = true;
    this.prevents = false;
    this.isFresh = false;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has('fates') || this.fates === null) return;
    this.isFresh = true;
    setTimeout(() => (this.isFresh = false), MOTION_MS);
  }

  override render(): unknown {
    const tree = processTree(this.rows);
    const killed = this.fates?.killed ?? [];
    const fds = this.rows.reduce((sum, row) => sum + row.fds, 0);
    const threads = this.rows.reduce((sum, row) => sum + row.threads, 0);
    return html`
      <header>
        <h2 tabindex="-1">Processes</h2>
        <span class="num">${this.rows.length === 0 ? nothing : `${countOf(threads, 'task')}, ${countOf(fds, 'FD')}`}</span>
      </header>
      ${tree.length === 0 && killed.length === 0
        ? html`<p class="none">${this.isRunning ? 'No process yet.' : 'The container is stopped: no process. Restore a checkpoint to go on.'}</p>`
        : html`
            <table @keydown=${this.walk}>
              <thead>
                <tr>
                  <th>pid, command</th><th class="born">born</th><th class="ppid"><span aria-label="parent pid">ppid</span></th>
                  <th class="state"><span class="vh">state</span></th><th class="waits">waits in</th><th class="fds">FDs</th>
                  <th class="fate-col">${this.fates === null ? 'at restore' : 'fate'}</th>
                </tr>
              </thead>
              <tbody>
                ${tree.slice(0, ROWS_SHOWN).map((row, index) => this.renderLive(row, index))}
                ${killed.slice(0, ROWS_SHOWN).map((process, index) => this.renderKilled(process, index))}
              </tbody>
            </table>
            ${tree.length > ROWS_SHOWN ? html`<p class="more">and ${countOf(tree.length - ROWS_SHOWN, 'more process')}</p>` : nothing}
          `}
    `;
  }

  private renderLive({ row, branch }: TreeRow, index: number): unknown {
    return html`<tr class="live" data-pid=${row.pid} tabindex=${index === 0 ? 0 : -1} title=${`${row.commandLine}; ppid ${row.ppid}, group ${row.pgid}, session ${row.sid}, ${row.tty ?? 'no tty'}; uid ${row.uid}, ${countOf(row.threads, 'thread')}, ${countOf(row.residentPages, 'page')}`}
      @click=${() => this.open(row.pid)}>
      <td><span class="cmd">${branch === '' ? nothing : html`<span class="branch">${branch}</span>`}${mark(row.origin)}<i>${row.pid}</i><span>${shownCommand(row)}</span></span></td>
      <td class="born">${row.origin}</td>
      <td class="ppid">${row.ppid}</td>
      <td class="state">${row.state}</td>
      <td class="waits">${row.waitsIn}</td>
      <td class="fds">${row.fds}</td>
      <td class="fate-col">${this.renderFate(row)}</td>
    </tr>`;
  }

  private renderFate(row: ProcessRow): unknown {
    if (this.fates?.survivors.has(row.pid)) return html`<span class="fate c-ok ${this.isFresh ? 'tick' : ''}">${mark('survived')}survived</span>`;
    if (row.livesOn) return html`<span class="fate quiet">lives on</span>`;
    return html`<span class="fate c-exec">${mark('doomed')}${this.prevents ? 'prevents' : 'ends'}</span>`;
  }

  private renderKilled(process: KilledProcess, index: number): unknown {
    return html`<tr class="dead ${index === 0 ? 'rule' : ''}" data-pid=${process.pid} title=${process.sentence} @click=${() => this.open(process.pid)}>
      <td><span class="cmd">${mark('killed')}<i>${process.pid}</i><span>${shownCommand(process)}</span></span></td>
      <td class="born">exec</td>
      <td class="ppid">${process.ppid}</td>
      <td class="state"></td>
      <td class="waits"></td>
      <td class="fds">${process.fdsFreed}</td>
      <td class="fate-col"><span class="fate c-ash">${mark('killed')}killed</span></td>
    </tr>`;
  }

  /** Arrow keys walk the rows, Enter opens the terminal of one. */
  private walk(event: KeyboardEvent): void {
    const row = event.target instanceof HTMLTableRowElement ? event.target : null;
    if (row === null) return;
    if (event.key === 'Enter') this.open(Number(row.dataset['pid']));
    else if (event.key === 'ArrowDown') focusRow(row.nextElementSibling);
    else if (event.key === 'ArrowUp') focusRow(row.previousElementSibling);
    else return;
    event.preventDefault();
  }

  private open(pid: number): void {
    this.dispatchEvent(new CustomEvent('process-open', { detail: { pid }, bubbles: true, composed: true }));
  }
}

function focusRow(row: Element | null): void {
  if (!(row instanceof HTMLTableRowElement)) return;
  row.tabIndex = 0;
  row.focus();
}

customElements.define('stasis-processes', StasisProcesses);
