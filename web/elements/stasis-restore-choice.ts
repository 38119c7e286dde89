/**
 * `<stasis-restore-choice>`: how the next restore is to be done: what becomes of execs, and what the monotonic clock does.
 *
 * Properties in: `settings`. Events out: `settings-change` (what of them is to change).
 */

import { LitElement, css, html, nothing } from 'lit';
import { CLOCKS, POLICIES } from '../app/restore-choice.ts';
import type { RestoreSettings } from '../app/restore-choice.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisRestoreChoice extends LitElement {
  static override properties = { settings: { attribute: false } };
  declare settings: RestoreSettings;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; flex-direction: column; gap: var(--s3); font-size: var(--text-s); }
      fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
      legend { padding: 0 0 4px; color: var(--ink); font-weight: var(--weight-strong); }
      label { display: grid; grid-template-columns: 16px 66px minmax(0, 1fr); gap: 0 var(--s1); padding: 3px 0; color: var(--ink-2); cursor: pointer; }
      label.force { grid-template-columns: 16px minmax(0, 1fr); padding-left: 86px; }
      label:hover, label:has(:checked) { color: var(--ink); }
      input { accent-color: var(--ink); margin: 2px 0 0; width: 13px; height: 13px; }
      code { color: inherit; }
      span { text-wrap: pretty; }
      @media (max-width: 600px) { label { min-height: var(--hit); align-content: center; } input { width: 18px; height: 18px; } }
    `,
  ];

  override render(): unknown {
    const { policy, clock, forceHostFiles } = this.settings;
    return html`
      <fieldset>
        <legend>What becomes of execs</legend>
        ${POLICIES.map(({ name, does }) => html`<label><input type="radio" name="policy" .checked=${name === policy} value=${name}
          @change=${() => this.emit({ policy: name })}><code>${name}</code><span>${does}</span></label>
        ${name === 'naive' && policy === 'naive'
          ? html`<label class="force"><input type="checkbox" .checked=${forceHostFiles}
              @change=${(event: Event) => this.emit({ forceHostFiles: (event.target as HTMLInputElement).checked })}><span>Force it: take host FDs as they are, dead.</span></label>`
          : nothing}`)}
      </fieldset>
      <fieldset>
        <legend>The clock</legend>
        ${CLOCKS.map(({ name, does }) => html`<label><input type="radio" name="clock" .checked=${name === clock} value=${name}
          @change=${() => this.emit({ clock: name })}><code>${name}</code><span>${does}</span></label>`)}
      </fieldset>
    `;
  }

  private emit(detail: Partial<RestoreSettings>): void {
    this.dispatchEvent(new CustomEvent('settings-change', { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-restore-choice', StasisRestoreChoice);
