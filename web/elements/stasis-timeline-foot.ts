/**
 * `<stasis-timeline-foot>`: below the rail: what can be done with the checkpoint that is selected, and where checkpoints are kept.
 *
 * Properties in: `selected`, `compareWith` (what `selected` would be compared with; null for nothing), `store`, `refusal` (why
 * nothing can be changed now). Events out: `foot-details`, `foot-compare`, `foot-share`, `foot-import` (`{ file }`),
 * `foot-autosave` (`{ isOn }`).
 */

import { LitElement, css, html, nothing } from 'lit';
import type { CheckpointInfo, StoreState } from '../../src/machine/api.ts';
import { fileSize } from '../app/format.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisTimelineFoot extends LitElement {
  static override properties = {
    selected: { attribute: false },
    compareWith: { attribute: false },
    store: { attribute: false },
    refusal: { attribute: false },
  };
  declare selected: CheckpointInfo | null;
  declare compareWith: CheckpointInfo | null;
  declare store: StoreState | null;
  declare refusal: string;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; align-items: center; flex-wrap: wrap; gap: 2px var(--s4); min-width: 0; padding: 3px var(--s4); min-height: 28px; font-size: var(--text-s); color: var(--ink-2); }
      .of, .kept { display: flex; align-items: baseline; flex-wrap: wrap; gap: 2px var(--s4); min-width: 0; }
      .of b { color: var(--ink); }
      .kept { margin-left: auto; align-items: center; }
      label { display: inline-flex; align-items: center; gap: 6px; }
      input[type='checkbox'] { accent-color: var(--ink); margin: 0; width: 13px; height: 13px; }
      .problem { color: var(--danger); }
      @media (max-width: 600px) {
        :host { padding: 0 var(--s4) var(--s3); }
        .kept { margin-left: 0; }
        .of, .kept { align-items: center; }
        label { min-height: var(--hit); }
        kbd { display: none; }
      }
    `,
  ];

  override render(): unknown {
    return html`${this.renderSelected()}<span class="kept">${this.renderStore()}
      <button class="link" ?disabled=${this.refusal !== ''} title=${this.refusal || 'Take in a checkpoint from a file; or drop it anywhere on the page'}
        @click=${() => this.renderRoot.querySelector<HTMLInputElement>('input[type=file]')?.click()}>Import…</button>
      <input type="file" hidden aria-label="Checkpoint file to import" @change=${this.pickFile}></span>`;
  }

  private renderSelected(): unknown {
    const { selected, compareWith } = this;
    if (selected === null) return html`<span class="of">A checkpoint keeps this moment. Freeze one, or drop a file that holds one.</span>`;
    return html`<span class="of">
      <b>${selected.name}</b>
      <span><button class="link" @click=${() => this.emit('foot-details', null)}>Details</button> <kbd>I</kbd></span>
      ${compareWith === null ? nothing : html`<span><button class="link" @click=${() => this.emit('foot-compare', null)}>Compare with ${compareWith.name}</button> <kbd>D</kbd></span>`}
      <button class="link" ?disabled=${this.refusal !== ''} title=${this.refusal || 'A link that holds the whole checkpoint'} @click=${() => this.emit('foot-share', null)}>Share link</button>
    </span>`;
  }

  private renderStore(): unknown {
    const { store } = this;
    if (store === null) return html`<span title="Checkpoints are gone with this page. Export what is to stay.">kept in memory only</span>`;
    const isOn = store.autosaveSeconds !== null;
    const quota = store.quotaBytes === null ? '' : ` of ${fileSize(store.quotaBytes)}`;
    return html`
      ${store.problem === null ? nothing : html`<span class="problem" role="alert">${store.problem}</span>`}
      <label title="Keeps the container while it runs: a reload of the page brings it back, without what execs started"><input type="checkbox" .checked=${isOn} ?disabled=${this.refusal !== ''}
        @change=${(event: Event) => this.emit('foot-autosave', { isOn: (event.target as HTMLInputElement).checked })}>autosave${isOn ? ` every ${store.autosaveSeconds} s` : ''}</label>
      <span>kept in ${store.label}: <span class="num">${fileSize(store.usedBytes)}${quota}</span></span>
    `;
  }

  private pickFile(event: Event): void {
    const input = event.target as HTMLInputElement;
    const file = input.files?.[0];
    if (file !== undefined) this.emit('foot-import', { file });
    input.value = '';
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-timeline-foot', StasisTimelineFoot);
