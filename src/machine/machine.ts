import { byteStringFromText, textFromByteString } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { Core } from '../core/core.ts';
import { CheckpointFlow } from '../container/checkpoint-flow.ts';
import { Container } from '../container/container.ts';
import type { ContainerHost, Watched } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';
import { readImageArchive } from '../container/oci/index.ts';
import type { OciImage } from '../container/oci/index.ts';
import type { ContainerSpec } from '../container/spec.ts';
import type { Killed } from '../sentry/checkpoint/exec-policy.ts';
import type { Survivor } from '../sentry/checkpoint/survivors.ts';
import { readImage } from '../sentry/checkpoint/image.ts';
import { syscallName } from '../sentry/syscalls/table.ts';
import { webEntropy } from '../host/web/entropy.ts';
import type {
  BootOptions, CheckpointInfo, CheckpointOptions, ContainerOptions, ContainerState, ExecOptions, ExecPolicyName, KilledProcess, MachineApi, MachineDriver,
  MachineEvent, MachineStats, ProcessRow, RestoreChoice, RestoreReport, SliceOutcome, Started, SurvivorRow, TerminalId, TerminalSize, UnsupportedSyscall,
} from './api.ts';
import { processRows } from './process-rows.ts';
import { Rehearsal } from './rehearsal.ts';
import { TerminalMap } from './terminal-map.ts';

const DEFAULT_MEMORY_BYTES = 512 << 20;
const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Budget of one run of guests between two looks at the host's clock, in instructions. */
const STRIDE = 100_000;
/** Pages that a checkpoint encodes between two slices. */
const PAGES_PER_STEP = 1024;
/** Time of guests between two looks at whether a hook has ended. */
const HOOK_SLICE_MS = 4;
/** Between two looks at whether what is waited for has come. */
const WAIT_MS = 5;

interface Stored {
  readonly info: CheckpointInfo;
  readonly image: Uint8Array;
}

/** One machine with at most one container: control, slices and terminal bytes. See `MachineApi` and `MachineDriver`. */
export class Machine implements MachineApi, MachineDriver {
  private module: WebAssembly.Module | null = null;
  private image: OciImage | null = null;
  private host: ContainerHost | null = null;
  private container: Container | null = null;
  private consoleId: TerminalId | null = null;
  private readonly terminals = new TerminalMap();
  private readonly rehearsal = new Rehearsal();
  private readonly checkpoints = new Map<string, Stored>();
  private lastCheckpoint = 0;
  private parentId: string | null = null;
  private readonly listeners = new Set<(event: MachineEvent) => void>();
  private readonly commands = new Map<number, string>();
  private readonly reportedSyscalls = new Set<number>();
  /** Host time at which the container's monotonic clock was `clockStartNs`. */
  private hostStartMs = 0;
  private clockStartNs = 0;
  private busyMs = 0;
  private instructionsNs = 0;
  private isBusy = false;
  private panicSentence: string | null = null;

  async boot(options: BootOptions): Promise<void> {
    if (this.module !== null) throw new ContainerError('the machine is already booted');
    const module = options.core instanceof WebAssembly.Module ? options.core : await WebAssembly.compile(new Uint8Array(options.core));
    if (options.imageArchive === null) throw new ContainerError('boot: no image was given');
    this.image = await readImageArchive(options.imageArchive, 'image');
    this.module = module;
    this.host = {
      coreModule: module,
      memoryLimitBytes: options.memoryLimitBytes ?? DEFAULT_MEMORY_BYTES,
      entropy: webEntropy,
      base: this.image.tree,
      realtimeNs: () => BigInt(Date.now()) * 1_000_000n,
      hostEnd: () => ({ label: 'terminal' }),
      takeSpareCore: () => this.rehearsal.takeSpareCore(),
    };
  }

  create(options: ContainerOptions): ContainerState {
    if (this.host === null || this.image === null) throw new ContainerError('the machine is not booted');
    if (this.container !== null) throw new ContainerError(`container "${this.container.spec.id}" already exists`);
    this.container = Container.create(this.host, this.specOf(options, this.image));
    this.startClock();
    return this.announceState(`${this.container.spec.id} created`);
  }

  start(): Started {
    const container = this.requireContainer();
    const watched = container.start();
    const terminalId = this.attach(watched);
    this.consoleId = terminalId;
    this.announceState(`${container.spec.id} running, pid ${watched.pid}`);
    return { pid: watched.pid, terminalId };
  }

