/**
 * `<stasis-survivors>`: the ledger: how to restore, and who would live on and who would end if what runs now were frozen and
 * restored so, and why.
 *
 * Properties in: `rows` (null until the machine has answered), `settings`, `frozen` (execs of the checkpoint that would be
 * restored, and its name), `keptAs` (the newest checkpoint if nothing changed since; null: nothing is kept yet). Events out: `settings-change` (what of the settings is to change), `panel-close`.
 */

import { LitElement, css, html, nothing } from 'lit';
import type { SurvivorRow } from '../../src/machine/api.ts';
import { countOf } from '../app/format.ts';
import { canSpare, livesOnBy, preventsRestore } from '../app/restore-choice.ts';
import type { RestoreSettings } from '../app/restore-choice.ts';
import { mark } from './marks.ts';
import { sharedStyles } from './shared-styles.ts';
import './stasis-restore-choice.ts';

const ROWS_SHOWN = 12;

export class StasisSurvivors extends LitElement {
  static override properties = { rows: { attribute: false }, settings: { attribute: false }, frozen: { attribute: false }, keptAs: { attribute: false } };
  declare rows: readonly SurvivorRow[] | null;
  declare settings: RestoreSettings;
  /** Null while nobody can be named. */
  declare frozen: { name: string; execs: readonly { pid: number; command: string }[] } | null;
  /** Facts of the checkpoint just taken, and its name; null when nothing of now is kept. */
  declare keptAs: { name: string; facts: string } | null;

  static override styles = [
    sharedStyles,
    css`
      :host { display: block; background: var(--bg); border-top: var(--hair) solid var(--line); padding: var(--s3) var(--s4) var(--s4); }
      header { display: flex; align-items: baseline; flex-wrap: wrap; gap: var(--s1) var(--s3); margin-bottom: 10px; }
      h2 { font-size: var(--text-l); }
      header .facts { margin-left: auto; color: var(--ink-2); }
      .parts { display: grid; grid-template-columns: minmax(270px, 340px) minmax(0, 1fr); gap: var(--s5); align-items: start; }
      .halves { display: grid; gap: var(--s4); }
      table { width: 100%; border-collapse: collapse; table-layout: fixed; font-size: var(--text-s); line-height: 17px; }
      caption { text-align: left; padding-bottom: 4px; border-bottom: var(--hair) solid var(--line-strong); }
      caption .m { display: inline-block; margin-right: 7px; vertical-align: -1px; }
      td { padding: 3px var(--s3) 3px 0; vertical-align: top; color: var(--ink-2); border-bottom: var(--hair) solid var(--line); overflow-wrap: anywhere; }
      .who { display: flex; align-items: center; gap: var(--s2); min-height: 17px; font-family: var(--font-mono); color: var(--ink); white-space: nowrap; overflow: hidden; }
      .who i { font-style: normal; min-width: 2ch; text-align: right; }
      .who span { overflow: hidden; text-overflow: ellipsis; }
      .who input { accent-color: var(--ink); margin: 0; width: 13px; height: 13px; flex: none; }
      td:first-child { width: 32%; }
      .held { width: 108px; font-family: var(--font-mono); font-size: var(--text-xs); }
      p { margin-top: 8px; font-size: var(--text-s); color: var(--ink-2); text-wrap: pretty; }
      @media (max-width: 760px) { .parts { grid-template-columns: minmax(0, 1fr); gap: var(--s4); } }
      @media (max-width: 600px) {
        :host { padding-top: 0; border-top: 0; }
        header .facts { margin: 0; }
        .close { display: none; }
        td { padding-block: 6px; }
        .held { width: 84px; }
        .who input { width: 20px; height: 20px; }
      }
    `,
  ];

  constructor() {
    super();
    this.rows = null;
    this.frozen = null;
    this.keptAs = null;
  }

  override render(): unknown {
    const { keptAs, rows, settings } = this;
    return html`
      <header>
        <h2 tabindex="-1">${keptAs === null ? 'If you checkpoint now and restore it' : `If you restore ${keptAs.name}`}</h2>
        <span class="facts">${keptAs === null ? 'nothing of this moment is kept yet' : html`kept: <span class="num">${keptAs.facts}</span>`}</span>
        <button class="link close" @click=${() => this.dispatchEvent(new CustomEvent('panel-close', { bubbles: true, composed: true }))}>Close</button>
      </header>
      <div class="parts">
        <stasis-restore-choice .settings=${settings}></stasis-restore-choice>
        <div class="halves">${rows === null ? html`<p>Asking the machine.</p>` : this.renderHalves(rows)}${this.renderFrozen(rows ?? [])}</div>
      </div>
    `;
  }

