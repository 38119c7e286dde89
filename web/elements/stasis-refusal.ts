/**
 * `<stasis-refusal>`: what was refused last, beside where it was asked, until it is dismissed or goes well.
 *
 * Properties in: `sentence`, `action` (the word of a button beside it; '' for none). Events out: `refusal-dismiss`, `refusal-act`.
 */

import { LitElement, css, html, nothing } from 'lit';
import { sharedStyles } from './shared-styles.ts';

export class StasisRefusal extends LitElement {
  static override properties = { sentence: { attribute: false }, action: { attribute: false }, isNews: { attribute: false } };
  declare sentence: string;
  declare action: string;
  /** Nothing went wrong: something waits for an answer. */
  declare isNews: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; border-bottom: var(--hair) solid var(--line); font-size: var(--text-s); }
      div { display: flex; align-items: baseline; gap: var(--s4); padding: 7px var(--s4); }
      p { flex: 1; color: var(--danger); overflow-wrap: anywhere; text-wrap: pretty; }
      p.news { color: var(--ink); }
      .link { flex: none; }
    `,
  ];

  constructor() {
    super();
    this.action = '';
    this.isNews = false;
  }

  override render(): unknown {
    return html`<div role=${this.isNews ? 'status' : 'alert'}>
      <p class=${this.isNews ? 'news' : ''}>${this.sentence}</p>
      ${this.action === '' ? nothing : html`<button class="link" @click=${() => this.emit('refusal-act')}>${this.action}</button>`}
      <button class="link" @click=${() => this.emit('refusal-dismiss')}>${this.isNews ? 'Later' : 'Close'}</button>
    </div>`;
  }

  private emit(name: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true }));
  }
}

customElements.define('stasis-refusal', StasisRefusal);
