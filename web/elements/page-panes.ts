/** Which terminals are on the page: the one that is chosen, and at each width as many beside it as there is room for. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { PageModel } from '../app/model.ts';
import type { StasisSession } from './stasis-session.ts';
import type { StasisTerminal } from './stasis-terminal.ts';

export class PagePanes implements ReactiveController {
  selectedKey = 0;
  /** How many exec sessions stand side by side; 0 on a phone, which shows one terminal in all. */
  slots = 0;
  private readonly host: ReactiveControllerHost & { model: PageModel; renderRoot: HTMLElement | DocumentFragment };
  /** Exec sessions by how recently they were chosen, the last first. */
  private recentKeys: number[] = [];
  private readonly queries = [matchMedia('(max-width: 600px)'), matchMedia('(max-width: 1180px)')] as const;
  private readonly onWidth = (): void => {
    this.slots = this.slotsNow();
    this.host.requestUpdate();
  };

  constructor(host: ReactiveControllerHost & { model: PageModel; renderRoot: HTMLElement | DocumentFragment }) {
    this.host = host;
    this.slots = this.slotsNow();
    host.addController(this);
  }

  get isPhone(): boolean {
    return this.slots === 0;
  }

  hostConnected(): void {
    for (const query of this.queries) query.addEventListener('change', this.onWidth);
  }

  hostDisconnected(): void {
    for (const query of this.queries) query.removeEventListener('change', this.onWidth);
  }

  /** Chooses what is new among the sessions, and another where the chosen one is gone. */
  follow(before: PageModel | undefined): void {
    const { sessions } = this.host.model;
    const known = new Set(before?.sessions.map(({ key }) => key) ?? []);
    for (const { key } of sessions) if (!known.has(key)) this.choose(key);
    if (!sessions.some(({ key }) => key === this.selectedKey)) this.choose(sessions.at(-1)?.key ?? 0);
  }

  shownKeys(): Set<number> {
    const { sessions } = this.host.model;
    if (this.isPhone) return new Set([this.selectedKey]);
    const execs = new Set(sessions.filter(({ origin }) => origin === 'exec').map(({ key }) => key));
    const recent = this.recentKeys.filter((key) => execs.has(key)).slice(0, this.slots);
    return new Set([...sessions.filter(({ origin }) => origin === 'init').map(({ key }) => key), ...recent]);
  }

  choose(key: number): void {
    if (this.selectedKey === key && this.recentKeys[0] === key) return;
    this.selectedKey = key;
    this.recentKeys = [key, ...this.recentKeys.filter((other) => other !== key)];
    this.host.requestUpdate();
  }

  async focus(key: number): Promise<void> {
    this.choose(key);
    await this.host.updateComplete;
    const element = this.elementOf(key);
    await element?.updateComplete;
    element?.focusInside();
  }

  /** The pane of the session `key`. */
  elementOf(key: number): StasisSession | null {
    return this.host.renderRoot.querySelector<StasisSession>(`stasis-session[data-key="${key}"]`);
  }

  get selectedTerminal(): StasisTerminal | null {
    return this.elementOf(this.selectedKey)?.terminal ?? null;
  }

  /** The terminal of init. */
  get console(): StasisTerminal | null {
    const session = this.host.model.sessions.find(({ origin }) => origin === 'init');
    return session === undefined ? null : (this.elementOf(session.key)?.terminal ?? null);
  }

  /** A terminal of an exec that is on the page: a new one will be as large. */
  get visibleExecTerminal(): StasisTerminal | null {
    const shown = this.shownKeys();
    const session = this.host.model.sessions.findLast(({ origin, key }) => origin === 'exec' && shown.has(key));
    return session === undefined ? null : (this.elementOf(session.key)?.terminal ?? null);
  }

  private slotsNow(): number {
    const [phone, medium] = this.queries;
    return phone.matches ? 0 : medium.matches ? 1 : 2;
  }
}
