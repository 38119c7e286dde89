/**
 * `<stasis-deck>`: the transport: checkpoint, restore and how, and how many a restore would end.
 *
 * Properties in: `restoreName` (what Restore brings back; null for nothing), `policy`, `how` (policy and clock in words),
 * `checkpointRefusal` and `restoreRefusal` (why a button cannot act; '' when it can), `leaveRunning`, `doomed`, `total`,
 * `prevents` (those who would end prevent the restore instead).
 * Events out: `deck-checkpoint`, `deck-restore`, `deck-leave-running` (`boolean`), `deck-survivors`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { ExecPolicyName } from '../../src/machine/api.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisDeck extends LitElement {
  static override properties = {
    restoreName: { attribute: false },
    policy: { attribute: false },
    how: { attribute: false },
    checkpointRefusal: { attribute: false },
    restoreRefusal: { attribute: false },
    leaveRunning: { attribute: false },
    doomed: { attribute: false },
    total: { attribute: false },
    prevents: { attribute: false },
  };
  declare restoreName: string | null;
  declare policy: ExecPolicyName;
  declare how: string;
  declare checkpointRefusal: string;
  declare restoreRefusal: string;
  declare leaveRunning: boolean;
  declare doomed: number;
  declare total: number;
  declare prevents: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; flex-direction: column; gap: 7px; padding: var(--s3) var(--s4); min-width: 0; }
      .btn { justify-content: space-between; width: 100%; flex: none; }
      .btn span { overflow: hidden; text-overflow: ellipsis; }
      .pair { display: flex; }
      .pair .btn { flex: 1; min-width: 0; border-radius: var(--radius) 0 0 var(--radius); }
      .pair .how {
        flex: none; width: auto; margin-left: -1px; padding: 0 9px; gap: 6px; border-radius: 0 var(--radius) var(--radius) 0;
        font-family: var(--font-mono); font-size: var(--text-s); color: var(--ink-2);
      }
      .how svg { width: 8px; height: 8px; flex: none; fill: none; stroke: currentColor; stroke-width: 1.3; }
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
      <div class="pair">
        <button class="btn" ?disabled=${this.restoreRefusal !== ''} title=${this.restoreRefusal || 'Go back to what was frozen'}
          @click=${() => this.emit('deck-restore', null)}><span>${this.restoreName === null ? 'Restore' : `Restore ${this.restoreName}`}</span><kbd>R</kbd></button>
        <button class="btn how" title="How to restore: ${this.how}" aria-label="How to restore: ${this.how}"
          @click=${() => this.emit('deck-survivors', null)}><span>${this.policy}</span><svg viewBox="0 0 8 8" aria-hidden="true"><path d="M1 2.5 4 5.5 7 2.5"/></svg></button>
      </div>
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
    return html`<button class="doomed c-exec" @click=${() => this.emit('deck-survivors', null)}>${mark('doomed')}<span>${this.doomed} of ${this.total} ${!this.prevents ? 'would end' : this.doomed === 1 ? 'prevents a restore' : 'prevent a restore'}</span></button>`;
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-deck', StasisDeck);
