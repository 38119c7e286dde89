/**
 * `<stasis-deck>`: the transport: checkpoint, restore, and how many a restore would end.
 *
 * Properties in: `restoreName` (what Restore brings back; null for nothing), `checkpointRefusal` and `restoreRefusal` (why a
 * button cannot act; '' when it can), `leaveRunning`, `doomed`, `total`.
 * Events out: `deck-checkpoint`, `deck-restore`, `deck-leave-running` (`boolean`), `deck-survivors`.
 */

import { LitElement, css, html, nothing } from 'lit';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisDeck extends LitElement {
  static override properties = {
    restoreName: { attribute: false },
    checkpointRefusal: { attribute: false },
    restoreRefusal: { attribute: false },
    leaveRunning: { attribute: false },
    doomed: { attribute: false },
    total: { attribute: false },
  };
  declare restoreName: string | null;
  declare checkpointRefusal: string;
  declare restoreRefusal: string;
  declare leaveRunning: boolean;
  declare doomed: number;
  declare total: number;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; flex-direction: column; gap: 7px; padding: var(--s3) var(--s4); min-width: 0; }
      .btn { justify-content: space-between; width: 100%; flex: none; }
      .btn span { overflow: hidden; text-overflow: ellipsis; }
      label { display: flex; gap: var(--s2); align-items: center; margin-top: 2px; font-size: var(--text-s); color: var(--ink-2); }
      input { accent-color: var(--ink); margin: 0; width: 14px; height: 14px; }
      .doomed { display: flex; align-items: center; gap: 7px; margin-top: 1px; font-size: var(--text-s); }
      button.doomed:hover span { text-decoration: underline; text-underline-offset: 3px; }
      @media (max-width: 600px) { .btn, label, button.doomed { min-height: var(--hit); } }
    `,
  ];

  override render(): unknown {
    return html`
      <button class="btn fill" ?disabled=${this.checkpointRefusal !== ''} title=${this.checkpointRefusal || 'Freeze this moment'}
        @click=${() => this.emit('deck-checkpoint', null)}><span>Checkpoint</span><kbd>C</kbd></button>
      <button class="btn" ?disabled=${this.restoreRefusal !== ''} title=${this.restoreRefusal || 'Go back to what was frozen'}
        @click=${() => this.emit('deck-restore', null)}><span>${this.restoreName === null ? 'Restore' : `Restore ${this.restoreName}`}</span><kbd>R</kbd></button>
      <label><input type="checkbox" .checked=${this.leaveRunning}
        @change=${(event: Event) => this.emit('deck-leave-running', (event.target as HTMLInputElement).checked)}> leave it running</label>
      ${this.renderDoomed()}
    `;
  }

  private renderDoomed(): unknown {
    if (this.total === 0) return nothing;
    if (this.doomed === 0) {
      return html`<button class="doomed c-ok" @click=${() => this.emit('deck-survivors', null)}>${mark('survived')}<span>${this.total === 1 ? 'the only one lives on' : `all ${this.total} would live on`}</span></button>`;
    }
    return html`<button class="doomed c-exec" @click=${() => this.emit('deck-survivors', null)}>${mark('doomed')}<span>${this.doomed} of ${this.total} would end</span></button>`;
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-deck', StasisDeck);
