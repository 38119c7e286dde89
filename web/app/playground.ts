/**
 * The playground's link to its machine: starts it, keeps the page's model up to date with it, and carries out what the reader
 * asks for. Beside its helpers (`keeper.ts`, `comparer.ts`, `terminal-wires.ts`) the only place of the page that knows a machine.
 */

import { download } from '../../src/bridge/download.ts';
import { MachineClient } from '../../src/bridge/machine-client.ts';
import type { MachineEvent, MachineStats, Started, TerminalId, TerminalSize } from '../../src/machine/api.ts';
import { Comparer } from './comparer.ts';
import { fileSize } from './format.ts';
import { Keeper } from './keeper.ts';
import { emptyModel, withFates } from './model.ts';
import { keptWithoutSession, withEvent, withLine } from './model-events.ts';
import type { PageModel, Request, TerminalSession } from './model.ts';
import { notReady } from './refusals.ts';
import { defaultSettings, restoreChoice } from './restore-choice.ts';
import type { RestoreSettings } from './restore-choice.ts';
import { sentenceOf } from './sentence.ts';
import { TerminalFeed } from './terminal-feed.ts';
import { NO_TERMINAL, TerminalWires } from './terminal-wires.ts';

const CORE_URL = 'core.wasm';
const IMAGE_URL = 'busybox.tar';
const MEMORY_LIMIT_BYTES = 512 * 1024 * 1024;
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** How often the process table and the meters are read; more seldom where reading them is work (a fork bomb). */
const POLL_MS = 500;
const POLL_SHARE = 1 / 20;

export interface PlaygroundOptions {
  containerId: string;
  initArgv: string[];
  execArgv: string[];
  /** Of the page's address, without '#': a link that holds a checkpoint, or ''. */
  fragment: string;
}

/** One request at a time: see `Playground.request`. */
export type Ask = <T>(kind: Request, act: (client: MachineClient) => Promise<T>) => Promise<T | null>;

export class Playground {
  model: PageModel = emptyModel;
  readonly keeper: Keeper;
  readonly comparer: Comparer;
  readonly wires = new TerminalWires(() => this.model);
  private readonly options: PlaygroundOptions;
  private readonly onChange: (model: PageModel) => void;
  private client: MachineClient | null = null;
  private nextKey = 1;
  private lastStats: { stats: MachineStats; atMs: number } | null = null;
  private isPolling = false;
  private showsSurvivors = false;

  /** @param onChange  called with the new model after every change */
  constructor(options: PlaygroundOptions, onChange: (model: PageModel) => void) {
    this.options = options;
    this.onChange = onChange;
    const change = (next: (model: PageModel) => PageModel): void => this.set(next(this.model));
    const ask: Ask = (kind, act) => this.request(kind, act);
    this.keeper = new Keeper(() => this.model, change, ask);
    this.comparer = new Comparer(() => this.model, change, () => this.client);
  }

  /** Loads core and image, boots, and runs the container; a failure becomes the page's state, not an exception. */
  async start(): Promise<void> {
    const console = this.newSession('init', 'init', NO_TERMINAL, 1);
    this.set({ ...this.model, sessions: [console] });
    this.print(console, 'image busybox');
    try {
      const client = MachineClient.start({
        onOutput: (terminalId, bytes) => this.wires.take(terminalId, bytes),
        onEvent: (event) => this.hear(event),
        onFailure: (sentence) => this.fail(`machine: ${sentence}`),
      });
      this.client = client;
      this.wires.client = client;
      const [core, imageArchive] = await this.load(console);
      await client.machine.boot({ core, imageArchive, memoryLimitBytes: MEMORY_LIMIT_BYTES });
      this.print(console, '\r\x1b[2K');
      const isBack = await this.keeper.bringBack(client);
      if (isBack) this.wires.redraw(console.key);
      else await this.createContainer(client, console);
      this.set({ ...this.model, phase: { kind: 'ready' }, branchSinceMs: Date.now() });
      void this.keepPolling();
      await this.keeper.open(client);
      if (this.options.fragment !== '') await this.keeper.importLink(this.options.fragment);
    } catch (error) {
      this.fail(sentenceOf(error));
    }
  }

