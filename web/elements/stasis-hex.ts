/**
 * `<stasis-hex>`: one page on both sides: struck bytes are A's, marked bytes are B's.
 *
 * Properties in: `address`, `owner` (whose page: `2 sh, [heap]`), `pair` (null while it is on its way).
 */

import { LitElement, css, html, nothing } from 'lit';
import type { PagePair } from '../../src/inspect/report.ts';
import { count, countOf } from '../app/format.ts';
import { ROW_BYTES, differingBytes, hexRows } from '../app/hex-rows.ts';
import type { HexRow } from '../app/hex-rows.ts';
import { sharedStyles } from './shared-styles.ts';

const CONTEXT_ROWS = 1;
/** Rows drawn unless the whole page is asked for. */
const ROWS_SHOWN = 48;

export class StasisHex extends LitElement {
  static override properties = { address: { attribute: false }, owner: { attribute: false }, pair: { attribute: false }, isWhole: { state: true } };
  declare address: number;
  declare owner: string;
  declare pair: PagePair | null;
  declare private isWhole: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; font-size: var(--text-s); }
      header { display: flex; align-items: baseline; gap: var(--s3); margin-bottom: 6px; }
      header .num { margin-left: auto; color: var(--ink-3); overflow: hidden; text-overflow: ellipsis; }
      .hex { font: var(--text-s) / 18px var(--font-mono); color: var(--ink-3); white-space: pre; overflow-x: auto; scrollbar-width: thin; }
      ins { color: var(--ink); text-decoration: none; background: var(--surface-raised); box-shadow: 0 0 0 2px var(--surface-raised); }
      del { color: var(--killed); text-decoration: line-through; }
      .gap { color: var(--ink-3); }
      p { margin-top: 8px; color: var(--ink-2); text-wrap: pretty; }
    `,
  ];

  constructor() {
    super();
    this.isWhole = false;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('address')) this.isWhole = false;
  }

  override render(): unknown {
    const { pair } = this;
    return html`
      <header><h2>Page 0x${this.address.toString(16)}</h2><span class="num">${this.owner}</span></header>
      ${pair === null ? html`<p>Reading it.</p>` : this.renderPair(pair)}
    `;
  }

  private renderPair({ before, after }: PagePair): unknown {
    if (before === null && after === null) return html`<p>Neither side has this page.</p>`;
    const rows = hexRows(this.address, before, after, this.isWhole ? Infinity : CONTEXT_ROWS);
    const shown = this.isWhole ? rows : rows.slice(0, ROWS_SHOWN);
    const all = ((before ?? after)?.length ?? 0) / ROW_BYTES;
    const side = before === null ? 'A does not have this page. ' : after === null ? 'B does not have this page. ' : '';
    return html`
      <div class="hex" role="group" aria-label="Bytes of the page, A's struck, B's marked">${shown.map((row) => renderRow(row))}</div>
      <p>${side}${countOf(differingBytes(before, after), 'byte')} differ. Struck bytes are A's, marked bytes are B's.
        ${this.isWhole || shown.length === all ? nothing : html`<button class="link" @click=${() => (this.isWhole = true)}>Show all ${count(all)} rows</button>`}</p>
    `;
  }
}

function renderRow({ address, before, after, isSame, skipped }: HexRow): unknown {
  const start = address.toString(16).padStart(5, '0');
  const gap = skipped > 0 ? html`<span class="gap">${' '.repeat(start.length)}  ⋯ ${countOf(skipped, 'row')} ${before === null || after === null ? 'of zeros' : 'the same'}\n</span>` : nothing;
  if (isSame && before !== null) return html`${gap}${start}  ${renderSide(before, null, 'none')}\n`;
  const blank = ' '.repeat(start.length);
  return html`${gap}${before === null ? nothing : html`${start}  ${renderSide(before, after, 'del')}\n`}${after === null ? nothing : html`${before === null ? start : blank}  ${renderSide(after, before, 'ins')}\n`}`;
}

function renderSide(bytes: Uint8Array, other: Uint8Array | null, mark: 'del' | 'ins' | 'none'): unknown {
  const parts = [...bytes].map((byte, index) => ({ byte, isMarked: mark !== 'none' && byte !== (other?.[index] ?? (byte === 0 ? 0 : -1)) }));
  const dress = ({ text, isMarked }: { text: string; isMarked: boolean }): unknown => (!isMarked ? text : mark === 'del' ? html`<del>${text}</del>` : html`<ins>${text}</ins>`);
  const hex = parts.map(({ byte, isMarked }) => html`${dress({ text: byte.toString(16).padStart(2, '0'), isMarked })} `);
  const runs: { text: string; isMarked: boolean }[] = [];
  for (const { byte, isMarked } of parts) {
    const text = byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
    const last = runs.at(-1);
    if (last !== undefined && last.isMarked === isMarked) last.text += text;
    else runs.push({ text, isMarked });
  }
  return html`${hex} ${runs.map(dress)}`;
}

customElements.define('stasis-hex', StasisHex);
