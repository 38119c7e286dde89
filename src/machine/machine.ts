import { textFromByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import type { CheckpointTurns } from '../container/checkpoint-taking.ts';
import { Container } from '../container/container.ts';
import type { ContainerHost, RestoreOutcome, Watched } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';
import type { TimelineEntry } from '../container/timeline.ts';
import type {
  BootOptions, CheckpointInfo, CheckpointOptions, ContainerOptions, ContainerState, ContainerStatus, ExecOptions, ExecPolicyName, MachineApi, MachineDriver,
  MachineEvent, MachineStats, ProcessRow, RestoreChoice, RestoreReport, SliceOutcome, Started, SurvivorRow, TerminalId, TerminalSize,
  UnsupportedSyscall,
} from './api.ts';
import type { Autosave } from './autosave.ts';
import { boot } from './boot.ts';
import type { MachineEnvironment } from './boot.ts';
import { CheckpointCalls } from './checkpoint-calls.ts';
import { MOST_PRE_DUMP_ROUNDS } from './checkpoint-taking.ts';
import { containerSpec, execSpec } from './container-spec.ts';
import { Exclusion } from './exclusion.ts';
import { Guests } from './guests.ts';
import type { History } from './history.ts';
import { News } from './news.ts';
import { processRows } from './process-rows.ts';
import { Rehearsal } from './rehearsal.ts';
import { machineStats, restoreReport, survivorRow } from './reports.ts';
import { TerminalMap } from './terminal-map.ts';
import { nextCheckpoint, restoreComplete } from './waits.ts';

export type { MachineEnvironment } from './boot.ts';

/** What to do about a container in which nothing can be started. */
const REMEDIES: { readonly [status in ContainerStatus]?: string } = {
  paused: 'resume it first',
  stopped: 'restore a checkpoint, or delete it and create another',
};
/** Pages of a restored container that are read at once while it is idle. */
const PAGES_AHEAD = 128;
/** Between two looks at whether a checkpoint or restore under way has woken somebody. */
const BUSY_MS = 5;

/** One machine with at most one container: control, slices and terminal bytes. See `MachineApi` and `MachineDriver`. */
export class Machine extends CheckpointCalls implements MachineApi, MachineDriver {
  private isBooting = false;
  private container: Container | null = null;
  private consoleId: TerminalId | null = null;
  private readonly terminals = new TerminalMap();
  private readonly guests = new Guests();
  private readonly news = new News();
  private readonly rehearsal = new Rehearsal();
  private readonly exclusion = new Exclusion();
  /** A checkpoint that will stop the container has frozen it: no guest runs any more. */
  private isHeld = false;
  private panicSentence: string | null = null;
  private readonly environment: MachineEnvironment;

  constructor(environment: MachineEnvironment = {}) {
    super();
    this.environment = environment;
  }

  async boot(options: BootOptions): Promise<void> {
    if (this.isBooting) throw new ContainerError('the machine is already booted');
    this.isBooting = true;
    try {
      this.booted = await boot(options, { environment: this.environment, news: this.news, rehearsal: this.rehearsal, turns: this.turns() });
    } catch (error) {
      this.isBooting = false;
      throw error;
    }
  }

  private turns(): CheckpointTurns {
    return {
      nowMs: () => Date.now(), // slices bring the container's clock along
      giveWay: () => (this.isHeld ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, 0))),
      runGuests: (budgetMs) => void this.runSlice(budgetMs),
      isHere: (container) => this.container === container,
      lossOf: (container) => (this.container === container ? null : 'was deleted meanwhile'),
      isBroken: () => this.panicSentence !== null,
      hold: () => (this.isHeld = true),
      release: () => (this.isHeld = false),
    };
  }

  // ---- the container ----

  create(options: ContainerOptions): ContainerState {
    const { host, image } = this.requireBooted();
    if (this.container !== null) throw new ContainerError(`container "${this.container.spec.id}" already exists`);
    this.container = Container.create(host, containerSpec(options, image.config));
    this.guests.startClock(this.container);
    return this.announceState(`${this.container.spec.id} created`);
  }

  start(): Started {
    const container = this.requireContainer('start');
    const watched = container.start();
    const terminalId = this.attach(container, watched);
    this.consoleId = terminalId;
    this.announceState(`${container.spec.id} running, pid ${watched.pid}`);
    return { pid: watched.pid, terminalId };
  }

  exec(options: ExecOptions): Started {
    const container = this.requireContainer('execute in');
    const remedy = REMEDIES[container.status];
    if (remedy !== undefined) throw new ContainerError(`cannot execute in container "${container.spec.id}" in state ${container.status}: ${remedy}`);
    const watched = container.exec(execSpec(options));
    const { pid } = watched;
    const terminalId = this.attach(container, watched);
    const command = textFromByteString(watched.command);
    this.news.tell({ kind: 'exec', sentence: `exec: pid ${pid} \`${command}\` started`, pid, command, terminalId });
    return { pid, terminalId };
  }

  kill(signal: number, pid?: number): void {
    this.requireContainer('signal').kill(signal, pid ?? null);
  }

  pause(): void {
    const container = this.requireContainer('pause');
    container.pause();
    this.announceState(`${container.spec.id} paused`);
  }

  resume(): void {
    const container = this.requireContainer('resume');
    container.resume();
    this.guests.startClock(container);
    this.announceState(`${container.spec.id} running again`);
  }

  delete(options: { force?: boolean } = {}): void {
    const container = this.requireContainer();
    container.delete(options.force ?? false);
    this.container = null;
    this.consoleId = null;
    this.terminals.clear();
    this.booted?.history.timeline.goOnFromNothing();
    this.dropAutosave();
  }

  state(): ContainerState | null {
    const { container } = this;
    if (container === null) return null;
    const { kernel, status } = container;
    const isRunning = kernel.init !== null && !kernel.init.isExited();
    return {
      id: container.spec.id, status, pid: isRunning ? kernel.init!.pid : 0, generation: kernel.generation, exitStatus: container.exitStatus, consoleId: this.consoleId,
    };
  }

  // ---- checkpoint and restore ----

  async checkpoint(options: CheckpointOptions): Promise<CheckpointInfo> {
    const { history, taking } = this.requireBooted();
    const container = this.requireContainer();
    if (this.panicSentence !== null) throw new ContainerError(`cannot checkpoint: ${this.panicSentence}; restore an earlier checkpoint`);
    const rounds = options.preDumpRounds ?? 0;
    if (!Number.isInteger(rounds) || rounds < 0 || rounds > MOST_PRE_DUMP_ROUNDS) {
      throw new ContainerError(`cannot checkpoint with ${rounds} pre-dump rounds: a whole number from 0 to ${MOST_PRE_DUMP_ROUNDS} is possible`);
    }
    if (options.full === true && rounds > 0) throw new ContainerError('cannot checkpoint with pre-dump rounds into a full image, which stands on no other: leave out one of the two');
    const { id, name } = await this.exclusion.alone('checkpoint', `a checkpoint of ${container.spec.id}`, () => taking.take(container, options));
    if (!options.leaveRunning && this.container === container) {
      this.announceState(`${container.spec.id} stopped: checkpoint ${name} holds it`);
      this.dropAutosave();
    }
    this.booted?.autosave.hurry();
    const info = history.info(history.timeline.entry(id)); // as it is by now, if it was not deleted while the store wrote it
    this.news.tell({ kind: 'checkpoint', sentence: checkpointSentence(info), checkpoint: info });
    return info;
  }

  async restore(id: string, choice: RestoreChoice = {}): Promise<RestoreReport> {
    const { host, history } = this.requireBooted();
    const entry = history.timeline.entry(id);
    if (this.container?.restoration === 'running') {
      throw new ContainerError(`cannot restore ${entry.name} while the restore of ${this.container.spec.id} is under way, whose hook runs; wait for it, or delete ${this.container.spec.id}`);
    }
    return this.exclusion.alone('restore', `a restore of ${entry.name}`, async () => {
      const startMs = performance.now();
      const outcome = this.tryRestore(host, history, entry, choice);
      const { container } = outcome;
      history.timeline.goOnFrom(id, outcome);
      if (this.panicSentence === null) this.container?.stopAfterCheckpoint();
      const before = this.terminals.takeAll();
      this.container = container;
      this.panicSentence = null;
      this.consoleId = null;
      for (const watched of container.watchedProcesses()) if (watched.origin === 'init') this.consoleId = this.attach(container, watched);
      const now = new Map(outcome.kept.map((watched) => [watched.pid, this.attach(container, watched)]));
      this.guests.startClock(container);
      this.booted?.autosave.forget();
      const report = restoreReport(entry, outcome, { consoleId: this.consoleId, now, before }, performance.now() - startMs);
      this.news.tell({ kind: 'restore', sentence: `restore: ${entry.name}, generation ${report.generation}`, report });
      this.announceState(`${container.spec.id} running as generation ${report.generation}`);
      return report;
    });
  }

  private tryRestore(host: ContainerHost, { timeline }: History, { id, name, isAutosave }: TimelineEntry, { policy, clock, keptPids, forceHostFiles }: RestoreChoice): RestoreOutcome {
    try {
      return Container.restore(host, timeline.image(id), {
        policy: policy ?? 'kill', clock: clock ?? 'gvisor', keptPids: keptPids ?? [], forcesHostFiles: forceHostFiles ?? false,
      }, timeline.library(), this.panicSentence === null ? this.container : null); // nothing is taken over from one that is broken
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const goesOn = this.container === null ? 'nothing was changed' : `${this.container.spec.id} goes on unchanged`;
      const remedy = error.field === 'base image' ? ': restore it over the image that it was made with' : '';
      const sentence = `restore: ${name}, ${error.message}${remedy}; ${goesOn}`;
      this.news.notice(sentence, true);
      if (isAutosave) void this.keepForGood(id);
      throw new ContainerError(sentence);
    }
  }

  /** An autosave that cannot be restored here and now is not to be replaced by the next. */
  private async keepForGood(id: string): Promise<void> {
    const kept = await this.renameCheckpoint(id, 'autosave-kept');
    this.news.notice(`the autosave that could not be restored is kept as checkpoint ${kept.name}`, false);
  }

  survivors(policy: ExecPolicyName = 'kill', keptPids: number[] = []): SurvivorRow[] {
    return this.container === null ? [] : this.container.survivors(policy, keptPids).map(survivorRow);
  }

  async waitCheckpoint(): Promise<void> {
    const container = this.requireContainer();
    await nextCheckpoint(container, () => this.container === container);
  }

  async waitRestore(): Promise<void> {
    const container = this.requireContainer();
    await restoreComplete(container, () => this.container === container);
  }

  // ---- autosave ----

  async setAutosave(seconds: number | null): Promise<void> {
    const { autosave } = this.requireBooted();
    autosave.set(seconds, performance.now());
    if (seconds !== null) return;
    await this.exclusion.autosaved();
    await autosave.dropAll();
  }

  async autosave(): Promise<void> {
    const { autosave } = this.requireBooted();
    const { container } = this;
    if (container !== null && autosave.dueInMs(Infinity, this.guests.instructions) === 0) this.beginAutosave(container, autosave);
    await this.exclusion.autosaved();
  }

  private beginAutosave(container: Container, autosave: Autosave): void {
    if (this.panicSentence === null && container.status !== 'stopped' && container.restoration !== 'running') this.exclusion.beginAutosave(() => autosave.save(container, this.guests.instructions));
  }

  // ---- looking on ----

  processes(): ProcessRow[] {
    return this.container === null ? [] : processRows(this.container.kernel);
  }

  stats(): MachineStats {
    return machineStats(this.container, this.guests);
  }

  unsupportedSyscalls(): UnsupportedSyscall[] {
    return this.container === null ? [] : this.news.unsupportedSyscalls(this.container.kernel);
  }

  subscribe(listener: (event: MachineEvent) => void): void {
    this.news.subscribe(listener);
  }

  // ---- the machine's own thread ----

  runSlice(budgetMs: number): SliceOutcome {
    const { container } = this;
    if (container === null || this.panicSentence !== null || container.status !== 'running') return { isRunnable: false, idleMs: null };
    if (this.isHeld) return { isRunnable: false, idleMs: BUSY_MS };
    try {
      this.guests.run(container, this.terminals, budgetMs);
    } catch (error) {
      this.stopForGood(error);
      return { isRunnable: false, idleMs: null };
    }
    this.tellNews(container);
    this.serveRequest(container);
    const autosaveMs = this.autosaveInMs(container);
    if (container.kernel.hasRunnable()) return { isRunnable: true, idleMs: 0 };
    const idleMs = Math.min(this.guests.idleMs(container), this.getReady(container), autosaveMs, this.exclusion.isBusy() ? BUSY_MS : Infinity); // its end may wake somebody
    return { isRunnable: false, idleMs: idleMs === Infinity ? null : idleMs };
  }

  /** Autosaves when it is time. @returns milliseconds until the next */
  private autosaveInMs(container: Container): number {
    if (this.booted === null || this.exclusion.isBusy()) return Infinity;
    const { autosave } = this.booted;
    const dueInMs = autosave.dueInMs(performance.now(), this.guests.instructions);
    if (dueInMs > 0) return dueInMs;
    this.beginAutosave(container, autosave);
    return Infinity;
  }

  /** Uses time in which no guest can run. @returns milliseconds until there is more of it to use */
  private getReady(container: Container): number {
    if (this.booted === null || this.exclusion.isBusy() || container.status !== 'running') return Infinity;
    if (container.fillAhead(PAGES_AHEAD)) return 0;
    return this.rehearsal.step(container, this.booted.host, performance.now()) ?? Infinity;
  }

  terminalInput(terminalId: TerminalId, bytes: Uint8Array): void {
    this.terminals.input(terminalId, bytes);
    if (!this.isHeld) this.terminals.feedInput();
  }

  terminalResize(terminalId: TerminalId, size: TerminalSize): void {
    this.terminals.resize(terminalId, size);
  }

  terminalsWithOutput(): TerminalId[] {
    return this.terminals.withOutput();
  }

  takeTerminalOutput(terminalId: TerminalId, maxBytes: number): Uint8Array {
    return this.terminals.takeOutput(terminalId, maxBytes);
  }

  // ---- inside ----

  private attach(container: Container, watched: Watched): TerminalId {
    return this.terminals.attach(container.terminals(), watched);
  }

  private tellNews(container: Container): void {
    const status = this.news.tellOf(container, this.terminals);
    if (status !== null) {
      this.announceState(`${container.spec.id} stopped with status ${status}`);
      this.dropAutosave();
    }
    if (container.restoration === 'failed' && container.status === 'stopped') this.announceState(`${container.spec.id} stopped: its restore hook failed`);
  }

  /** Takes the checkpoint that a program inside has asked for, once no other is under way. */
  private serveRequest(container: Container): void {
    if (this.exclusion.isBusy()) return;
    const request = container.takeCheckpointRequest();
    if (request === null) return;
    this.checkpoint({ name: request.path, leaveRunning: request.leaveRunning }).catch((error: unknown) => {
      this.news.notice(`checkpoint: ${request.path}, asked for from inside, failed: ${reasonOf(error)}`, true);
    });
  }

  /** What has ended is not to come back by itself. */
  private dropAutosave(): void {
    void this.exclusion.autosaved().then(() => this.booted?.autosave.dropAll());
  }

  private announceState(sentence: string): ContainerState {
    const state = this.state()!;
    this.news.tell({ kind: 'state', sentence, state });
    return state;
  }

  /** @param verb  what it is needed for, where that would be lost with a container that a checkpoint is about to stop */
  private requireContainer(verb: string | null = null): Container {
    if (this.container === null) throw new ContainerError('there is no container');
    if (verb !== null && this.isHeld) throw new ContainerError(`cannot ${verb} container "${this.container.spec.id}" while ${this.exclusion.underWay} is stopping it`);
    return this.container;
  }

  private stopForGood(error: unknown): void {
    this.panicSentence = `the machine has stopped: ${reasonOf(error)}`;
    this.news.tell({ kind: 'panic', sentence: this.panicSentence });
    console.error(error);
  }
}

function checkpointSentence(info: CheckpointInfo): string {
  return `checkpoint: ${info.name}, ${info.pages} pages, ${kilobytes(info.imageBytes)}, paused ${info.pauseMs.toFixed(2)} ms`;
}

function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)} kB`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
