/** `<stasis-help>`: the keys of the page. Events out: `panel-close`. */

import { LitElement, css, html } from 'lit';
import { sharedStyles } from './shared-styles.ts';

const KEYS: readonly [string, string][] = [
  ['Ctrl+Shift+Space', 'leaves a terminal; every other key is its own'],
  ['1 to 9', 'go to a terminal'],
  ['N', 'new exec session'],
  ['C', 'checkpoint'],
  ['R', 'restore what is selected on the rail'],
  ['S', 'who survives a restore, and how it is done'],
  ['I', 'the checkpoint that is selected: name, note, share, export, delete'],
  ['D', 'compare it with the one it came from, or with another: Shift+click, Shift+Enter'],
  ['V', 'verify it: read it whole'],
  ['W', 'pause the container, and let it go on'],
  ['P, T, E, U', 'processes, timeline, events, unsupported syscalls'],
  ['Arrows', 'walk the processes, the rail and the tabs; Enter acts'],
  ['Esc', 'closes a panel'],
  ['Drop a file', 'takes in a checkpoint: a single file or an OCI tar'],
];

export class StasisHelp extends LitElement {
  static override styles = [
    sharedStyles,
    css`
      :host { display: block; background: var(--bg); border-top: var(--hair) solid var(--line); padding: var(--s3) var(--s4) var(--s4); }
      header { display: flex; align-items: baseline; gap: var(--s3); margin-bottom: 10px; }
      h2 { font-size: var(--text-l); }
      header .link { margin-left: auto; }
      dl { display: grid; grid-template-columns: max-content minmax(0, 1fr) max-content minmax(0, 1fr); gap: 5px var(--s4); font-size: var(--text-s); }
      dt { font-family: var(--font-mono); color: var(--ink); white-space: nowrap; }
      dd { color: var(--ink-2); }
      @media (max-width: 900px) { dl { grid-template-columns: max-content minmax(0, 1fr); } }
      @media (max-width: 600px) { :host { border-top: 0; padding-top: 0; } header { display: none; } }
    `,
  ];

  override render(): unknown {
    return html`
      <header>
        <h2 tabindex="-1">Keys</h2>
        <button class="link" @click=${() => this.dispatchEvent(new CustomEvent('panel-close', { bubbles: true, composed: true }))}>Close</button>
      </header>
      <dl>${KEYS.map(([key, what]) => html`<dt>${key}</dt><dd>${what}</dd>`)}</dl>
    `;
  }
}

customElements.define('stasis-help', StasisHelp);
