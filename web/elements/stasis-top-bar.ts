/**
 * `<stasis-top-bar>`: which container, in what state, how fast and how large.
 *
 * Properties in: `container`, `phase`, `mips`, `stats`, `how` (how a restore is done, in words), `pauseRefusal` (why it cannot be
 * paused or resumed). Events out: `bar-help`, `bar-theme`, `bar-how`, `bar-pause`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { ContainerState, MachineStats } from '../../src/machine/api.ts';
import { memorySize, mips } from '../app/format.ts';
import type { Phase } from '../app/model.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';

const PAGE_BYTES = 4096;

export class StasisTopBar extends LitElement {
  static override properties = {
    name: { attribute: false },
    image: { attribute: false },
    container: { attribute: false },
    phase: { attribute: false },
    mips: { attribute: false },
    stats: { attribute: false },
    how: { attribute: false },
    pauseRefusal: { attribute: false },
  };
  declare name: string;
  declare image: string;
  declare container: ContainerState | null;
  declare phase: Phase;
  declare mips: number;
  declare stats: MachineStats | null;
  declare how: string;
  declare pauseRefusal: string;

  static override styles = [
    sharedStyles,
    css`
      :host {
        display: flex; align-items: center; gap: var(--s5); height: var(--bar); padding: 0 var(--s4); white-space: nowrap;
        border-bottom: var(--hair) solid var(--line);
      }
      .brand { display: flex; align-items: center; gap: var(--s2); font-size: var(--text-l); font-weight: var(--weight-strong); }
      .brand svg { width: 16px; height: 16px; }
      .field { display: flex; align-items: baseline; gap: var(--s2); }
      .meter { display: flex; align-items: center; gap: var(--s4); margin-left: auto; color: var(--ink-2); }
      .meter .num { min-width: 8ch; text-align: right; }
      .live { display: flex; align-items: center; gap: 6px; }
      .how { display: inline-flex; align-items: center; gap: 7px; }
      .how:hover { text-decoration: underline; text-underline-offset: 3px; }
      .how svg { width: 8px; height: 8px; fill: none; stroke: var(--ink-2); stroke-width: 1.3; }
      .failed { color: var(--danger); }
      .acts { display: flex; align-items: center; gap: var(--s4); }
      .ico { display: grid; place-items: center; width: 28px; height: 28px; border-radius: var(--radius); color: var(--ink-2); }
      .ico:hover { background: var(--surface-raised); color: var(--ink); }
      .ico svg { width: 16px; height: 16px; }
      @media (max-width: 900px) { .opt { display: none; } :host { gap: var(--s4); } }
      @media (max-width: 600px) {
        :host { gap: var(--s3); padding: 0 var(--s3); height: 44px; }
        .meter .num, .gen, .field { display: none; }
        .acts { gap: var(--s1); }
        .help { display: none; }
        .ico { width: var(--hit); height: var(--hit); margin-right: calc(-1 * var(--s2)); }
      }
      @media (max-width: 380px) { .name { display: none; } }
    `,
  ];

  override render(): unknown {
    return html`
      <span class="brand"><svg viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1a7 7 0 0 0 0 14z" fill="currentColor"/><path
        d="M8 1a7 7 0 0 1 0 14" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2.2 1.9"/></svg>Stasis</span>
      <b class="name">${this.name}</b>
      <span class="field opt"><span class="label">image</span><span>${this.image}</span></span>
      <span class="field opt"><span class="label">at restore</span><button class="how" @click=${() => this.emit('bar-how')}>${this.how}<svg viewBox="0 0 8 8" aria-hidden="true"><path d="M1 2.5 4 5.5 7 2.5"/></svg></button></span>
      <span class="meter">
        <span class="live" role="status">${this.renderState()}</span>
        ${this.renderPause()}
        ${this.stats === null
          ? nothing
          : html`<span class="num" title="Guest instructions a second, in millions, over the last half second">${mips(this.mips)}</span>
              <span class="num" title="Guest memory in use">${memorySize(this.stats.framesInUse * PAGE_BYTES)}</span>`}
      </span>
      <span class="acts">
        <button class="link help" @click=${() => this.emit('bar-help')}>Keys</button>
        <button class="ico theme" aria-label="Switch between dark and light" @click=${() => this.emit('bar-theme')}>
          <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/></svg>
        </button>
      </span>
    `;
  }

  private renderPause(): unknown {
    if (this.phase.kind !== 'ready' || this.container === null || this.container.status === 'stopped') return nothing;
    return html`<button class="link pause" ?disabled=${this.pauseRefusal !== ''} title=${this.pauseRefusal || 'Stops every process where it is, and lets it go on'}
      @click=${() => this.emit('bar-pause')}>${this.container.status === 'paused' ? 'Resume' : 'Pause'}</button>`;
  }

  private renderState(): unknown {
    if (this.phase.kind === 'failed') return html`<span class="failed">failed</span>`;
    if (this.phase.kind === 'loading' || this.container === null) return html`<span>loading</span>`;
    const { status, generation } = this.container;
    return html`${status === 'running' ? mark('init') : mark('stopped')}<span>${status}${generation > 1 ? html`<span class="gen">, generation ${generation}</span>` : nothing}</span>`;
  }

  private emit(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}

customElements.define('stasis-top-bar', StasisTopBar);
