/**
 * `<stasis-keys>`: the keys a phone's keyboard has not.
 *
 * Properties in: `isCtrlArmed`. Events out: `key-press` (`{ key }`, a name that `<stasis-terminal>.press` takes), `key-ctrl`.
 */

import { LitElement, css, html } from 'lit';
import { sharedStyles } from './shared-styles.ts';

const KEYS = [
  ['Esc', 'Escape', 'Escape'],
  ['Tab', 'Tab', 'Tab'],
  ['Ctrl', 'Ctrl', 'Control, for the next key'],
  ['|', '|', 'Pipe'],
  ['/', '/', 'Slash'],
  ['←', 'Left', 'Left'],
  ['↑', 'Up', 'Up'],
  ['↓', 'Down', 'Down'],
  ['→', 'Right', 'Right'],
] as const;

export class StasisKeys extends LitElement {
  static override properties = { isCtrlArmed: { attribute: false } };
  declare isCtrlArmed: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: flex; border-top: var(--hair) solid var(--line); background: var(--bg); }
      button { flex: 1; min-width: 0; height: var(--hit); text-align: center; font: var(--text-s) / 1 var(--font-mono); color: var(--ink); border-left: var(--hair) solid var(--line); outline-offset: -2px; }
      button:first-child { border-left: 0; }
      [aria-pressed='true'] { background: var(--ink); color: var(--ink-inverse); }
    `,
  ];

  constructor() {
    super();
    this.isCtrlArmed = false;
    this.setAttribute('role', 'toolbar');
    this.setAttribute('aria-label', 'Keys');
  }

  override render(): unknown {
    // A button that took the focus would close the phone's keyboard.
    return KEYS.map(([text, key, label]) =>
      key === 'Ctrl'
        ? html`<button aria-label=${label} aria-pressed=${this.isCtrlArmed} @pointerdown=${keepFocus} @click=${() => this.emit('key-ctrl', {})}>${text}</button>`
        : html`<button aria-label=${label} @pointerdown=${keepFocus} @click=${() => this.emit('key-press', { key })}>${text}</button>`,
    );
  }

  private emit(name: string, detail: object): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }
}

function keepFocus(event: Event): void {
  event.preventDefault();
}

customElements.define('stasis-keys', StasisKeys);
