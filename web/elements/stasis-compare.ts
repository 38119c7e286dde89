/**
 * `<stasis-compare>`: two checkpoints beside each other: what came, went and changed, and the pages that did. Loaded when it is
 * first asked for.
 *
 * Properties in: `comparison` (null while nothing is compared), `checkpoints`.
 * Events out: `compare-pick` (`{ beforeId, afterId }`), `compare-page` (`{ pid, address }`), `panel-close`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import { diffRows, diffSummary } from '../app/diff-rows.ts';
import type { DiffGroup, DiffRow } from '../app/diff-rows.ts';
import { countOf, duration } from '../app/format.ts';
import type { Comparison } from '../app/model.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';
import './stasis-hex.ts';
import './stasis-page-map.ts';

/** Rows of a group that are drawn until all are asked for. */
const ROWS_SHOWN = 12;
const SIGNS = { added: '+', changed: '~', removed: '−' } as const;

export class StasisCompare extends LitElement {
  static override properties = { comparison: { attribute: false }, checkpoints: { attribute: false }, opened: { state: true } };
  declare comparison: Comparison | null;
  declare checkpoints: readonly CheckpointInfo[];
  /** Groups of which all rows are shown. */
  declare private opened: ReadonlySet<string>;

  static override styles = [
    sharedStyles,
    css`
      :host { display: grid; grid-template-columns: minmax(0, 1fr) clamp(404px, 33.5vw, 490px); min-width: 0; min-height: 0; background: var(--bg); }
      .objects, .pages { min-width: 0; min-height: 0; overflow: auto; padding: var(--s4); scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
      .pages { border-left: var(--hair) solid var(--line); display: flex; flex-direction: column; gap: var(--s4); }
      header { display: flex; align-items: baseline; flex-wrap: wrap; gap: var(--s2) var(--s3); margin-bottom: var(--s3); color: var(--ink-2); }
      h2 { display: contents; }
      .flag {
        display: inline-grid; place-items: center; align-self: center; width: 16px; height: 16px; font: 600 11px/1 var(--font-sans); border-radius: var(--radius);
        background: var(--ink); color: var(--ink-inverse);
      }
      .flag.o { background: none; color: var(--ink); box-shadow: inset 0 0 0 1.25px var(--ink); }
      select { font: inherit; font-size: var(--text-l); font-weight: var(--weight-strong); color: var(--ink); background: var(--bg); border: 0; border-bottom: var(--hair) solid var(--edge); padding: 0 0 1px; max-width: 22ch; }
      .close { margin-left: auto; }
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: var(--text-s); }
      th { font-weight: 400; text-align: left; color: var(--ink-3); padding: 0 var(--s2) 4px 0; }
      td { padding: 3px var(--s2) 3px 0; vertical-align: top; font-family: var(--font-mono); color: var(--ink-2); overflow-wrap: anywhere; line-height: 17px; }
      td:last-child { color: var(--ink); }
      tbody { border-top: var(--hair) solid var(--line); }
      .kind { width: 96px; font-family: var(--font-sans); font-weight: 400; color: var(--ink-3); padding: 3px 0; vertical-align: top; }
      .what { width: 31%; }
      .what span { display: flex; align-items: baseline; gap: var(--s2); color: var(--ink); }
      .what .m { align-self: center; }
      .removed .what b { color: var(--killed); text-decoration: line-through; text-decoration-thickness: 1px; }
      b { font-weight: 400; }
      p { color: var(--ink-2); }
      .note { margin-top: var(--s2); font-size: var(--text-s); text-wrap: pretty; }
      .problem { color: var(--danger); }
      @media (max-width: 1180px) { :host { display: block; overflow: auto; } .objects, .pages { overflow: visible; border-left: 0; } }
      @media (max-width: 600px) {
        .objects, .pages { padding: var(--s3); }
        .kind { width: 22px; writing-mode: vertical-rl; font-size: var(--text-xs); }
        select { font-size: var(--text-m); max-width: 14ch; min-height: var(--hit); }
      }
    `,
  ];

  constructor() {
    super();
    this.opened = new Set();
  }