  exec(options: ExecOptions): Started {
    const container = this.requireContainer();
    const watched = container.exec({
      argv: options.argv.map(byteStringFromText),
      environment: [...(options.terminal === null ? [] : ['TERM=xterm-256color']), ...(options.env ?? []).map(byteStringFromText)],
      cwd: options.cwd === undefined ? null : byteStringFromText(options.cwd),
      user: options.user === undefined ? null : byteStringFromText(options.user),
      terminal: options.terminal,
      isRestorable: options.restorable ?? false,
    });
    const terminalId = this.attach(watched);
    const command = textFromByteString(watched.command);
    this.emit({ kind: 'exec', atMs: Date.now(), sentence: `exec: pid ${watched.pid} \`${command}\` started`, pid: watched.pid, command, terminalId });
    return { pid: watched.pid, terminalId };
  }

  kill(signal: number, pid?: number): void {
    this.requireContainer().kill(signal, pid ?? null);
  }

  pause(): void {
    const container = this.requireContainer();
    container.pause();
    this.announceState(`${container.spec.id} paused`);
  }

  resume(): void {
    const container = this.requireContainer();
    container.resume();
    this.startClock();
    this.announceState(`${container.spec.id} running again`);
  }

  delete(options: { force?: boolean } = {}): void {
    const container = this.requireContainer();
    container.delete(options.force ?? false);
    this.container = null;
    this.consoleId = null;
    this.terminals.clear();
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

  async checkpoint(options: CheckpointOptions): Promise<CheckpointInfo> {
    const container = this.requireContainer();
    const info = await this.exclusively('checkpoint', () => this.takeCheckpoint(container, options));
    if (!options.leaveRunning) this.announceState(`${container.spec.id} stopped: checkpoint ${info.name} holds it`);
    this.emit({ kind: 'checkpoint', atMs: Date.now(), sentence: checkpointSentence(info), checkpoint: info });
    return info;
  }

  /** The pause, then the pages between slices of the guest that goes on. */
  private async takeCheckpoint(container: Container, options: CheckpointOptions): Promise<CheckpointInfo> {
    const flow = new CheckpointFlow(container, { leaveRunning: options.leaveRunning });
    await this.passHook(container, flow);
    const startMs = performance.now();
    const rows = processRows(container.kernel);
    const takenAtMs = Date.now();
    flow.step(takenAtMs, PAGES_PER_STEP);
    const frozenMs = performance.now() - startMs;
    while (flow.stage === 'pages') {
      flow.step(takenAtMs, PAGES_PER_STEP);
      if (options.leaveRunning && flow.stage === 'pages') await this.giveWay(container, flow);
    }
    const { image, counts } = flow.result!;
    const totalMs = performance.now() - startMs;
    const number = ++this.lastCheckpoint;
    const info: CheckpointInfo = {
      id: `k${number}`,
      name: options.name ?? `checkpoint-${number}`,
      takenAtMs,
      leftRunning: options.leaveRunning,
      parentId: this.parentId,
      imageBytes: image.length,
      pauseMs: options.leaveRunning ? frozenMs : totalMs,
      totalMs,
      pages: counts['frames'] ?? 0,
      dataPages: (counts['compressed'] ?? 0) + (counts['raw'] ?? 0),
      processes: rows.length,
      execProcesses: rows.filter((row) => row.origin === 'exec').length,
    };
    this.checkpoints.set(info.id, { info, image });
    this.parentId = info.id;
    flow.step(takenAtMs, PAGES_PER_STEP);
    await this.passHook(container, flow);
    if (flow.warning !== null) this.emit({ kind: 'notice', atMs: Date.now(), sentence: `checkpoint: ${info.name} is good, but its resume hook failed: ${flow.warning}`, isFailure: true });
    return info;
  }

  /** Gives guests time until the flow's hook has ended. */
  private async passHook(container: Container, flow: CheckpointFlow): Promise<void> {
    while (flow.needsGuests()) {
      this.runSlice(HOOK_SLICE_MS);
      await this.giveWay(container, flow);
      flow.step(Date.now(), PAGES_PER_STEP);
    }
  }

  /** Lets slices and requests in between. @errors ContainerError the container was deleted meanwhile; the flow is given up then */
  private async giveWay(container: Container, flow: CheckpointFlow): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (this.container === container) return;
    flow.abandon();
    throw new ContainerError('checkpoint: the container is gone');
  }

  async waitCheckpoint(): Promise<void> {
    const container = this.requireContainer();
    const count = container.checkpointGeneration().count + 1;
    const end = await this.until(container, 'checkpoint', () => container.checkpointEnd(count));
    if (end.error !== null) throw new ContainerError(`checkpoint: ${end.error}`);
  }

