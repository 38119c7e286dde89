/**
 * `<stasis-page-map>`: the pages that differ between two checkpoints: a cell each, and a row each with how many bytes.
 *
 * Properties in: `diff`, `selected` (`{ pid, address }`, null for none). Events out: `compare-page` (`{ pid, address }`).
 */

import { LitElement, css, html, nothing, svg } from 'lit';
import type { ImageDiff, PageDiff } from '../../src/inspect/report.ts';
import { count, countOf, fileSize } from '../app/format.ts';
import { panelStyles, sharedStyles } from './shared-styles.ts';

const COLUMNS = 46;
const CELL = 8;
/** Rows of the list that are drawn at once. */
const ROWS_STEP = 200;

export class StasisPageMap extends LitElement {
  static override properties = { diff: { attribute: false }, selected: { attribute: false }, rowsShown: { state: true } };
  declare diff: ImageDiff;
  declare selected: { pid: number; address: number } | null;
  declare private rowsShown: number;

  static override styles = [
    sharedStyles,
    panelStyles,
    css`
      :host { padding: 0; }
      svg { width: 100%; height: auto; shape-rendering: crispEdges; cursor: pointer; }
      .changed { fill: var(--page-shared); }
      .added { fill: var(--ink); }
      .removed { fill: none; stroke: var(--killed); }
      .on { fill: none; stroke: var(--ink); stroke-width: 1.5; }
      .legend { display: flex; flex-wrap: wrap; gap: 2px var(--s4); margin: 6px 0; font-size: var(--text-xs); color: var(--ink-2); }
      ol { max-height: 168px; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; border-top: var(--hair) solid var(--line); }
      li button { display: grid; grid-template-columns: 14px 44px 92px minmax(0, 1fr) max-content; gap: var(--s2); width: 100%; padding: 2px 4px 2px 0; font: var(--text-s) / 18px var(--font-mono); color: var(--ink-2); outline-offset: -2px; white-space: nowrap; }
      li button span { overflow: hidden; text-overflow: ellipsis; }
      li button:hover, li button[aria-pressed='true'] { background: var(--surface-raised); color: var(--ink); }
      li button span:last-child { text-align: right; }
      p { margin-top: 6px; font-size: var(--text-s); color: var(--ink-2); }
    `,
  ];

  constructor() {
    super();
    this.rowsShown = ROWS_STEP;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('diff')) this.rowsShown = ROWS_STEP;
  }

  override render(): unknown {
    const { pages, totals } = this.diff;
    const of = (kind: PageDiff['change']): number => pages.filter(({ change }) => change === kind).length;
    return html`
      <header><h2>Pages</h2><span class="num">${countOf(totals.pages, 'page')} differ, ${fileSize(totals.pageBytes)}</span></header>
      ${pages.length === 0
        ? html`<p class="none">Every page is the same.</p>`
        : html`${this.renderMap(pages)}
            <p class="legend"><span>${count(of('changed'))} changed</span><span>${count(of('added'))} new</span><span>${count(of('removed'))} gone</span>${pages.length < totals.pages ? html`<span>the first ${count(pages.length)} of ${count(totals.pages)}</span>` : nothing}</p>
            <ol aria-label="Pages that differ" @keydown=${walk}>${pages.slice(0, this.rowsShown).map((page) => this.renderRow(page))}</ol>
            ${pages.length > this.rowsShown ? html`<p><button class="link" @click=${() => (this.rowsShown += ROWS_STEP)}>Show more of ${count(pages.length)}</button></p>` : nothing}`}
    `;
  }

  private renderMap(pages: readonly PageDiff[]): unknown {
    const path = (kind: PageDiff['change'], cell: (x: number, y: number) => string): string =>
      pages.map((page, index) => (page.change === kind ? cell((index % COLUMNS) * CELL, Math.floor(index / COLUMNS) * CELL) : '')).join('');
    const at = pages.findIndex((page) => this.isSelected(page));
    const height = Math.ceil(pages.length / COLUMNS) * CELL;
    return html`<svg viewBox="-1 -1 ${COLUMNS * CELL + 1} ${height + 1}" role="img" aria-label="A cell for each page that differs" @click=${this.pickCell}>
      ${svg`<path class="changed" d=${path('changed', (x, y) => `M${x} ${y + 3}h7v4h-7z`)}/>
        <path class="added" d=${path('added', (x, y) => `M${x} ${y}h7v7h-7z`)}/>
        <path class="removed" d=${path('removed', (x, y) => `M${x + 0.5} ${y + 0.5}h6v6h-6z`)}/>`}
      ${at < 0 ? nothing : svg`<path class="on" d="M${(at % COLUMNS) * CELL - 1} ${Math.floor(at / COLUMNS) * CELL - 1}h9v9h-9z"/>`}
    </svg>`;
  }

  private renderRow(page: PageDiff): unknown {
    const { pid, address, mapping, change, changedBytes } = page;
    const bytes = changedBytes === null ? 'content unknown' : countOf(changedBytes, 'byte');
    const sign = { added: '+', changed: '~', removed: '−' }[change];
    return html`<li><button aria-pressed=${this.isSelected(page)} @click=${() => this.pick(page)}
      aria-label=${`page 0x${address.toString(16)} of pid ${pid}, ${mapping || 'anonymous'}, ${change}, ${bytes}`}>
      <span>${sign}</span><span>${pid}</span><span>0x${address.toString(16)}</span><span>${mapping || 'anonymous'}</span><span>${bytes}</span></button></li>`;
  }

  private isSelected({ pid, address }: PageDiff): boolean {
    return this.selected?.pid === pid && this.selected.address === address;
  }

  private pickCell(event: MouseEvent): void {
    const box = (event.currentTarget as SVGElement).getBoundingClientRect();
    const size = (CELL * box.width) / (COLUMNS * CELL + 1);
    const page = this.diff.pages[Math.floor((event.clientY - box.top) / size) * COLUMNS + Math.floor((event.clientX - box.left) / size)];
    if (page !== undefined) this.pick(page);
  }

  private pick({ pid, address }: PageDiff): void {
    this.dispatchEvent(new CustomEvent('compare-page', { detail: { pid, address }, bubbles: true, composed: true }));
  }
}

/** Up and down go from row to row. */
function walk(event: KeyboardEvent): void {
  const item = event.target instanceof HTMLElement ? event.target.closest('li') : null;
  const next = event.key === 'ArrowDown' ? item?.nextElementSibling : event.key === 'ArrowUp' ? item?.previousElementSibling : null;
  if (next === null || next === undefined) return;
  next.querySelector('button')?.focus();
  event.preventDefault();
}

customElements.define('stasis-page-map', StasisPageMap);