  private async createContainer(client: MachineClient, console: TerminalSession): Promise<void> {
    const size = this.wires.sizeOf(console.key) ?? DEFAULT_SIZE;
    await client.machine.create({ id: this.options.containerId, argv: this.options.initArgv, console: size });
    this.bind(console.key, await client.machine.start());
  }

  /** Starts another exec session; it is the last of `model.sessions` when the promise is fulfilled. */
  async exec(size: TerminalSize): Promise<TerminalSession | null> {
    return this.request('exec', async (client) => {
      const argv = this.options.execArgv;
      const started = await client.machine.exec({ argv, terminal: size, env: ['TERM=xterm-256color'] });
      const session = this.newSession('exec', argv[0] ?? 'sh', NO_TERMINAL, started.pid);
      this.set({ ...this.model, sessions: [...this.model.sessions, session] });
      this.bind(session.key, started);
      return session;
    });
  }

  async checkpoint(name: string, leaveRunning: boolean): Promise<void> {
    await this.request('checkpoint', (client) => client.machine.checkpoint({ name, leaveRunning }));
  }

  async restore(checkpointId: string): Promise<void> {
    await this.request('restore', (client) => client.machine.restore(checkpointId, restoreChoice(this.model.settings)));
  }

  /** Pauses the container, or lets it go on. */
  async pause(): Promise<void> {
    await this.request('pause', (client) => (this.model.container?.status === 'paused' ? client.machine.resume() : client.machine.pause()));
  }

  /** How the next restore is to be done. */
  choose(settings: Partial<RestoreSettings>): void {
    const refusal = this.model.refusal?.of === 'restore' ? null : this.model.refusal;
    this.set({ ...this.model, settings: { ...this.model.settings, ...settings }, refusal });
    void this.poll();
  }

  /** Whether somebody looks at who would survive: it is asked with every poll then. */
  watchSurvivors(isWatched: boolean): void {
    this.showsSurvivors = isWatched;
    if (isWatched) void this.poll();
  }

  /** Takes the record of an ended session off the page. */
  dismiss(key: number): void {
    this.set({ ...this.model, sessions: this.model.sessions.filter((session) => session.key !== key || session.end === null) });
  }

  dismissRefusal(): void {
    this.set({ ...this.model, refusal: null });
  }

  /** One request at a time; a refusal becomes a line in Events and stays where it was asked. */
  private async request<T>(kind: Request, act: (client: MachineClient) => Promise<T>): Promise<T | null> {
    const { client } = this;
    if (client === null) return null;
    const reason = notReady(this.model);
    if (reason !== '') return this.refuse(kind, `${kind}: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}; nothing was done, ask again`);
    this.set({ ...this.model, busy: kind });
    try {
      const result = await act(client);
      // What was refused before is past then, and stays in Events; that the store keeps nothing goes on being so.
      if (kind === 'store' || this.model.refusal?.of !== 'store') this.dismissRefusal();
      return result;
    } catch (error) {
      return this.refuse(kind, sentenceOf(error));
    } finally {
      this.set({ ...this.model, busy: null });
      void this.poll();
    }
  }

  private refuse(of: Request, sentence: string): null {
    this.set({ ...withLine(this.model, Date.now(), sentence, 'failure'), refusal: { of, sentence } });
    return null;
  }

  private async load(console: TerminalSession): Promise<[WebAssembly.Module, Uint8Array]> {
    const compiling = compileCore();
    const image = await download(new URL(IMAGE_URL, document.baseURI).href, ({ receivedBytes, totalBytes }) => {
      const line =
        totalBytes === null ? `image busybox ${fileSize(receivedBytes)}` : `image busybox ${fileSize(receivedBytes)} of ${fileSize(totalBytes)}`;
      if (this.model.phase.kind !== 'loading') return;
      this.set({ ...this.model, phase: { kind: 'loading', line } });
      this.print(console, `\r\x1b[2K${line}`);
    });
    return [await compiling, image];
  }

