/**
 * `<stasis-page>`: the playground as a whole: lays out the parts, and turns keys into requests.
 *
 * Properties in: `model`, `name`, `image`. Events out: see `page-events.ts`.
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { TerminalSize } from '../../src/machine/api.ts';
import { checkpointName } from '../app/checkpoint-name.ts';
import { count, countOf, duration, fileSize } from '../app/format.ts';
import { doomedOf, timelineOf } from '../app/model.ts';
import type { PageModel, TerminalSession } from '../app/model.ts';
import { checkpointRefusal, execRefusal, pauseRefusal, restoreRefusal, timelineRefusal } from '../app/refusals.ts';
import { canSpare, preventsRestore, settingsText } from '../app/restore-choice.ts';
import type { RestoreSettings } from '../app/restore-choice.ts';
import { leavesTerminal, shortcutOf } from '../app/shortcuts.ts';
import { toggleTheme } from '../app/theme.ts';
import { FileDrop } from './file-drop.ts';
import { mark } from './marks.ts';
import type { PageEvents } from './page-events.ts';
import { PagePanels, PANEL_TITLES } from './page-panels.ts';
import type { Panel } from './page-panels.ts';
import { PagePanes } from './page-panes.ts';
import { PageSelection } from './page-selection.ts';
import { pageStyles } from './page-styles.ts';
import { sharedStyles } from './shared-styles.ts';
import './stasis-checkpoint-list.ts';
import './stasis-checkpoint.ts';
import './stasis-deck.ts';
import './stasis-events.ts';
import './stasis-help.ts';
import './stasis-keys.ts';
import './stasis-nav.ts';
import './stasis-processes.ts';
import './stasis-rail.ts';
import './stasis-refusal.ts';
import './stasis-session.ts';
import './stasis-survivors.ts';
import './stasis-syscalls.ts';
import './stasis-tabs.ts';
import './stasis-timeline-foot.ts';
import './stasis-top-bar.ts';
import type { StasisSession } from './stasis-session.ts';
import type { StasisTerminal } from './stasis-terminal.ts';

const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

export class StasisPage extends LitElement {
  static override properties = {
    model: { attribute: false },
    name: { attribute: false },
    image: { attribute: false },
    leaveRunning: { state: true },
    isCtrlArmed: { state: true },
  };
  declare model: PageModel;
  declare name: string;
  declare image: string;
  declare private leaveRunning: boolean;
  declare private isCtrlArmed: boolean;

  private readonly panes = new PagePanes(this);
  private readonly panels = new PagePanels(this, (open) => this.whenPanelChanges(open));
  private readonly selection = new PageSelection(this);
  private readonly drop = new FileDrop(this, (file) => this.emit('ask-import', { file }));
  /** The checkpoint whose execs were asked for last. */
  private askedExecsOf: string | null = null;
  private readonly onKey = (event: KeyboardEvent): void => this.takeKey(event);

  static override styles = [sharedStyles, pageStyles];

  constructor() {
    super();
    this.leaveRunning = true;
    this.isCtrlArmed = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.onKey);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.onKey);
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('model')) return;
    const before = changed.get('model') as PageModel | undefined;
    this.panes.follow(before);
    this.selection.follow(before);
  }

  override updated(changed: PropertyValues): void {
    this.askFrozenExecs();
    if (!changed.has('model')) return;
    const before = changed.get('model') as PageModel | undefined;
    if (before === undefined) return;
    const isNew = this.model.sessions.length > before.sessions.length && this.model.sessions.at(-1)?.origin === 'exec';
    if (isNew) void this.panes.focus(this.panes.selectedKey);
    const { fates } = this.model;
    if (fates !== null && fates !== before.fates) this.panes.console?.annotate(`frozen ${duration(fates.frozenMs)}, thawed as generation ${fates.generation}`);
    const isTaken = this.model.parentId !== before.parentId && this.model.checkpoints.length > before.checkpoints.length;
    const taken = isTaken ? this.model.checkpoints.find(({ id }) => id === this.model.parentId) : undefined;
    if (taken !== undefined) this.panes.console?.annotate(`checkpoint ${taken.name}, pause ${duration(taken.pauseMs)}`);
    if (this.model.link !== null && this.model.link !== before.link && this.panels.open !== 'checkpoint') this.panels.show('checkpoint');
  }

  /** The pane of the session `key`. */
  sessionElement(key: number): StasisSession | null {
    return this.panes.elementOf(key);
  }

  override render(): unknown {
    const { model } = this;
    const isComparing = this.panels.open === 'compare';
    return html`
      <button class="skip" @click=${() => void this.panes.focus(this.panes.selectedKey)}>Go to the terminals</button>
      <div class="app" data-panel=${this.panels.open} ?data-dropping=${this.drop.isOver} @panel-close=${() => this.panels.close()}>
        <stasis-top-bar .name=${this.name} .image=${this.image} .container=${model.container} .phase=${model.phase} .mips=${model.mips}
          .stats=${model.stats} .how=${settingsText(model.settings)} .pauseRefusal=${pauseRefusal(model)} @bar-help=${() => this.panels.toggle('help')}
          @bar-how=${() => this.panels.toggle('survivors')} @bar-pause=${() => this.emit('ask-pause', null)} @bar-theme=${() => toggleTheme()}></stasis-top-bar>
        ${this.renderMain()} ${this.renderInspector()} ${isComparing ? this.renderCompare() : nothing} ${this.renderTimeline()}
        ${this.panes.isPhone ? this.renderPhoneParts() : nothing}
      </div>
    `;
  }

  private renderMain(): unknown {
    const { model } = this;
    const execs = model.sessions.filter(({ origin }) => origin === 'exec');
    const shown = this.panes.shownKeys();
    const needsTabs = this.panes.isPhone ? model.sessions.length > 1 : execs.length > this.panes.slots;
    const doomedPids = model.parentId === null || model.fates !== null ? new Set() : new Set(model.processes.filter(({ livesOn }) => !livesOn).map(({ pid }) => pid));
    return html`
      <main aria-label="Terminals">
        <div class="rim">
          ${needsTabs
            ? html`<stasis-tabs .sessions=${this.panes.isPhone ? model.sessions : execs} .selectedKey=${this.panes.selectedKey}
                @tab-select=${(event: CustomEvent<{ key: number }>) => void this.panes.focus(event.detail.key)}></stasis-tabs>`
            : html`<span class="inside-of">inside <b class="quiet">${model.container?.id ?? 'c1'}</b></span>`}
          <span class="r">
            <button class="link" ?disabled=${execRefusal(model) !== ''} title=${execRefusal(model) || 'Start sh in the container, on a terminal of its own'}
              @click=${this.askExec}>New exec session</button><kbd>N</kbd>
          </span>
        </div>
        <div class="inside" style="--panes:${Math.max(1, shown.size - 1)}">
          ${repeat(
            model.sessions,
            ({ key }) => key,
            (session) => html`<stasis-session data-key=${session.key} ?hidden=${!shown.has(session.key)} aria-label=${labelOf(session)} role="region"
              .session=${session} .tty=${ttyOf(model, session)} .isDoomed=${doomedPids.has(session.pid) && session.origin === 'exec'} .hasSurvived=${model.fates?.survivors.has(session.pid) ?? false}
              @terminal-input=${(event: CustomEvent<Uint8Array>) => this.emit('session-input', { key: session.key, bytes: event.detail })}
              @terminal-resize=${(event: CustomEvent<TerminalSize>) => this.emit('session-resize', { key: session.key, size: event.detail })}
              @terminal-leave=${() => this.sessionElement(session.key)?.focus()}
              @terminal-ctrl-used=${() => this.armCtrl(false)}
              @focusin=${() => this.panes.choose(session.key)}
              @record-reopen=${this.askExec}
              @record-keep=${() => this.keepNextTime(session)}
              @record-dismiss=${() => this.emit('ask-dismiss', { key: session.key })}></stasis-session>`,
          )}
          ${execs.length === 0 && !this.panes.isPhone ? this.renderNoExec() : nothing}
        </div>
        ${this.renderSheet()}
      </main>
    `;
  }

  private renderNoExec(): unknown {
    return html`<section class="empty" aria-label="Exec sessions">
      <p>${mark('exec')}<b>No exec session.</b></p>
      <p>What you start in here from outside is marked by a diamond, and a restore ends it. What init forked, a disc, lives on.</p>
      <button class="btn" ?disabled=${execRefusal(this.model) !== ''} title=${execRefusal(this.model)} @click=${this.askExec}>New exec session <kbd>N</kbd></button>
    </section>`;
  }

  private renderInspector(): unknown {
    const { model } = this;
    return html`<aside class="inspector sheet" aria-label="Inspector">
      ${this.renderSheetHead()}
      <stasis-processes class="p-processes" .rows=${model.processes} .fates=${model.fates} .isRunning=${model.container?.status !== 'stopped'} .prevents=${preventsRestore(model.settings)}
        @process-open=${this.openProcess}></stasis-processes>
      <stasis-syscalls class="p-syscalls" .rows=${model.unsupported}></stasis-syscalls>
      <stasis-events class="p-events" .lines=${model.events}></stasis-events>
    </aside>`;
  }

  /** The panel below the terminals. */
  private renderSheet(): unknown {
    const { model } = this;
    const target = this.selection.target;
    switch (this.panels.open) {
      case 'survivors':
        return this.inSheet(html`<stasis-survivors .rows=${model.survivors} .settings=${model.settings} .frozen=${this.selection.frozenExecs} .keptAs=${this.selection.keptAs}
          @settings-change=${(event: CustomEvent<Partial<RestoreSettings>>) => this.emit('ask-settings', event.detail)}></stasis-survivors>`);
      case 'checkpoint':
        return this.inSheet(html`<stasis-checkpoint .checkpoint=${target} .parent=${model.checkpoints.find(({ id }) => id === target?.parentId) ?? null}
          .compareWith=${this.selection.compareWith} .link=${model.link} .refusal=${timelineRefusal(model)} .restoreRefusal=${restoreRefusal(model)}
          @checkpoint-rename=${this.pass('ask-rename')} @checkpoint-annotate=${this.pass('ask-annotate')} @checkpoint-delete=${this.pass('ask-delete')}
          @checkpoint-verify=${this.pass('ask-verify')} @checkpoint-share=${this.pass('ask-share')} @checkpoint-export=${this.pass('ask-export')}
          @checkpoint-restore=${() => this.askRestore()} @checkpoint-compare=${() => this.panels.toggle('compare')}></stasis-checkpoint>`);
      case 'help':
        return this.inSheet(html`<stasis-help></stasis-help>`);
      default:
        return nothing;
    }
  }

  private inSheet(panel: unknown): unknown {
    return html`<div class="sheet below">${this.renderSheetHead()}${panel}</div>`;
  }

  /** Two checkpoints beside each other, in the place of the terminals. */
  private renderCompare(): unknown {
    const { comparison } = this.model;
    const { checkpoints } = timelineOf(this.model);
    return html`<stasis-compare .comparison=${comparison} .checkpoints=${checkpoints}
      @compare-pick=${(event: CustomEvent<{ beforeId: string; afterId: string }>) => this.compare(event.detail.beforeId, event.detail.afterId)}
      @compare-page=${this.pass('ask-page')}></stasis-compare>`;
  }

  private renderTimeline(): unknown {
    const { model } = this;
    const { doomed, total } = doomedOf(model);
    const hasNow = model.phase.kind === 'ready' && model.container?.status !== 'stopped';
    const rail = { ...timelineOf(model), generation: model.container?.generation ?? 1 };
    const target = this.selection.target;
    return html`<footer class="timeline sheet" aria-label="Timeline" @rail-select=${this.pick} @rail-restore=${this.askRestoreOf}
      @rail-pair=${(event: CustomEvent<{ id: string }>) => this.pair(event.detail.id)}>
      ${this.renderSheetHead()} ${this.panes.isPhone && this.panels.open !== 'timeline' ? nothing : this.renderSaid()}
      <stasis-deck .restoreName=${target?.name ?? null} .policy=${model.settings.policy} .how=${settingsText(model.settings)} .checkpointRefusal=${checkpointRefusal(model)}
        .restoreRefusal=${restoreRefusal(model)} .leaveRunning=${this.leaveRunning} .doomed=${doomed} .total=${total} .prevents=${preventsRestore(model.settings)}
        @deck-checkpoint=${this.askCheckpoint} @deck-restore=${this.askRestore} @deck-survivors=${() => this.panels.toggle('survivors')}
        @deck-leave-running=${(event: CustomEvent<boolean>) => (this.leaveRunning = event.detail)}></stasis-deck>
      ${this.panes.isPhone
        ? html`<stasis-checkpoint-list .checkpoints=${rail.checkpoints} .nowParentId=${rail.parentId} .hasNow=${hasNow}
            .generation=${rail.generation} .selectedId=${target?.id ?? null}></stasis-checkpoint-list>`
        : html`<stasis-rail .checkpoints=${rail.checkpoints} .nowParentId=${rail.parentId} .hasNow=${hasNow} .generation=${rail.generation}
            .letGo=${rail.letGo} .selectedId=${target?.id ?? null} .comparedId=${this.panels.open === 'compare' || this.selection.isPaired ? (this.selection.compareWith?.id ?? null) : null}
            .hasStore=${model.store !== null} .restoredFromId=${model.restoredId}></stasis-rail>`}
      <stasis-timeline-foot .selected=${target} .compareWith=${this.selection.compareWith} .store=${model.store} .refusal=${timelineRefusal(model)}
        @foot-details=${() => this.panels.toggle('checkpoint')} @foot-compare=${() => this.panels.toggle('compare')}
        @foot-share=${() => target !== null && this.emit('ask-share', { id: target.id })} @foot-import=${this.pass('ask-import')}
        @foot-autosave=${this.pass('ask-autosave')}></stasis-timeline-foot>
    </footer>`;
  }

  /** What was refused last, or what has come in and waits for an answer. */
  private renderSaid(): unknown {
    const { refusal } = this.model;
    const { imported } = this.selection;
    // That the store is another tab's can wait: it is in Events, and comes back after this.
    const waits = refusal?.of === 'store' && imported !== null;
    const asksHow = refusal?.of === 'restore' && this.model.settings.policy !== 'kill' && this.panels.open !== 'survivors';
    if (refusal !== null && !waits) return html`<stasis-refusal class="said" .sentence=${refusal.sentence} .action=${asksHow ? 'How to restore' : ''}
      @refusal-act=${() => this.panels.toggle('survivors')} @refusal-dismiss=${() => this.emit('ask-dismiss-refusal', null)}></stasis-refusal>`;
    if (imported === null) return nothing;
    return html`<stasis-refusal class="said" .isNews=${true} .action=${restoreRefusal(this.model) === '' ? `Restore ${imported.name}` : ''}
      .sentence=${`${imported.name} has come in, checked whole: ${fileSize(imported.chainBytes)}, ${countOf(imported.processes, 'process')}. What runs now goes on until you restore it.`}
      @refusal-act=${this.askRestore} @refusal-dismiss=${() => this.selection.pick(null)}></stasis-refusal>`;
  }

  private renderPhoneParts(): unknown {
    const { model } = this;
    const isRestoreNext = this.selection.target !== null && model.fates === null;
    return html`
      ${this.panels.open === 'timeline' ? nothing : this.renderSaid()}
      <stasis-keys class="keys" .isCtrlArmed=${this.isCtrlArmed} @key-ctrl=${() => this.armCtrl(!this.isCtrlArmed)}
        @key-press=${(event: CustomEvent<{ key: Parameters<StasisTerminal['press']>[0] }>) => this.panes.selectedTerminal?.press(event.detail.key)}></stasis-keys>
      <stasis-nav class="nav" .current=${this.panels.open}
        .items=${[
          { panel: 'processes', value: count(model.processes.length), label: 'processes' },
          { panel: 'timeline', value: count(timelineOf(model).checkpoints.length), label: 'timeline' },
          { panel: 'syscalls', value: count(model.unsupported.length), label: 'unsupported' },
          { panel: 'events', value: count(model.events.length), label: 'events' },
        ]}
        .action=${isRestoreNext ? 'Restore' : 'Checkpoint'} .isActionDisabled=${(isRestoreNext ? restoreRefusal(model) : checkpointRefusal(model)) !== ''}
        @nav-panel=${(event: CustomEvent<{ panel: Panel }>) => this.panels.toggle(event.detail.panel)}
        @nav-action=${() => (isRestoreNext ? this.askRestore() : this.askCheckpoint())}></stasis-nav>
    `;
  }

  /** The head of a sheet; shown on a phone only. */
  private renderSheetHead(): unknown {
    if (!this.panes.isPhone) return nothing;
    return html`<div class="sheet-head"><span>${PANEL_TITLES[this.panels.open]}</span><button aria-label="Close" @click=${() => this.panels.close()}>${mark('killed')}</button></div>`;
  }

  private armCtrl(isArmed: boolean): void {
    this.isCtrlArmed = isArmed;
    this.panes.selectedTerminal?.armCtrl(isArmed);
  }

  // Asking.

  private askCheckpoint(): void {
    if (checkpointRefusal(this.model) !== '') return;
    this.emit('ask-checkpoint', { name: checkpointName(this.model), leaveRunning: this.leaveRunning });
  }

  private askRestore(): void {
    const target = this.selection.target;
    if (restoreRefusal(this.model) === '' && target !== null) this.emit('ask-restore', { id: target.id });
  }

  private askRestoreOf(event: CustomEvent<{ id: string }>): void {
    this.selection.pick(event.detail.id);
    this.askRestore();
  }

  private askExec(): void {
    if (execRefusal(this.model) === '') this.emit('ask-exec', this.panes.visibleExecTerminal?.size ?? DEFAULT_SIZE);
  }

  private pick(event: CustomEvent<{ id: string }>): void {
    this.selection.pick(event.detail.id);
  }

  private openProcess(event: CustomEvent<{ pid: number }>): void {
    const session = this.model.sessions.findLast(({ pid }) => pid === event.detail.pid);
    if (session === undefined) return;
    if (this.panels.open === 'compare') this.panels.close();
    void this.panes.focus(session.key);
  }

  /** A session that a restore killed: the next one is to spare it. */
  private keepNextTime({ pid }: TerminalSession): void {
    const { keptPids } = this.model.settings;
    this.emit('ask-settings', { policy: 'reattach', keptPids: [...new Set([...keptPids, pid])].sort((a, b) => a - b) });
    if (this.panels.open !== 'survivors') this.panels.show('survivors');
  }

  /** Takes the checkpoint as the other of the two that are compared. */
  private pair(id: string): void {
    this.selection.pair(id);
    if (this.panels.open === 'compare') this.askCompare();
  }

  private compare(beforeId: string, afterId: string): void {
    this.selection.pick(afterId);
    this.selection.pair(beforeId);
    this.askCompare();
  }

  /** Asks for the execs of what would be restored while they can be named or prevent it, once for each checkpoint. */
  private askFrozenExecs(): void {
    const isOfInterest = this.panels.open === 'survivors' && (canSpare(this.model.settings.policy) || this.model.settings.policy === 'naive');
    const id = isOfInterest ? (this.selection.target?.id ?? null) : null;
    if (id === this.askedExecsOf) return;
    this.askedExecsOf = id;
    this.emit('ask-frozen-execs', { id });
  }

  private askCompare(): void {
    const [before, after] = [this.selection.compareWith, this.selection.target];
    if (before === null || after === null) return;
    this.selection.pick(after.id); // it stays while newer ones are taken
    this.emit('ask-compare', { beforeId: before.id, afterId: after.id });
  }

  private emit<Name extends keyof PageEvents>(name: Name, detail: PageEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  /** Hands an element's event on as a request of the page. */
  private pass<Name extends keyof PageEvents>(name: Name): (event: CustomEvent<PageEvents[Name]>) => void {
    return (event) => this.emit(name, event.detail);
  }

  // Panels and keys.

  private whenPanelChanges(open: Panel): void {
    this.emit('ask-survivors', { isWatched: open === 'survivors' });
    if (open !== 'compare') {
      if (this.model.comparison !== null) this.emit('ask-compare-end', null);
      return;
    }
    void import('./stasis-compare.ts').then(() => this.panels.focus('compare'));
    this.askCompare();
  }

  private takeKey(event: KeyboardEvent): void {
    if (leavesTerminal(event)) event.preventDefault(); // outside of a terminal it is no Space on a button
    const shortcut = shortcutOf(event);
    if (shortcut === null) return;
    switch (shortcut.kind) {
      case 'checkpoint':
        this.askCheckpoint();
        break;
      case 'restore':
        this.askRestore();
        break;
      case 'exec':
        this.askExec();
        break;
      case 'pause':
        if (pauseRefusal(this.model) === '') this.emit('ask-pause', null);
        break;
      case 'verify':
        if (timelineRefusal(this.model) === '' && this.selection.target !== null) this.emit('ask-verify', { id: this.selection.target.id });
        break;
      case 'toggle':
        this.panels.toggle(shortcut.panel);
        break;
      case 'panel':
        if (this.panes.isPhone) this.panels.toggle(shortcut.panel);
        else this.panels.focus(shortcut.panel);
        break;
      case 'terminal': {
        const session = this.model.sessions[shortcut.ordinal - 1];
        if (session === undefined) return;
        if (this.panels.open === 'compare') this.panels.close();
        void this.panes.focus(session.key);
        break;
      }
      case 'close':
        if (this.panels.open === '') return;
        this.panels.close();
        break;
    }
    event.preventDefault();
  }
}

function labelOf(session: TerminalSession): string {
  return session.origin === 'init' ? 'init console' : `${session.command}, pid ${session.pid}`;
}

/** The terminal of a session as the container names it, while it lives. */
function ttyOf({ processes }: PageModel, { pid, end }: TerminalSession): string | null {
  return end === null ? (processes.find((row) => row.pid === pid)?.tty ?? null) : null;
}

customElements.define('stasis-page', StasisPage);

declare global {
  interface HTMLElementTagNameMap {
    'stasis-page': StasisPage;
  }
}
