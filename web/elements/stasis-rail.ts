/**
 * `<stasis-rail>`: the tree of checkpoints: hollow nodes for what is frozen, one solid node for now.
 *
 * Properties in: `checkpoints`, `letGo`, `nowParentId`, `hasNow`, `generation`, `selectedId`, `comparedId` (the one it is compared
 * with), `restoredFromId`.
 * Events out: `rail-select` (`{ id }`), `rail-restore` (`{ id }`, by Enter or a double click), `rail-pair` (`{ id }`, by Shift).
 */

import { LitElement, css, html, nothing, svg } from 'lit';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import { clock, count, countOf, duration, fileSize } from '../app/format.ts';
import type { LetGo } from '../app/model.ts';
import { layoutTimeline } from '../app/timeline.ts';
import type { TimelineNode } from '../app/timeline.ts';
import { sharedStyles } from './shared-styles.ts';

const LEFT = 22;
const COLUMN = 250;
const TOP = 60;
const ROW = 72;
const BAR_MAX = 12;

export class StasisRail extends LitElement {
  static override properties = {
    checkpoints: { attribute: false },
    letGo: { attribute: false },
    nowParentId: { attribute: false },
    hasNow: { attribute: false },
    generation: { attribute: false },
    selectedId: { attribute: false },
    comparedId: { attribute: false },
    restoredFromId: { attribute: false },
    hasStore: { attribute: false },
  };
  declare checkpoints: readonly CheckpointInfo[];
  declare letGo: LetGo | null;
  declare nowParentId: string | null;
  declare hasNow: boolean;
  declare generation: number;
  declare selectedId: string | null;
  /** Null while nothing is compared. */
  declare comparedId: string | null;
  declare restoredFromId: string | null;
  /** Checkpoints are kept beyond the page: one that is not is worth a word. */
  declare hasStore: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; position: relative; min-width: 0; min-height: 0; }
      .track { position: relative; height: 100%; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
      .sheet { position: relative; }
      svg { position: absolute; inset: 0; fill: none; stroke: var(--line-strong); stroke-width: 1.25; }
      .node { fill: var(--bg); stroke: var(--frozen); stroke-width: 1.5; }
      .node.on { stroke-width: 3; }
      .bar { stroke: none; fill: var(--line-strong); }
      .head { fill: var(--origin-init); stroke: none; }
      .gone { stroke-dasharray: 1.5 4; stroke: var(--ink-3); }
      .cross { stroke: var(--killed); stroke-width: 1.5; }
      .ck { position: absolute; max-width: 242px; overflow: hidden; text-overflow: ellipsis; font-size: var(--text-s); line-height: 17px; white-space: nowrap; padding: 0 2px; margin-left: -2px; }
      .ck i { font-style: normal; color: var(--ink-3); font-family: var(--font-mono); margin-right: 2px; }
      .ck .num { display: block; font-size: var(--text-xs); color: var(--ink-2); overflow: hidden; text-overflow: ellipsis; }
      .ck[aria-pressed='true'] b { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; }
      .ck:hover b { text-decoration: underline; text-underline-offset: 3px; }
      .ck em { font-style: normal; color: var(--ink-3); }
      .flag {
        display: inline-grid; place-items: center; width: 16px; height: 16px; margin-left: 6px; font: 600 11px/1 var(--font-sans); border-radius: var(--radius);
        background: var(--ink); color: var(--ink-inverse);
      }
      .flag.o { background: none; color: var(--ink); box-shadow: inset 0 0 0 1.25px var(--ink); }
    `,
  ];

  override render(): unknown {
    const { nodes, columns, rows } = layoutTimeline(this.checkpoints, this.letGo, this.nowParentId, this.hasNow);
    const width = LEFT + columns * COLUMN;
    const height = TOP + (rows - 1) * ROW + 26;
    return html`
      <div class="track" role="group" aria-label="Checkpoints" @keydown=${this.walk}>
        <div class="sheet" style="width:${width}px;height:${height}px">
          <svg width=${width} height=${height} aria-hidden="true">${nodes.map((node) => this.renderLine(node))}${nodes.map((node) => this.renderNode(node))}</svg>
          ${nodes.map((node) => this.renderLabel(node))}
        </div>
      </div>
    `;
  }

  override updated(changed: Map<string, unknown>): void {
    if (!changed.has('checkpoints') && !changed.has('nowParentId') && !changed.has('letGo')) return;
    const track = this.renderRoot.querySelector<HTMLElement>('.track');
    const now = this.renderRoot.querySelector<HTMLElement>('.now');
    if (track === null || now === null) return;
    track.scrollLeft = now.offsetLeft + COLUMN - track.clientWidth;
    track.scrollTop = now.offsetTop + ROW - track.clientHeight;
  }

  private renderLine({ column, row, parent, kind }: TimelineNode): unknown {
    if (parent === null) return nothing;
    const [x0, y0, x, y] = [xOf(parent.column), yOf(parent.row), xOf(column), yOf(row)];
    const path = y === y0 ? `M${x0} ${y0}H${x}` : `M${x0} ${y0}C${x0 + 66} ${y0} ${x0 + 50} ${y} ${x0 + 116} ${y}H${x}`;
    return svg`<path class=${kind === 'let-go' ? 'gone' : ''} d=${path}/>`;
  }

  private renderNode(node: TimelineNode): unknown {
    const [x, y] = [xOf(node.column), yOf(node.row)];
    switch (node.kind) {
      case 'now':
        return svg`<circle class="head" cx=${x} cy=${y} r="5"/>`;
      case 'let-go':
        return svg`<path class="cross" d="M${x - 4} ${y - 4}l8 8m0-8l-8 8"/>`;
      case 'checkpoint': {
        const most = Math.max(1, ...this.checkpoints.map(({ dataPages }) => dataPages));
        const height = Math.max(2, BAR_MAX * Math.sqrt(node.checkpoint.dataPages / most));
        return svg`<path class="bar" d="M${x - 1.5} ${y + 9}h3v${height}h-3z"/><circle class=${node.checkpoint.id === this.selectedId ? 'node on' : 'node'} cx=${x} cy=${y} r="5"/>`;
      }
    }
  }

  private renderLabel(node: TimelineNode): unknown {
    const place = `left:${xOf(node.column) - 6}px;top:${yOf(node.row) - 48}px`;
    switch (node.kind) {
      case 'now':
        return html`<div class="ck now" style=${place}>
          <b>now</b>${this.generation > 1 ? `, generation ${this.generation}` : ''}
          <span class="num">${this.checkpoints.length === 0 ? 'Nothing frozen yet.' : `since ${this.nameOf(this.nowParentId)}`}</span>
        </div>`;
      case 'let-go':
        return html`<div class="ck quiet" style=${place}>let go at ${clock(node.letGo.atMs)}<span class="num">${duration(node.letGo.lastedMs)}, not kept</span></div>`;
      case 'checkpoint': {
        const { checkpoint } = node;
        const size = `${fileSize(checkpoint.imageBytes)} ${checkpoint.isDifference ? 'more' : 'full'}`;
        const isFromHere = checkpoint.totalMs > 0;
        const facts = `${size}${isFromHere ? `, ${duration(checkpoint.pauseMs)}` : ''}, ${countOf(checkpoint.dataPages, 'page')}`;
        return html`<button class="ck" style=${place} data-id=${checkpoint.id} aria-pressed=${checkpoint.id === this.selectedId}
          title=${`${fileSize(checkpoint.imageBytes)}, ${checkpoint.isDifference ? 'a difference' : 'a full image'}${isFromHere ? `, pause ${duration(checkpoint.pauseMs)}` : ''}, ${countOf(checkpoint.dataPages, 'page')} as data; ${countOf(checkpoint.processes, 'process')}, ${count(checkpoint.execProcesses)} of exec; ${isFromHere ? `whole image in ${duration(checkpoint.totalMs)}; ` : ''}${checkpoint.isStored ? 'kept in this browser' : 'in memory only'}${checkpoint.note === '' ? '' : `; ${checkpoint.note}`}`}
          @click=${(event: MouseEvent) => this.emit(event.shiftKey ? 'rail-pair' : 'rail-select', checkpoint.id)} @dblclick=${() => this.emit('rail-restore', checkpoint.id)}>
          <i>${node.ordinal}</i> <b>${checkpoint.name}</b>${checkpoint.id === this.restoredFromId ? html`<span class="label">&ensp;restored from here</span>` : nothing}${this.renderFlag(checkpoint)}
          <span class="num">${facts}</span>
        </button>`;
      }
    }
  }

  /** Which side of a comparison it is. */
  private renderFlag({ id, isStored }: CheckpointInfo): unknown {
    if (this.comparedId !== null && id === this.comparedId) return html`<span class="flag o">A</span>`;
    if (this.comparedId !== null && id === this.selectedId) return html`<span class="flag">B</span>`;
    return isStored || !this.hasStore ? nothing : html`<em>&ensp;not kept</em>`;
  }

  private nameOf(id: string | null): string {
    return this.checkpoints.find((checkpoint) => checkpoint.id === id)?.name ?? 'the start';
  }

  /** Left and right along the rail, up and down to the next branch; Enter restores, Shift+Enter takes it as the other of two. */
  private walk(event: KeyboardEvent): void {
    const target = event.target instanceof HTMLElement ? event.target : null;
    const id = target?.dataset['id'];
    if (id === undefined) return;
    const buttons = [...this.renderRoot.querySelectorAll<HTMLElement>('button.ck')];
    const at = buttons.findIndex((button) => button === target);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const side = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined || side !== undefined) {
      const next = step !== undefined ? buttons[at + step] : nearest(buttons, target, side ?? 0);
      next?.focus();
      if (next?.dataset['id'] !== undefined) this.emit('rail-select', next.dataset['id']);
    } else if (event.key === 'Enter' && event.shiftKey) this.emit('rail-pair', id);
    else if (event.key === 'Enter' && id === this.selectedId) this.emit('rail-restore', id);
    else return;
    event.preventDefault();
  }

  private emit(name: string, id: string): void {
    this.dispatchEvent(new CustomEvent(name, { detail: { id }, bubbles: true, composed: true }));
  }
}

/** The button nearest to `from` in a row above (`side` -1) or below it (1). */
function nearest(buttons: readonly HTMLElement[], from: HTMLElement | null, side: number): HTMLElement | undefined {
  if (from === null) return undefined;
  const others = buttons.filter((button) => Math.sign(button.offsetTop - from.offsetTop) === side);
  const distance = (button: HTMLElement): number => Math.abs(button.offsetTop - from.offsetTop) * 10 + Math.abs(button.offsetLeft - from.offsetLeft);
  return others.sort((a, b) => distance(a) - distance(b))[0];
}

function xOf(column: number): number {
  return LEFT + column * COLUMN;
}

function yOf(row: number): number {
  return TOP + row * ROW;
}

customElements.define('stasis-rail', StasisRail);
