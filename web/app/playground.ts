/**
 * The playground's link to its machine: starts it, keeps the page's model up to date with it, and carries out what the reader
 * asks for. The only place of the page that knows a machine.
 */

import { download } from '../../src/bridge/download.ts';
import { MachineClient } from '../../src/bridge/machine-client.ts';
import type { MachineEvent, MachineStats, Started, TerminalId, TerminalSize } from '../../src/machine/api.ts';
import { fileSize } from './format.ts';
import { emptyModel, withEvent, withLine } from './model.ts';
import type { PageModel, TerminalSession } from './model.ts';
import { TerminalFeed } from './terminal-feed.ts';

const CORE_URL = 'core.wasm';
const IMAGE_URL = 'busybox.tar';
const MEMORY_LIMIT_BYTES = 512 * 1024 * 1024;
/** A session that has no terminal yet. */
const NO_TERMINAL: TerminalId = -1;
const DEFAULT_SIZE: TerminalSize = { columns: 80, rows: 24 };
/** How often the process table and the meters are read; more seldom where reading them is work (a fork bomb). */
const POLL_MS = 500;
const POLL_SHARE = 1 / 20;
/** Credit is returned together, about once a frame: a guest that floods a terminal is slowed to what the page can draw with ease. */
const CREDIT_MS = 16;

export interface PlaygroundOptions {
  containerId: string;
  initArgv: string[];
  execArgv: string[];
}

export class Playground {
  model: PageModel = emptyModel;
  private readonly options: PlaygroundOptions;
  private readonly onChange: (model: PageModel) => void;
  private client: MachineClient | null = null;
  private nextKey = 1;
  /** Bytes that came before their session was known. */
  private readonly early = new Map<TerminalId, Uint8Array[]>();
  private readonly sizes = new Map<number, TerminalSize>();
  private readonly creditDue = new Map<TerminalId, number>();
  private lastStats: { stats: MachineStats; atMs: number } | null = null;
  private isPolling = false;

  /** @param onChange  called with the new model after every change */
  constructor(options: PlaygroundOptions, onChange: (model: PageModel) => void) {
    this.options = options;
    this.onChange = onChange;
  }

  /** Loads core and image, boots, and runs the container; a failure becomes the page's state, not an exception. */
  async start(): Promise<void> {
    const console = this.newSession('init', 'init', NO_TERMINAL, 1);
    this.set({ ...this.model, sessions: [console] });
    this.print(console, 'image busybox');
    try {
      const client = MachineClient.start({
        onOutput: (terminalId, bytes) => this.take(terminalId, bytes),
        onEvent: (event) => this.hear(event),
        onFailure: (sentence) => this.fail(`machine: ${sentence}`),
      });
      this.client = client;
      const [core, imageArchive] = await this.load(console);
      await client.machine.boot({ core, imageArchive, memoryLimitBytes: MEMORY_LIMIT_BYTES });
      const size = this.sizes.get(console.key) ?? DEFAULT_SIZE;
      await client.machine.create({ id: this.options.containerId, argv: this.options.initArgv, console: size });
      this.print(console, '\r\x1b[2K');
      this.bind(console.key, await client.machine.start());
      this.set({ ...this.model, phase: { kind: 'ready' }, branchSinceMs: Date.now() });
      void this.keepPolling();
    } catch (error) {
      this.fail(sentenceOf(error));
    }
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
    await this.request('restore', (client) => client.machine.restore(checkpointId));
  }

  input(key: number, bytes: Uint8Array): void {
    const terminalId = this.terminalIdOf(key);
    if (terminalId !== NO_TERMINAL) this.client?.input(terminalId, bytes);
  }

  resize(key: number, size: TerminalSize): void {
    this.sizes.set(key, size);
    const terminalId = this.terminalIdOf(key);
    if (terminalId !== NO_TERMINAL) this.client?.resize(terminalId, size);
  }

  /** Takes the record of an ended session off the page. */
  dismiss(key: number): void {
    this.set({ ...this.model, sessions: this.model.sessions.filter((session) => session.key !== key || session.end === null) });
  }

  /** One request at a time; a refusal becomes a line in Events. */
  private async request<T>(kind: 'checkpoint' | 'restore' | 'exec', act: (client: MachineClient) => Promise<T>): Promise<T | null> {
    if (this.client === null || this.model.busy !== null) return null;
    this.set({ ...this.model, busy: kind });
    try {
      return await act(this.client);
    } catch (error) {
      this.set(withLine(this.model, Date.now(), sentenceOf(error), 'failure'));
      return null;
    } finally {
      this.set({ ...this.model, busy: null });
      void this.poll();
    }
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
    const feed = new TerminalFeed((countBytes) => this.returnCredit(key, countBytes));
    return { key, terminalId, origin, pid, command, openedAtMs: Date.now(), feed, end: null };
  }

  private returnCredit(key: number, countBytes: number): void {
    if (this.creditDue.size === 0) {
      setTimeout(() => {
        const due = [...this.creditDue];
        this.creditDue.clear();
        for (const [terminalId, sum] of due) this.client?.credit(terminalId, sum);
      }, CREDIT_MS);
    }
    const terminalId = this.terminalIdOf(key);
    this.creditDue.set(terminalId, (this.creditDue.get(terminalId) ?? 0) + countBytes);
  }

  /** Gives the session `key` the terminal it was started on, with what that printed before. */
  private bind(key: number, { terminalId, pid }: Started): void {
    if (terminalId === null) return;
    this.set({
      ...this.model,
      sessions: this.model.sessions.map((session) => (session.key === key ? { ...session, terminalId, pid } : session)),
    });
    for (const bytes of this.early.get(terminalId) ?? []) this.take(terminalId, bytes);
    this.early.delete(terminalId);
    const size = this.sizes.get(key);
    if (size !== undefined) this.client?.resize(terminalId, size);
  }

  /** A restore may give a session another terminal. */
  private terminalIdOf(key: number): TerminalId {
    return this.model.sessions.find((session) => session.key === key)?.terminalId ?? NO_TERMINAL;
  }

  /** Writes the page's own words into a session's terminal. */
  private print(session: TerminalSession, text: string): void {
    session.feed.print(new TextEncoder().encode(text));
  }

  private take(terminalId: TerminalId, bytes: Uint8Array): void {
    const session = this.model.sessions.findLast((candidate) => candidate.terminalId === terminalId);
    if (session !== undefined) {
      session.feed.push(bytes);
      return;
    }
    const waiting = this.early.get(terminalId);
    if (waiting === undefined) this.early.set(terminalId, [bytes]);
    else waiting.push(bytes);
  }

  private hear(event: MachineEvent): void {
    this.set(withEvent(this.model, event));
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
    try {
      const { machine } = this.client;
      const [container, processes, stats, unsupported] = await Promise.all([
        machine.state(),
        machine.processes(),
        machine.stats(),
        machine.unsupportedSyscalls(),
      ]);
      const lives = container !== null && container.status !== 'stopped';
      this.set({ ...this.model, container, processes: lives ? processes : [], stats, unsupported, mips: this.speedAt(stats) });
    } catch (error) {
      this.fail(sentenceOf(error));
    } finally {
      this.isPolling = false;
    }
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

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