  private renderHalves(rows: readonly SurvivorRow[]): unknown {
    const { settings } = this;
    if (rows.length === 0) return html`<p>No process: the container is stopped.</p>`;
    const lives = rows.filter((row) => livesOnBy(row, settings));
    const prevents = rows.filter((row) => row.fates[settings.policy] === 'prevents' && !settings.forceHostFiles);
    const ends = rows.filter((row) => !lives.includes(row) && !prevents.includes(row));
    return html`
      ${prevents.length === 0 ? nothing : this.renderHalf(html`<caption class="c-exec">${mark('doomed')}<b>Prevents the restore</b></caption>`, prevents, '')}
      ${this.renderHalf(html`<caption class="c-ok">${mark('survived')}<b>Lives on</b></caption>`, lives, 'Nobody.')}
      ${this.renderHalf(html`<caption class="c-exec">${mark('doomed')}<b>Ends with SIGKILL</b></caption>`, ends, rows.some(({ origin }) => origin === 'exec') ? 'Nobody.' : 'Nobody: no exec session is open.')}
    `;
  }

  /** Execs of the checkpoint that do not run now: they can be kept all the same, and prevent a naive restore. And pids that nobody has. */
  private renderFrozen(rows: readonly SurvivorRow[]): unknown {
    const { frozen, settings } = this;
    const spares = canSpare(settings.policy);
    if (!spares && settings.policy !== 'naive') return nothing;
    const running = new Set(rows.map(({ pid }) => pid));
    const others = frozen?.execs.filter(({ pid }) => !running.has(pid)) ?? [];
    const known = new Set([...running, ...others.map(({ pid }) => pid)]);
    const absent = spares ? settings.keptPids.filter((pid) => !known.has(pid)) : [];
    return html`
      ${others.length === 0 ? nothing : html`<div><table>
        <caption>${mark('exec')}<b>In ${frozen?.name}, not running now</b></caption>
        <tbody>${others.map(({ pid, command }) => html`<tr><td><span class="who">${spares ? html`<input type="checkbox" aria-label="keep pid ${pid} ${command}" .checked=${settings.keptPids.includes(pid)}
          @change=${(event: Event) => this.keep(pid, (event.target as HTMLInputElement).checked)}>` : nothing}${mark('exec')}<i>${pid}</i><span>${command}</span></span></td></tr>`)}</tbody>
      </table>${spares ? nothing : html`<p>${preventsRestore(settings) ? 'One with a terminal or pipe outside prevents the restore.' : 'They live on; their terminals and pipes outside are dead.'}</p>`}</div>`}
      ${absent.map((pid) => html`<p>pid ${pid} is to be kept, but is not there. <button class="link" @click=${() => this.keep(pid, false)}>Do not keep it</button></p>`)}
    `;
  }

  private renderHalf(caption: unknown, rows: readonly SurvivorRow[], none: string): unknown {
    const hidden = rows.length - ROWS_SHOWN;
    return html`<div>
      <table>
        ${caption}
        <tbody>
          ${rows.length === 0 ? html`<tr><td>${none}</td></tr>` : ''}
          ${rows.slice(0, ROWS_SHOWN).map((row) => html`<tr title=${row.sentence}>
            <td><span class="who">${this.renderTick(row)}${mark(row.origin)}<i>${row.pid}</i><span>${row.command}</span></span></td>
            <td class="held" title="controlling terminal and host FDs">${row.tty ?? 'no tty'}${row.hostFiles.map(({ key }) => html` ${key}`)}</td>
            <td>${withoutName(row)}</td>
          </tr>`)}
        </tbody>
      </table>
      ${hidden > 0 ? html`<p>and ${countOf(hidden, 'more process')}</p>` : ''}
    </div>`;
  }

  /** Under a policy that can spare: whether it is to live on. */
  private renderTick({ pid, command, origin, isRestorable }: SurvivorRow): unknown {
    const { policy, keptPids } = this.settings;
    if (!canSpare(policy) || origin !== 'exec') return nothing;
    return html`<input type="checkbox" aria-label="keep pid ${pid} ${command}" .checked=${isRestorable || keptPids.includes(pid)} ?disabled=${isRestorable}
      @change=${(event: Event) => this.keep(pid, (event.target as HTMLInputElement).checked)}>`;
  }

  private keep(pid: number, isKept: boolean): void {
    const others = this.settings.keptPids.filter((other) => other !== pid);
    const keptPids = isKept ? [...others, pid].sort((a, b) => a - b) : others;
    this.dispatchEvent(new CustomEvent('settings-change', { detail: { keptPids }, bubbles: true, composed: true }));
  }
}

/** The machine's sentence without the name, which stands before it. */
function withoutName({ sentence, pid, command }: SurvivorRow): string {
  const name = `pid ${pid} ${command}: `;
  return sentence.startsWith(name) ? sentence.slice(name.length) : sentence;
}

customElements.define('stasis-survivors', StasisSurvivors);
