/**
 * `<stasis-checkpoint-list>`: the rail upright, newest on top; for narrow pages.
 *
 * Properties in: `checkpoints`, `hasNow`, `generation`, `nowParentId`, `selectedId`. Events out: `rail-select` (`{ id }`).
 */

import { LitElement, css, html, nothing, svg } from 'lit';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import { countOf, duration, fileSize } from '../app/format.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisCheckpointList extends LitElement {
  static override properties = {
    checkpoints: { attribute: false },
    hasNow: { attribute: false },
    generation: { attribute: false },
    nowParentId: { attribute: false },
    selectedId: { attribute: false },
  };
  declare checkpoints: readonly CheckpointInfo[];
  declare hasNow: boolean;
  declare generation: number;
  declare nowParentId: string | null;
  declare selectedId: string | null;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; padding: 0 var(--s4) var(--s4); }
      li, li button { display: grid; grid-template-columns: 34px 1fr auto; align-items: center; width: 100%; min-height: 48px; font-size: var(--text-m); }
      li button { grid-column: 1 / -1; }
      .num { color: var(--ink-2); font-size: var(--text-xs); }
      .name { min-width: 0; padding-right: var(--s2); }
      .name .num { display: block; white-space: normal; line-height: 15px; }
      svg { width: 34px; height: 48px; fill: none; stroke: var(--line-strong); stroke-width: 1.25; }
      .node { fill: var(--bg); stroke: var(--frozen); stroke-width: 1.5; }
      .node.on { stroke-width: 3; }
      .head { fill: var(--origin-init); stroke: none; }
      [aria-pressed='true'] b { text-decoration: underline; text-decoration-thickness: 2px; text-underline-offset: 3px; }
    `,
  ];

  override render(): unknown {
    const newestFirst = this.checkpoints.map((checkpoint, index) => ({ checkpoint, ordinal: index + 1 })).reverse();
    const from = this.checkpoints.find(({ id }) => id === this.nowParentId)?.name ?? 'the start';
    return html`<ol aria-label="Checkpoints, newest first">
      ${this.hasNow
        ? html`<li><svg viewBox="0 0 34 48" aria-hidden="true">${newestFirst.length > 0 ? line('M9 24v24') : nothing}${circle('head')}</svg>
            <span class="name"><b>now</b>${this.generation > 1 ? `, generation ${this.generation}` : ''}<span class="num">${this.checkpoints.length === 0 ? 'Nothing frozen yet.' : `since ${from}`}</span></span></li>`
        : nothing}
      ${newestFirst.map(({ checkpoint, ordinal }, index) => {
        const isFirst = index === 0 && !this.hasNow;
        const isLast = index === newestFirst.length - 1;
        const isSelected = checkpoint.id === this.selectedId;
        return html`<li><button aria-pressed=${isSelected} @click=${() => this.select(checkpoint.id)}>
          <svg viewBox="0 0 34 48" aria-hidden="true">${line(`M9 ${isFirst ? 24 : 0}V${isLast ? 24 : 48}`)}${circle(isSelected ? 'node on' : 'node')}</svg>
          <span class="name"><b>${ordinal} ${checkpoint.name}</b><span class="num">${checkpoint.isDifference ? 'a difference' : 'a full image'}${checkpoint.totalMs > 0 ? `, pause ${duration(checkpoint.pauseMs)}` : ''}, ${countOf(checkpoint.dataPages, 'page')}${checkpoint.parentId === null || checkpoint.parentId === newestFirst[index + 1]?.checkpoint.id ? '' : `, from ${this.checkpoints.find(({ id }) => id === checkpoint.parentId)?.name ?? 'the start'}`}</span></span>
          <span class="num">${fileSize(checkpoint.imageBytes)}</span>
        </button></li>`;
      })}
    </ol>`;
  }

  private select(id: string): void {
    this.dispatchEvent(new CustomEvent('rail-select', { detail: { id }, bubbles: true, composed: true }));
  }
}

function line(path: string): unknown {
  return svg`<path d=${path}/>`;
}

function circle(name: string): unknown {
  return svg`<circle class=${name} cx="9" cy="24" r="5"/>`;
}

customElements.define('stasis-checkpoint-list', StasisCheckpointList);