  async waitRestore(): Promise<void> {
    const container = this.requireContainer();
    await this.until(container, 'restore', () => container.isRestoreComplete() || null);
  }

  /** Looks until `found` gives something. @errors ContainerError the container is gone */
  private async until<T>(container: Container, verb: string, found: () => T | null): Promise<T> {
    for (;;) {
      const result = found();
      if (result !== null) return result;
      if (this.container !== container || container.status === 'stopped') throw new ContainerError(`wait: container "${container.spec.id}" is gone before its ${verb}`);
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
  }

  survivors(policy: ExecPolicyName = 'kill', keptPids: number[] = []): SurvivorRow[] {
    return this.container === null ? [] : this.container.survivors(policy, keptPids).map(survivorRow);
  }

  async restore(id: string, choice: RestoreChoice = {}): Promise<RestoreReport> {
    if (this.host === null) throw new ContainerError('the machine is not booted');
    const { host } = this;
    const stored = this.checkpoints.get(id);
    if (stored === undefined) throw new ContainerError(`restore: there is no checkpoint ${id}`);
    return this.exclusively('restore', async () => {
      const startMs = performance.now();
      const outcome = this.tryRestore(host, stored, choice);
      const { container } = outcome;
      this.container?.stopAfterCheckpoint();
      const oldTerminals = this.terminals.takeAll();
      this.container = container;
      this.parentId = id;
      this.consoleId = null;
      for (const watched of container.watchedProcesses()) if (watched.origin === 'init') this.consoleId = this.attach(watched);
      const kept = outcome.kept.map((watched) => ({ pid: watched.pid, command: textFromByteString(watched.command), terminalId: this.attach(watched) }));
      this.startClock();
      const report: RestoreReport = {
        checkpointId: id,
        name: stored.info.name,
        generation: container.kernel.generation,
        killed: outcome.killed.map((killed) => killedProcess(killed, oldTerminals)),
        survivors: processRows(container.kernel).map(({ pid, command }) => ({ pid, command })),
        kept,
        totalMs: performance.now() - startMs,
        frozenMs: outcome.frozenNs / 1e6,
        consoleId: this.consoleId,
      };
      this.emit({ kind: 'restore', atMs: Date.now(), sentence: `restore: ${stored.info.name}, generation ${report.generation}`, report });
      this.announceState(`${container.spec.id} running as generation ${report.generation}`);
      return report;
    });
  }

  private tryRestore(host: ContainerHost, stored: Stored, { policy, clock, keptPids, forceHostFiles }: RestoreChoice) {
    try {
      return Container.restore(host, stored.image, {
        policy: policy ?? 'kill', clock: clock ?? 'gvisor', keptPids: keptPids ?? [], forcesHostFiles: forceHostFiles ?? false,
      });
    } catch (error) {
      if (!(error instanceof ImageError)) throw error;
      const goesOn = this.container === null ? 'nothing was changed' : `${this.container.spec.id} goes on unchanged`;
      const sentence = `restore: ${stored.info.name}, ${error.message}; ${goesOn}`;
      this.emit({ kind: 'notice', atMs: Date.now(), sentence, isFailure: true });
      throw new ContainerError(sentence);
    }
  }

  listCheckpoints(): CheckpointInfo[] {
    return [...this.checkpoints.values()].map(({ info }) => info);
  }

  checkpointImage(id: string): Uint8Array {
    const stored = this.checkpoints.get(id);
    if (stored === undefined) throw new ContainerError(`there is no checkpoint ${id}`);
    return stored.image.slice();
  }

  addCheckpoint(name: string, image: Uint8Array): CheckpointInfo {
    if (this.module === null) throw new ContainerError('the machine is not booted');
    const copy = image.slice();
    const { metadata } = readImage(copy, Core.create(this.module, { frames: 16 }));
    const number = ++this.lastCheckpoint;
    const { counts } = metadata;
    const info: CheckpointInfo = {
      id: `k${number}`, name, takenAtMs: metadata.createdMs, leftRunning: true, parentId: null, imageBytes: copy.length, pauseMs: 0, totalMs: 0,
      pages: counts['frames'] ?? 0, dataPages: (counts['compressed'] ?? 0) + (counts['raw'] ?? 0),
      processes: counts['threadGroups'] ?? 0, execProcesses: counts['execGroups'] ?? 0,
    };
    this.checkpoints.set(info.id, { info, image: copy });
    return info;
  }

  processes(): ProcessRow[] {
    return this.container === null ? [] : processRows(this.container.kernel);
  }

  stats(): MachineStats {
    const kernel = this.container?.kernel ?? null;
    let fds = 0;
    let processes = 0;
    if (kernel !== null) {
      const tables = new Set([...kernel.tasks.values()].filter((task) => task.runState !== 'exited').map((task) => task.fdTable));
      for (const table of tables) fds += table.entriesByFd.size;
      processes = kernel.threadGroups.size;
    }
    return {
      instructions: this.instructionsNs,
      busyMs: this.busyMs,
      framesInUse: kernel?.core.framesInUse() ?? 0,
      frameLimit: kernel?.core.frameLimit() ?? 0,
      processes,
      fds,
      generation: kernel?.generation ?? 0,
    };
  }

  unsupportedSyscalls(): UnsupportedSyscall[] {
    const unsupported = this.container?.kernel.unsupported ?? new Map<number, number>();
    return [...unsupported]
      .map(([number, count]) => ({ number, name: syscallName(number), count, lastCommand: this.commands.get(number) ?? '' }))
      .sort((a, b) => b.count - a.count);
  }

  subscribe(listener: (event: MachineEvent) => void): void {
    this.listeners.add(listener);
  }

  // ---- the machine's own thread ----

  runSlice(budgetMs: number): SliceOutcome {
    const { container } = this;
    if (container === null || this.panicSentence !== null || container.status !== 'running') return { isRunnable: false, idleMs: null };
    const startMs = performance.now();
    try {
      this.runGuests(container, startMs + budgetMs);
    } catch (error) {
      this.stopForGood(error);
      return { isRunnable: false, idleMs: null };
    }
    this.busyMs += performance.now() - startMs;
    this.tellNews(container);
    this.serveRequest(container);
    const { kernel } = container;
    if (kernel.hasRunnable()) return { isRunnable: true, idleMs: 0 };
    const deadlineNs = Math.min(kernel.timers.nextDeadlineNs() ?? Infinity, container.hookDeadlineNs() ?? Infinity);
    const deadlineMs = Math.max(0, (deadlineNs - this.monotonicNs()) / 1e6);
    const idleMs = Math.min(deadlineMs, this.getReady(container));
    return { isRunnable: false, idleMs: idleMs === Infinity ? null : idleMs };
  }

  /** Uses time in which no guest can run. @returns milliseconds until there is more of it to use */
  private getReady(container: Container): number {
    if (this.host === null || this.isBusy || container.status !== 'running') return Infinity;
    return this.rehearsal.step(container, this.host, performance.now()) ?? Infinity;
  }

  private runGuests(container: Container, endMs: number): void {
    const { kernel } = container;
    do {
      container.tick(this.monotonicNs());
      this.terminals.feedInput();
      const before = kernel.clock.monotonicNs;
      const left = container.step({ budget: STRIDE, maxTraps: Infinity });
      this.instructionsNs += kernel.clock.monotonicNs - before;
      if (left > 0 && !kernel.hasRunnable()) return;
    } while (performance.now() < endMs);
  }

  terminalInput(terminalId: TerminalId, bytes: Uint8Array): void {
    this.terminals.input(terminalId, bytes);
    this.terminals.feedInput();
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

  private specOf(options: ContainerOptions, image: OciImage): ContainerSpec {
    const { config } = image;
    const console = options.console === undefined ? { columns: 80, rows: 24 } : options.console;
    const hasPath = config.env.some((entry) => entry.startsWith('PATH='));
    const argv = options.argv === undefined ? [...config.entrypoint, ...config.cmd] : options.argv.map(byteStringFromText);
    if (argv.length === 0) throw new ContainerError('the image names no command, and none was given');
    return {
      id: options.id ?? 'c1',
      hostname: byteStringFromText(options.hostname ?? 'stasis'),
      argv,
      environment: [
        ...(hasPath ? [] : [DEFAULT_PATH]), ...config.env, ...(console === null ? [] : ['TERM=xterm-256color']), ...(options.env ?? []).map(byteStringFromText),
      ],
      cwd: options.cwd === undefined ? (config.workingDir === '' ? '/' : config.workingDir) : byteStringFromText(options.cwd),
      user: options.user === undefined ? config.user : byteStringFromText(options.user),
      terminal: console,
      annotations: options.annotations ?? {},
      protectsInit: true,
    };
  }

  private attach(watched: Watched): TerminalId | null {
    const terminals = this.requireContainer().terminals();
    return this.terminals.attach(terminals, watched);
  }

  /** Ends of processes from outside, kernel events, syscalls missing for the first time. */
  private tellNews(container: Container): void {
    const { kernel } = container;
    for (const { watched, status } of container.takeEnded()) {
      const command = textFromByteString(watched.command);
      const terminalId = this.terminals.idOf(watched);
      this.emit({
        kind: 'exit', atMs: Date.now(), sentence: `pid ${watched.pid} \`${command}\` ended with status ${status}`, pid: watched.pid, command, origin: watched.origin, status, terminalId,
      });
      if (watched.origin === 'init') this.announceState(`${container.spec.id} stopped with status ${status}`);
    }
    for (const event of kernel.events.splice(0)) this.emit({ kind: 'notice', atMs: Date.now(), sentence: event.message, isFailure: event.kind === 'oom' || event.kind === 'hook' });
    if (container.restoration === 'failed' && container.status === 'stopped') this.announceState(`${container.spec.id} stopped: its restore hook failed`);
    for (const number of kernel.unsupported.keys()) {
      if (this.reportedSyscalls.has(number)) continue;
      this.reportedSyscalls.add(number);
      const command = kernel.current === null ? '' : textFromByteString(kernel.current.name);
      this.commands.set(number, command);
    }
  }

  /** Takes the checkpoint that a program inside has asked for, once no other is under way. */
  private serveRequest(container: Container): void {
    if (this.isBusy) return;
    const request = container.takeCheckpointRequest();
    if (request === null) return;
    this.checkpoint({ name: request.path, leaveRunning: request.leaveRunning }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.emit({ kind: 'notice', atMs: Date.now(), sentence: `checkpoint: ${request.path}, asked for from inside, failed: ${reason}`, isFailure: true });
    });
  }

  private announceState(sentence: string): ContainerState {
    const state = this.state()!;
    this.emit({ kind: 'state', atMs: Date.now(), sentence, state });
    return state;
  }

  private emit(event: MachineEvent): void {
    for (const listener of this.listeners) listener(event);
  }

  private requireContainer(): Container {
    if (this.container === null) throw new ContainerError('there is no container');
    return this.container;
  }

  /** One checkpoint or restore at a time. */
  private async exclusively<T>(verb: string, work: () => Promise<T>): Promise<T> {
    if (this.isBusy) throw new ContainerError(`cannot ${verb} while another checkpoint or restore is under way`);
    this.isBusy = true;
    try {
      return await work();
    } finally {
      this.isBusy = false;
    }
  }

  private startClock(): void {
    this.hostStartMs = performance.now();
    this.clockStartNs = this.container?.kernel.clock.monotonicNs ?? 0;
  }

  private monotonicNs(): number {
    return this.clockStartNs + Math.floor((performance.now() - this.hostStartMs) * 1e6);
  }

  private stopForGood(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.panicSentence = `the machine has stopped: ${reason}`;
    this.emit({ kind: 'panic', atMs: Date.now(), sentence: this.panicSentence });
    console.error(error);
  }
}

function checkpointSentence(info: CheckpointInfo): string {
  return `checkpoint: ${info.name}, ${info.pages} pages, ${Math.ceil(info.imageBytes / 1000)} kB, paused ${info.pauseMs.toFixed(2)} ms`;
}

function survivorRow({ command, path, hostFiles, sentence, ...row }: Survivor): SurvivorRow {
  return {
    ...row,
    command: textFromByteString(command),
    path: path.map((step) => ({ pid: step.pid, command: textFromByteString(step.command) })),
    hostFiles: hostFiles.map(({ key, name }) => ({ key, terminal: name })),
    sentence: textFromByteString(sentence),
  };
}

function killedProcess(killed: Killed, terminals: ReadonlyMap<number, TerminalId>): KilledProcess {
  const command = textFromByteString(killed.command);
  const suffix = killed.reapedForInit ? ', reaped for init' : '';
  return {
    pid: killed.pid,
    ppid: killed.ppid,
    command,
    commandLine: textFromByteString(killed.commandLine.join(' ')),
    terminalId: terminals.get(killed.pid) ?? null,
    fdsFreed: killed.fdsFreed,
    framesFreed: killed.framesFreed,
    reapedForInit: killed.reapedForInit,
    sentence: `restore: pid ${killed.pid} \`${command}\` (exec) killed, ${killed.fdsFreed} FDs and ${killed.framesFreed} frames freed${suffix}`,
  };
}