  private newSession(origin: 'init' | 'exec', command: string, terminalId: TerminalId, pid: number): TerminalSession {
    const key = this.nextKey++;
    const feed = new TerminalFeed((countBytes) => this.wires.returnCredit(key, countBytes));
    return { key, terminalId, origin, pid, command, openedAtMs: Date.now(), feed, end: null };
  }

  /** Gives the session `key` the terminal it was started on, with what that printed before. */
  private bind(key: number, { terminalId, pid }: Started): void {
    if (terminalId === null) return;
    this.set({
      ...this.model,
      sessions: this.model.sessions.map((session) => (session.key === key ? { ...session, terminalId, pid } : session)),
    });
    this.wires.follow();
  }

  /** Writes the page's own words into a session's terminal. */
  private print(session: TerminalSession, text: string): void {
    session.feed.print(new TextEncoder().encode(text));
  }

  private hear(event: MachineEvent): void {
    let model = withEvent(this.model, event);
    if (event.kind === 'restore') {
      const opened = keptWithoutSession(model, event.report).map(({ pid, command, terminalId }) => this.newSession('exec', command, terminalId ?? NO_TERMINAL, pid));
      model = { ...model, sessions: [...model.sessions, ...opened] };
    }
    this.set(model);
    this.wires.follow();
    if (event.kind === 'timeline' || event.kind === 'checkpoint') void this.keeper.refresh();
    void this.poll();
  }

  private async keepPolling(): Promise<void> {
    const startMs = performance.now();
    await this.poll();
    const tookMs = performance.now() - startMs;
    setTimeout(() => void this.keepPolling(), Math.max(POLL_MS, tookMs / POLL_SHARE));
  }

  private async poll(): Promise<void> {
    if (this.client === null || this.isPolling || document.hidden) return;
    this.isPolling = true;
    const { settings } = this.model;
    try {
      const { machine } = this.client;
      const asksSurvivors = this.showsSurvivors || settings.policy !== defaultSettings.policy;
      const [container, processes, stats, unsupported, survivors] = await Promise.all([
        machine.state(),
        machine.processes(),
        machine.stats(),
        machine.unsupportedSyscalls(),
        asksSurvivors ? machine.survivors(settings.policy, [...settings.keptPids]) : null,
      ]);
      const lives = container !== null && container.status !== 'stopped';
      const rows = lives ? withFates(processes, survivors, settings) : [];
      this.set({ ...this.model, container, processes: rows, stats, unsupported, survivors: lives ? survivors : this.model.survivors ?? [], mips: this.speedAt(stats) });
    } catch (error) {
      this.fail(sentenceOf(error));
    } finally {
      this.isPolling = false;
    }
    if (settings !== this.model.settings) void this.poll();
  }

  private speedAt(stats: MachineStats): number {
    const atMs = performance.now();
    const last = this.lastStats;
    if (last !== null && atMs - last.atMs < POLL_MS / 2) return this.model.mips;
    this.lastStats = { stats, atMs };
    if (last === null) return 0;
    return Math.max(0, (stats.instructions - last.stats.instructions) / (atMs - last.atMs) / 1000);
  }

  private fail(sentence: string): void {
    if (this.model.phase.kind === 'failed') return;
    const [console] = this.model.sessions;
    if (console !== undefined) this.print(console, `\r\x1b[2K\x1b[31m${sentence}\x1b[0m\r\n`);
    this.set(withLine({ ...this.model, phase: { kind: 'failed', sentence } }, Date.now(), sentence, 'failure'));
  }

  private set(model: PageModel): void {
    this.model = model;
    this.onChange(model);
  }
}

async function compileCore(): Promise<WebAssembly.Module> {
  const url = new URL(CORE_URL, document.baseURI).href;
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${CORE_URL}: the server answered ${response.status}`);
  // Some static hosts do not know the media type, and compiling a stream insists on it.
  if (response.headers.get('content-type') === 'application/wasm') return WebAssembly.compileStreaming(response);
  return WebAssembly.compile(await response.arrayBuffer());
}