  override render(): unknown {
    const { comparison } = this;
    return html`
      <section class="objects" aria-label="What differs">
        ${this.renderHead()}
        ${comparison === null ? html`<p>${this.checkpoints.length < 2 ? 'Two checkpoints are needed to compare: freeze another one.' : 'Choose two checkpoints.'}</p>` : this.renderBody(comparison)}
      </section>
      <section class="pages" aria-label="Pages that differ">${comparison?.diff == null ? nothing : this.renderPages(comparison)}</section>
    `;
  }

  private renderHead(): unknown {
    const { comparison } = this;
    return html`<header>
      <h2 tabindex="-1"><span class="vh">Compare</span>
        ${comparison === null
          ? nothing
          : html`<span class="flag o">A</span>${this.renderSelect('A', comparison.beforeId, (beforeId) => this.pick(beforeId, comparison.afterId))}
              <span>to</span><span class="flag">B</span>${this.renderSelect('B', comparison.afterId, (afterId) => this.pick(comparison.beforeId, afterId))}`}</h2>
      <span>${comparison?.diff == null ? nothing : `${this.apart(comparison)}${diffSummary(comparison.diff)}`}</span>
      <button class="link close" @click=${() => this.dispatchEvent(new CustomEvent('panel-close', { bubbles: true, composed: true }))}>Close</button>
    </header>`;
  }

  private renderSelect(side: string, selectedId: string, pick: (id: string) => void): unknown {
    return html`<select aria-label="checkpoint ${side}" @change=${(event: Event) => pick((event.target as HTMLSelectElement).value)}>
      ${this.checkpoints.map(({ id, name }) => html`<option value=${id} ?selected=${id === selectedId}>${name}</option>`)}
    </select>`;
  }

  private renderBody({ diff, problem }: Comparison): unknown {
    if (problem !== null) return html`<p class="problem" role="alert">${problem}</p>`;
    if (diff === null) return html`<p role="status">Comparing.</p>`;
    const groups = diffRows(diff);
    if (groups.length === 0) return html`<p>No process, descriptor, file or mapping differs.</p>`;
    return html`<table>
      <thead><tr><th class="kind"><span class="vh">kind</span></th><th class="what">object</th><th>A</th><th>B</th></tr></thead>
      ${groups.map((group) => this.renderGroup(group))}
    </table>
    ${diff.notes.map((note) => html`<p class="note">${note}</p>`)}`;
  }

  private renderGroup({ title, rows }: DiffGroup): unknown {
    const shown = this.opened.has(title) ? rows : rows.slice(0, ROWS_SHOWN);
    const hidden = rows.length - shown.length;
    return html`<tbody>
      ${shown.map((row, index) => this.renderRow(row, index === 0 ? html`<th class="kind" scope="rowgroup" rowspan=${shown.length + (hidden > 0 ? 1 : 0)}>${title}</th>` : nothing))}
      ${hidden > 0 ? html`<tr><td colspan="3"><button class="link" @click=${() => (this.opened = new Set([...this.opened, title]))}>${countOf(hidden, 'more row')}</button></td></tr>` : nothing}
    </tbody>`;
  }

  private renderRow({ change, origin, object, before, after }: DiffRow, head: unknown): unknown {
    return html`<tr class=${change}>${head}
      <td class="what"><span><span aria-label=${change}>${SIGNS[change]}</span>${origin === null ? nothing : mark(origin)}<b>${object}</b></span></td>
      <td>${before}</td><td>${after}</td></tr>`;
  }

  private renderPages({ diff, page }: Comparison): unknown {
    if (diff === null) return nothing;
    const known = page === null ? undefined : diff.pages.find(({ pid, address }) => pid === page.pid && address === page.address);
    return html`<stasis-page-map .diff=${diff} .selected=${page}></stasis-page-map>
      ${page === null ? nothing : html`<stasis-hex .address=${page.address} .owner=${`pid ${page.pid}, ${known?.mapping || 'anonymous'}`} .pair=${page.pair}></stasis-hex>`}`;
  }

  /** `3 min 33 s apart, `. */
  private apart({ beforeId, afterId }: Comparison): string {
    const [before, after] = [beforeId, afterId].map((id) => this.checkpoints.find((checkpoint) => checkpoint.id === id)?.takenAtMs);
    return before === undefined || after === undefined ? '' : `${duration(Math.abs(after - before))} apart, `;
  }

  private pick(beforeId: string, afterId: string): void {
    this.dispatchEvent(new CustomEvent('compare-pick', { detail: { beforeId, afterId }, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-compare', StasisCompare);
