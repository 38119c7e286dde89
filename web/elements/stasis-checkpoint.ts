/**
 * `<stasis-checkpoint>`: one checkpoint: its name and note, what it holds and weighs, and what can be done with it.
 *
 * Properties in: `checkpoint` (null for none), `parent`, `compareWith`, `link`, `refusal` (why nothing can be changed now),
 * `restoreRefusal`.
 * Events out: `checkpoint-rename` (`{ id, name }`), `checkpoint-annotate` (`{ id, note }`), `checkpoint-delete`, `checkpoint-verify`,
 * `checkpoint-share`, `checkpoint-restore` (`{ id }`), `checkpoint-export` (`{ id, format }`), `checkpoint-compare`, `panel-close`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { CheckpointInfo } from '../../src/machine/api.ts';
import { clock, count, countOf, duration, fileSize } from '../app/format.ts';
import type { ShareLink } from '../app/model.ts';
import { sharedStyles } from './shared-styles.ts';

export class StasisCheckpoint extends LitElement {
  static override properties = {
    checkpoint: { attribute: false },
    parent: { attribute: false },
    compareWith: { attribute: false },
    link: { attribute: false },
    refusal: { attribute: false },
    restoreRefusal: { attribute: false },
    isDeleteArmed: { state: true },
  };
  declare checkpoint: CheckpointInfo | null;
  declare parent: CheckpointInfo | null;
  declare compareWith: CheckpointInfo | null;
  declare link: ShareLink | null;
  declare refusal: string;
  declare restoreRefusal: string;
  /** Pressed once: the second press deletes. */
  declare private isDeleteArmed: boolean;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; background: var(--bg); border-top: var(--hair) solid var(--line); padding: var(--s3) var(--s4) var(--s4); font-size: var(--text-s); }
      header { display: flex; align-items: baseline; flex-wrap: wrap; gap: var(--s1) var(--s3); margin-bottom: 10px; }
      h2 { font-size: var(--text-l); }
      header .link { margin-left: auto; }
      .parts { display: grid; grid-template-columns: minmax(200px, .8fr) minmax(0, 1.3fr) max-content; gap: var(--s5); align-items: start; }
      .own { display: grid; gap: var(--s3); }
      label { display: grid; gap: 3px; color: var(--ink-3); }
      input, textarea {
        font: inherit; font-size: var(--text-m); color: var(--ink); background: var(--surface-term); border: var(--hair) solid var(--edge);
        border-radius: var(--radius); padding: 5px var(--s2); width: 100%; min-width: 0;
      }
      input:disabled, textarea:disabled { border-color: var(--line-strong); color: var(--ink-2); }
      textarea { resize: vertical; min-height: 56px; }
      dl { display: grid; grid-template-columns: 84px minmax(0, 1fr); gap: 3px var(--s2); line-height: 18px; }
      dt { color: var(--ink-3); }
      dd { color: var(--ink-2); overflow-wrap: anywhere; }
      dd b { color: var(--ink); font-weight: 400; }
      .do { display: flex; flex-direction: column; align-items: flex-start; gap: 7px; }
      .btn { height: 28px; }
      .shared { margin-top: var(--s3); display: grid; gap: 4px; color: var(--ink-2); }
      .shared input { font-family: var(--font-mono); font-size: var(--text-s); }
      @media (max-width: 760px) { .parts { grid-template-columns: minmax(0, 1fr); gap: var(--s4); } .do { flex-flow: row wrap; gap: 4px var(--s4); } }
      @media (max-width: 600px) { :host { padding-top: 0; border-top: 0; } .close { display: none; } .btn, input { min-height: var(--hit); } }
    `,
  ];

  constructor() {
    super();
    this.isDeleteArmed = false;
  }

  override willUpdate(changed: Map<string, unknown>): void {
    if (changed.has('checkpoint') && (changed.get('checkpoint') as CheckpointInfo | null | undefined)?.id !== this.checkpoint?.id) this.isDeleteArmed = false;
  }

  override render(): unknown {
    const { checkpoint } = this;
    return html`
      <header>
        <h2 tabindex="-1">${checkpoint === null ? 'No checkpoint' : checkpoint.name}</h2>
        <button class="link close" @click=${() => this.dispatchEvent(new CustomEvent('panel-close', { bubbles: true, composed: true }))}>Close</button>
      </header>
      ${checkpoint === null ? html`<p>Nothing frozen yet.</p>` : html`<div class="parts">${this.renderOwn(checkpoint)}${this.renderFacts(checkpoint)}${this.renderActs(checkpoint)}</div>${this.renderLink(checkpoint)}`}
    `;
  }

  private renderOwn({ id, name, note }: CheckpointInfo): unknown {
    const isDisabled = this.refusal !== '';
    return html`<div class="own">
      <label>name<input class="name" .value=${name} ?disabled=${isDisabled} maxlength="80"
        @change=${(event: Event) => this.rename(id, name, event.target as HTMLInputElement)}></label>
      <label>note<textarea rows="2" .value=${note} ?disabled=${isDisabled} placeholder="what is worth remembering of it"
        @change=${(event: Event) => this.emit('checkpoint-annotate', { id, note: (event.target as HTMLTextAreaElement).value })}></textarea></label>
    </div>`;
  }

  /** A checkpoint keeps its name where none is left in the field. */
  private rename(id: string, before: string, field: HTMLInputElement): void {
    const name = field.value.trim();
    field.value = name === '' ? before : name;
    if (field.value !== before) this.emit('checkpoint-rename', { id, name });
  }

  private renderFacts(info: CheckpointInfo): unknown {
    const stands = info.isDifference ? `a difference to ${this.parent?.name ?? 'an earlier one'}, ${fileSize(info.chainBytes)} with what it stands on` : 'a full image';
    return html`<dl>
      <dt>size</dt><dd><b>${fileSize(info.imageBytes)}</b>, ${stands}</dd>
      <dt>kept</dt><dd>${info.isStored ? html`<b>in this browser</b>: it is there after a reload` : html`<b>in memory only</b>: it goes with this page`}${info.isAutosave ? '; the next autosave replaces it' : ''}</dd>
      <dt>frozen</dt><dd>${new Date(info.takenAtMs).toLocaleDateString()} ${clock(info.takenAtMs)}, ${info.leftRunning ? 'the container went on' : 'the container stopped'}</dd>
      <dt>pause</dt><dd>${info.totalMs === 0 ? 'not known: it was not taken here' : `${duration(info.pauseMs)}, whole image in ${duration(info.totalMs)}`}</dd>
      <dt>holds</dt><dd>${countOf(info.processes, 'process')}, ${count(info.execProcesses)} of exec; ${countOf(info.pages, 'page')}, ${count(info.dataPages)} of them as data</dd>
      <dt>digest</dt><dd class="num" title=${info.digest}>${info.digest.slice(0, 23)}…</dd>
    </dl>`;
  }

  private renderActs(info: CheckpointInfo): unknown {
    const { id } = info;
    const { refusal } = this;
    const link = (text: string, title: string, act: () => void): unknown => html`<button class="link" ?disabled=${refusal !== ''} title=${refusal || title} @click=${act}>${text}</button>`;
    return html`<div class="do" role="group" aria-label="What can be done with ${info.name}">
      <button class="btn" ?disabled=${this.restoreRefusal !== ''} title=${this.restoreRefusal} @click=${() => this.emit('checkpoint-restore', { id })}>Restore</button>
      ${this.compareWith === null ? nothing : html`<button class="link" @click=${() => this.emit('checkpoint-compare', { id })}>Compare with ${this.compareWith.name}</button>`}
      ${link('Verify', 'Read it whole, as a restore would', () => this.emit('checkpoint-verify', { id }))}
      ${link('Share link', 'A link that holds the whole checkpoint', () => this.emit('checkpoint-share', { id }))}
      ${link('Export file', 'One file, in one piece', () => this.emit('checkpoint-export', { id, format: 'file' }))}
      ${link('Export OCI tar', 'An OCI image layout with the whole chain', () => this.emit('checkpoint-export', { id, format: 'oci' }))}
      ${this.isDeleteArmed
        ? link(`Delete for good, frees ${fileSize(info.freedByDeletingBytes)}`, 'It cannot be brought back', () => this.emit('checkpoint-delete', { id }))
        : link('Delete…', `Frees ${fileSize(info.freedByDeletingBytes)}; what hangs on it moves up`, () => (this.isDeleteArmed = true))}
    </div>`;
  }

  private renderLink({ id }: CheckpointInfo): unknown {
    const { link } = this;
    if (link === null || link.checkpointId !== id) return nothing;
    return html`<label class="shared"><span>${link.isCopied ? 'Copied: ' : 'Copy it from here: '}a link of ${count(link.text.length)} characters. The checkpoint is in it; no server keeps it.</span>
      <input readonly .value=${link.text} @focus=${(event: Event) => (event.target as HTMLInputElement).select()}></label>`;
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }
}

customElements.define('stasis-checkpoint', StasisCheckpoint);
