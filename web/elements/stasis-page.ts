/**
 * `<stasis-page>`: the playground as a whole: lays out the parts, and turns keys into requests.
 *
 * Properties in: `model`, `name`, `image`.
 * Events out: `ask-checkpoint` (`{ name, leaveRunning }`), `ask-restore` (`{ id }`), `ask-exec` (`TerminalSize`), `ask-dismiss`
 * (`{ key }`), `session-input` (`{ key, bytes }`), `session-resize` (`{ key, size }`).
 */

import { LitElement, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { CheckpointInfo, TerminalSize } from '../../src/machine/api.ts';
import { checkpointName } from '../app/checkpoint-name.ts';
import { count, countOf, duration, fileSize } from '../app/format.ts';
import { doomedOf } from '../app/model.ts';
import type { PageModel, TerminalSession } from '../app/model.ts';
import { shortcutOf } from '../app/shortcuts.ts';
import { toggleTheme } from '../app/theme.ts';
import { mark } from './marks.ts';
import { pageStyles } from './page-styles.ts';
import { sharedStyles } from './shared-styles.ts';
import './stasis-checkpoint-list.ts';
import './stasis-deck.ts';
import './stasis-events.ts';
import './stasis-help.ts';
import './stasis-keys.ts';
import './stasis-nav.ts';
import './stasis-processes.ts';
import './stasis-rail.ts';
import './stasis-session.ts';
import './stasis-survivors.ts';
import './stasis-syscalls.ts';
import './stasis-tabs.ts';
import './stasis-top-bar.ts';
import type { StasisSession } from './stasis-session.ts';
import type { StasisTerminal } from './stasis-terminal.ts';

const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };

/** A panel that is laid over nothing: below the terminals, or a sheet on a phone. */
type Panel = '' | 'processes' | 'timeline' | 'events' | 'syscalls' | 'survivors' | 'help';

const PANEL_TITLES: Record<Panel, string> = {
  '': '', processes: 'Processes', timeline: 'Timeline', events: 'Events', syscalls: 'Unsupported syscalls', survivors: 'Who survives', help: 'Keys',
};

export class StasisPage extends LitElement {
  static override properties = {
    model: { attribute: false },
    name: { attribute: false },
    image: { attribute: false },
    selectedKey: { state: true },
    panel: { state: true },
    leaveRunning: { state: true },
    pickedId: { state: true },
    isCtrlArmed: { state: true },
    slots: { state: true },
  };
  declare model: PageModel;
  declare name: string;
  declare image: string;
  declare private selectedKey: number;
  declare private panel: Panel;
  declare private leaveRunning: boolean;
  /** The checkpoint the reader picked; null: the newest. */
  declare private pickedId: string | null;
  declare private isCtrlArmed: boolean;
  /** How many exec sessions stand side by side; 0 on a phone, which shows one terminal in all. */
  declare private slots: number;

  /** Exec sessions by how recently they were chosen, the last first. */
  private recentKeys: number[] = [];
  private returnFocusTo: HTMLElement | null = null;
  private readonly queries = [matchMedia('(max-width: 600px)'), matchMedia('(max-width: 1180px)')] as const;
  private readonly onKey = (event: KeyboardEvent): void => this.takeKey(event);
  private readonly onWidth = (): void => void (this.slots = this.slotsNow());

  static override styles = [sharedStyles, pageStyles];

  constructor() {
    super();
    this.selectedKey = 0;
    this.panel = '';
    this.leaveRunning = true;
    this.pickedId = null;
    this.isCtrlArmed = false;
    this.slots = this.slotsNow();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.onKey);
    for (const query of this.queries) query.addEventListener('change', this.onWidth);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.onKey);
    for (const query of this.queries) query.removeEventListener('change', this.onWidth);
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has('model')) return;
    const before = changed.get('model') as PageModel | undefined;
    const { sessions, checkpoints } = this.model;
    const known = new Set(before?.sessions.map(({ key }) => key) ?? []);
    for (const { key } of sessions) if (!known.has(key)) this.choose(key);
    if (!sessions.some(({ key }) => key === this.selectedKey)) this.choose(sessions.at(-1)?.key ?? 0);
    if (before !== undefined && checkpoints.length > before.checkpoints.length) this.pickedId = null;
  }

  override updated(changed: PropertyValues): void {
    if (!changed.has('model')) return;
    const before = changed.get('model') as PageModel | undefined;
    if (before === undefined) return;
    const isNew = this.model.sessions.length > before.sessions.length && this.model.sessions.at(-1)?.origin === 'exec';
    if (isNew) void this.focusSession(this.selectedKey);
    const restored = this.model.fates !== null && this.model.fates !== before.fates;
    if (restored) this.annotateThaw();
    const taken = this.model.checkpoints.length > before.checkpoints.length ? this.model.checkpoints.at(-1) : undefined;
    if (taken !== undefined) this.elementOf('init')?.terminal?.annotate(`checkpoint ${taken.name}, pause ${duration(taken.pauseMs)}`);
  }

  /** The pane of the session `key`. */
  sessionElement(key: number): StasisSession | null {
    return this.renderRoot.querySelector<StasisSession>(`stasis-session[data-key="${key}"]`);
  }

  override render(): unknown {
    const { model } = this;
    return html`
      <button class="skip" @click=${() => void this.focusSession(this.selectedKey)}>Go to the terminals</button>
      <div class="app" data-panel=${this.panel} @panel-close=${this.closePanel}>
        <stasis-top-bar .name=${this.name} .image=${this.image} .container=${model.container} .phase=${model.phase} .mips=${model.mips}
          .stats=${model.stats} @bar-help=${() => this.togglePanel('help')} @bar-theme=${() => toggleTheme()}></stasis-top-bar>
        ${this.renderMain()} ${this.renderInspector()} ${this.renderTimeline()} ${this.isPhone ? this.renderPhoneParts() : nothing}
      </div>
    `;
  }

  private get isPhone(): boolean {
    return this.slots === 0;
  }

  private slotsNow(): number {
    const [phone, medium] = this.queries;
    return phone.matches ? 0 : medium.matches ? 1 : 2;
  }

  private renderMain(): unknown {
    const { model } = this;
    const execs = model.sessions.filter(({ origin }) => origin === 'exec');
    const shown = this.shownKeys();
    const needsTabs = this.isPhone ? model.sessions.length > 1 : execs.length > this.slots;
    const isDoomed = model.parentId !== null && model.fates === null;
    return html`
      <main aria-label="Terminals">
        <div class="rim">
          ${needsTabs
            ? html`<stasis-tabs .sessions=${this.isPhone ? model.sessions : execs} .selectedKey=${this.selectedKey}
                @tab-select=${(event: CustomEvent<{ key: number }>) => void this.focusSession(event.detail.key)}></stasis-tabs>`
            : html`<span class="inside-of">inside <b class="quiet">${model.container?.id ?? 'c1'}</b></span>`}
          <span class="r">
            <button class="link" ?disabled=${this.execRefusal !== ''} title=${this.execRefusal || 'Start sh in the container, on a terminal of its own'}
              @click=${this.askExec}>New exec session</button><kbd>N</kbd>
          </span>
        </div>
        <div class="inside" style="--panes:${Math.max(1, shown.size - 1)}">
          ${repeat(
            model.sessions,
            ({ key }) => key,
            (session) => html`<stasis-session data-key=${session.key} ?hidden=${!shown.has(session.key)} aria-label=${labelOf(session)} role="region"
              .session=${session} .isDoomed=${isDoomed && session.origin === 'exec'} .hasSurvived=${model.fates !== null && session.origin === 'init'}
              @terminal-input=${(event: CustomEvent<Uint8Array>) => this.emit('session-input', { key: session.key, bytes: event.detail })}
              @terminal-resize=${(event: CustomEvent<TerminalSize>) => this.emit('session-resize', { key: session.key, size: event.detail })}
              @terminal-leave=${() => this.sessionElement(session.key)?.focus()}
              @terminal-ctrl-used=${() => this.armCtrl(false)}
              @focusin=${() => this.choose(session.key)}
              @record-reopen=${this.askExec}
              @record-dismiss=${() => this.emit('ask-dismiss', { key: session.key })}></stasis-session>`,
          )}
          ${execs.length === 0 && !this.isPhone ? this.renderNoExec() : nothing}
        </div>
        ${this.panel === 'survivors' ? html`<div class="sheet">${this.renderSheetHead()}<stasis-survivors .rows=${model.processes} .keptAs=${this.keptAs}></stasis-survivors></div>` : nothing}
        ${this.panel === 'help' ? html`<div class="sheet">${this.renderSheetHead()}<stasis-help></stasis-help></div>` : nothing}
      </main>
    `;
  }

  private renderNoExec(): unknown {
    return html`<section class="empty" aria-label="Exec sessions">
      <p>${mark('exec')}<b>No exec session.</b></p>
      <p>What you start in here from outside is marked by a diamond, and a restore ends it. What init forked, a disc, lives on.</p>
      <button class="btn" ?disabled=${this.execRefusal !== ''} title=${this.execRefusal} @click=${this.askExec}>New exec session <kbd>N</kbd></button>
    </section>`;
  }

  private renderInspector(): unknown {
    const { model } = this;
    return html`<aside class="inspector sheet" aria-label="Inspector">
      ${this.renderSheetHead()}
      <stasis-processes class="p-processes" .rows=${model.processes} .fates=${model.fates} .isRunning=${model.container?.status !== 'stopped'}
        @process-open=${this.openProcess}></stasis-processes>
      <stasis-syscalls class="p-syscalls" .rows=${model.unsupported}></stasis-syscalls>
      <stasis-events class="p-events" .lines=${model.events}></stasis-events>
    </aside>`;
  }

  private renderTimeline(): unknown {
    const { model } = this;
    const { doomed, total } = doomedOf(model);
    const hasNow = model.phase.kind === 'ready' && model.container?.status !== 'stopped';
    const rail = { checkpoints: model.checkpoints, parentId: model.parentId, generation: model.container?.generation ?? 1 };
    return html`<footer class="timeline sheet" aria-label="Timeline" @rail-select=${this.pick} @rail-restore=${this.askRestoreOf}>
      ${this.renderSheetHead()}
      <stasis-deck .restoreName=${this.restoreTarget?.name ?? null} .checkpointRefusal=${this.checkpointRefusal} .restoreRefusal=${this.restoreRefusal}
        .leaveRunning=${this.leaveRunning} .doomed=${doomed} .total=${total}
        @deck-checkpoint=${this.askCheckpoint} @deck-restore=${this.askRestore} @deck-survivors=${() => this.togglePanel('survivors')}
        @deck-leave-running=${(event: CustomEvent<boolean>) => (this.leaveRunning = event.detail)}></stasis-deck>
      ${this.isPhone
        ? html`<stasis-checkpoint-list .checkpoints=${rail.checkpoints} .nowParentId=${rail.parentId} .hasNow=${hasNow}
            .generation=${rail.generation} .selectedId=${this.restoreTarget?.id ?? null}></stasis-checkpoint-list>`
        : html`<stasis-rail .checkpoints=${rail.checkpoints} .nowParentId=${rail.parentId} .hasNow=${hasNow} .generation=${rail.generation}
            .letGo=${model.letGo} .selectedId=${this.restoreTarget?.id ?? null}
            .restoredFromId=${model.letGo === null ? null : rail.parentId}></stasis-rail>`}
    </footer>`;
  }

  private renderPhoneParts(): unknown {
    const { model } = this;
    const isRestoreNext = model.checkpoints.length > 0 && model.fates === null;
    return html`
      <stasis-keys class="keys" .isCtrlArmed=${this.isCtrlArmed} @key-ctrl=${() => this.armCtrl(!this.isCtrlArmed)}
        @key-press=${(event: CustomEvent<{ key: Parameters<StasisTerminal['press']>[0] }>) => this.selectedTerminal?.press(event.detail.key)}></stasis-keys>
      <stasis-nav class="nav" .current=${this.panel}
        .items=${[
          { panel: 'processes', value: count(model.processes.length), label: 'processes' },
          { panel: 'timeline', value: count(model.checkpoints.length), label: 'timeline' },
          { panel: 'syscalls', value: count(model.unsupported.length), label: 'unsupported' },
          { panel: 'events', value: count(model.events.length), label: 'events' },
        ]}
        .action=${isRestoreNext ? 'Restore' : 'Checkpoint'} .isActionDisabled=${(isRestoreNext ? this.restoreRefusal : this.checkpointRefusal) !== ''}
        @nav-panel=${(event: CustomEvent<{ panel: Panel }>) => this.togglePanel(event.detail.panel)}
        @nav-action=${() => (isRestoreNext ? this.askRestore() : this.askCheckpoint())}></stasis-nav>
    `;
  }

  /** The head of a sheet; shown on a phone only. */
  private renderSheetHead(): unknown {
    if (!this.isPhone) return nothing;
    return html`<div class="sheet-head"><span>${PANEL_TITLES[this.panel]}</span><button aria-label="Close" @click=${this.closePanel}>${mark('killed')}</button></div>`;
  }

  // Which terminals are on the page.

  private shownKeys(): Set<number> {
    const { sessions } = this.model;
    if (this.isPhone) return new Set([this.selectedKey]);
    const execs = new Set(sessions.filter(({ origin }) => origin === 'exec').map(({ key }) => key));
    const recent = this.recentKeys.filter((key) => execs.has(key)).slice(0, this.slots);
    return new Set([...sessions.filter(({ origin }) => origin === 'init').map(({ key }) => key), ...recent]);
  }

  private choose(key: number): void {
    this.selectedKey = key;
    this.recentKeys = [key, ...this.recentKeys.filter((other) => other !== key)];
  }

  private async focusSession(key: number): Promise<void> {
    this.choose(key);
    await this.updateComplete;
    const element = this.sessionElement(key);
    await element?.updateComplete;
    element?.focusInside();
  }

  private elementOf(origin: 'init'): StasisSession | null {
    const session = this.model.sessions.find((candidate) => candidate.origin === origin);
    return session === undefined ? null : this.sessionElement(session.key);
  }

  private get selectedTerminal(): StasisTerminal | null {
    return this.sessionElement(this.selectedKey)?.terminal ?? null;
  }

  private armCtrl(isArmed: boolean): void {
    this.isCtrlArmed = isArmed;
    this.selectedTerminal?.armCtrl(isArmed);
  }

  private annotateThaw(): void {
    const { fates } = this.model;
    if (fates === null) return;
    this.elementOf('init')?.terminal?.annotate(`frozen ${duration(fates.frozenMs)}, thawed as generation ${fates.generation}`);
  }

  // What can be asked for now.

  private get restoreTarget(): CheckpointInfo | null {
    const { checkpoints } = this.model;
    return checkpoints.find(({ id }) => id === this.pickedId) ?? checkpoints.at(-1) ?? null;
  }

  private get keptAs(): { name: string; facts: string } | null {
    const taken = this.model.checkpoints.find(({ id }) => id === this.model.parentId);
    if (taken === undefined || this.model.fates !== null || this.model.processes.length !== taken.processes) return null;
    return { name: taken.name, facts: `${fileSize(taken.imageBytes)}, pause ${duration(taken.pauseMs)}, ${countOf(taken.dataPages, 'page')}` };
  }

  private get notReady(): string {
    if (this.model.phase.kind === 'loading') return 'The machine is still starting';
    if (this.model.phase.kind === 'failed') return 'The machine has failed';
    return this.model.busy === null ? '' : `A ${this.model.busy} is under way`;
  }

  private get execRefusal(): string {
    return this.notReady || (this.model.container?.status === 'running' ? '' : 'The container does not run');
  }

  private get checkpointRefusal(): string {
    return this.notReady || (this.model.container?.status === 'stopped' ? 'The container is stopped; restore it first' : '');
  }

  private get restoreRefusal(): string {
    return this.notReady || (this.model.checkpoints.length === 0 ? 'Nothing frozen yet' : '');
  }

  // Asking.

  private askCheckpoint(): void {
    if (this.checkpointRefusal !== '') return;
    this.emit('ask-checkpoint', { name: checkpointName(this.model), leaveRunning: this.leaveRunning });
  }

  private askRestore(): void {
    const target = this.restoreTarget;
    if (this.restoreRefusal === '' && target !== null) this.emit('ask-restore', { id: target.id });
  }

  private askRestoreOf(event: CustomEvent<{ id: string }>): void {
    this.pickedId = event.detail.id;
    this.askRestore();
  }

  private askExec(): void {
    if (this.execRefusal !== '') return;
    const visible = this.model.sessions.findLast(({ origin, key }) => origin === 'exec' && this.shownKeys().has(key));
    const size = visible === undefined ? undefined : this.sessionElement(visible.key)?.terminal?.size;
    this.emit('ask-exec', size ?? DEFAULT_SIZE);
  }

  private pick(event: CustomEvent<{ id: string }>): void {
    this.pickedId = event.detail.id;
  }

  private openProcess(event: CustomEvent<{ pid: number }>): void {
    const session = this.model.sessions.findLast(({ pid }) => pid === event.detail.pid);
    if (session !== undefined) void this.focusSession(session.key);
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }

  // Panels and keys.

  private togglePanel(panel: Panel): void {
    if (this.panel === panel) {
      this.closePanel();
      return;
    }
    if (this.panel === '') this.returnFocusTo = deepActiveElement();
    this.panel = panel;
    void this.updateComplete.then(() => this.focusPanel(panel));
  }

  private focusPanel(panel: Panel): void {
    const part = this.renderRoot.querySelector(`stasis-${panel === 'timeline' ? 'rail' : panel}`)?.shadowRoot;
    const target = part?.querySelector<HTMLElement>(panel === 'processes' ? 'tbody tr' : panel === 'timeline' ? 'button[aria-pressed="true"]' : 'h2');
    target?.focus();
  }

  private closePanel(): void {
    this.panel = '';
    this.returnFocusTo?.focus();
    this.returnFocusTo = null;
  }

  private takeKey(event: KeyboardEvent): void {
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
      case 'survivors':
      case 'help':
        this.togglePanel(shortcut.kind);
        break;
      case 'panel':
        if (this.isPhone) this.togglePanel(shortcut.panel);
        else this.focusPanel(shortcut.panel);
        break;
      case 'terminal': {
        const session = this.model.sessions[shortcut.ordinal - 1];
        if (session === undefined) return;
        void this.focusSession(session.key);
        break;
      }
      case 'close':
        if (this.panel === '') return;
        this.closePanel();
        break;
    }
    event.preventDefault();
  }
}

function labelOf(session: TerminalSession): string {
  return session.origin === 'init' ? 'init console' : `${session.command}, pid ${session.pid}`;
}

function deepActiveElement(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active instanceof HTMLElement ? active : null;
}

customElements.define('stasis-page', StasisPage);

declare global {
  interface HTMLElementTagNameMap {
    'stasis-page': StasisPage;
  }
  interface HTMLElementEventMap {
    'ask-checkpoint': CustomEvent<{ name: string; leaveRunning: boolean }>;
    'ask-restore': CustomEvent<{ id: string }>;
    'ask-exec': CustomEvent<TerminalSize>;
    'ask-dismiss': CustomEvent<{ key: number }>;
    'session-input': CustomEvent<{ key: number; bytes: Uint8Array }>;
    'session-resize': CustomEvent<{ key: number; size: TerminalSize }>;
  }
}
