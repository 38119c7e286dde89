import { SIGKILL } from '../abi/signal.ts';
import { bootKernel } from '../sentry/boot.ts';
import type { ExecPolicy, Killed } from '../sentry/checkpoint/exec-policy.ts';
import { survivors } from '../sentry/checkpoint/survivors.ts';
import type { Survivor } from '../sentry/checkpoint/survivors.ts';
import type { FrameTrace } from '../sentry/checkpoint/frame-trace.ts';
import type { PageChain } from '../sentry/checkpoint/page-chain.ts';
import type { Pager } from '../sentry/checkpoint/pager.ts';
import { NO_IMAGES } from '../sentry/checkpoint/parents.ts';
import type { ImageLibrary } from '../sentry/checkpoint/parents.ts';
import { releaseKernel } from '../sentry/checkpoint/release.ts';
import { Save } from '../sentry/checkpoint/save.ts';
import type { SaveParent } from '../sentry/checkpoint/save.ts';
import { runSlice } from '../sentry/sched/step.ts';
import type { SliceLimit, Stepper } from '../sentry/sched/step.ts';
import { SyscallArgs } from '../sentry/syscalls/args.ts';
import { buildSyscallTable } from '../sentry/syscalls/table.ts';
import { endGroup } from '../sentry/task/exit.ts';
import { signalInfo } from '../sentry/task/signals/signal-queue.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import { attach } from '../sentry/tty/job-control.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import type { CheckpointNotices, CheckpointOutcome } from '../sentry/vfs/checkpoint-notices.ts';
import { Vfs } from '../sentry/vfs/vfs.ts';
import { ContainerError } from './errors.ts';
import { provideHostFiles } from './files.ts';
import { checkpointSettings } from './annotations.ts';
import type { CheckpointSettings } from './annotations.ts';
import { CheckpointAttempts } from './checkpoint-attempts.ts';
import type { CheckpointEnd } from './checkpoint-attempts.ts';
export type { CheckpointEnd } from './checkpoint-attempts.ts';
import { makeCore } from './host.ts';
import type { ContainerHost, OpenPassed, PassedFile, Watched } from './host.ts';
export { makeCore } from './host.ts';
export type { ContainerHost, OpenPassed, PassedFile, Watched } from './host.ts';
import type { HookMode, HookRun } from './hook.ts';
import { Hooks } from './hooks.ts';
import type { RestoreOptions } from './restore-options.ts';
export type { RestoreOptions } from './restore-options.ts';
import { listProcesses } from './ps.ts';
import type { PsRow } from './ps.ts';
import { restoredKernel } from './restored-kernel.ts';
import { specToJson } from './spec.ts';
import type { ContainerSpec, ExecSpec } from './spec.ts';
import { startProcess } from './start-process.ts';
import { openStdio } from './stdio.ts';
import { WatchedProcesses } from './watched-processes.ts';

/** runsc's container states. */
export type ContainerStatus = 'creating' | 'created' | 'running' | 'paused' | 'stopped';

/** What a restore did. */
export interface RestoreOutcome {
  readonly container: Container;
  readonly killed: readonly Killed[];
  /** Execs that live on, by leader: their host files have an end again under `reattach`. */
  readonly kept: readonly Watched[];
  /** Differences between the image's spec and the one given, put up with under the spec validation `warning`. */
  readonly warnings: readonly string[];
  readonly frozenNs: number;
  /** For the next checkpoint, as a difference to the image. */
  readonly trace: FrameTrace;
  readonly chain: PageChain;
}

const NOTHING_PASSED: OpenPassed = () => [];

const SYSCALLS = buildSyscallTable();

/**
 * One container: a kernel with its processes, and runsc's verbs on it. Everything here is synchronous; the machine gives it
 * time by `step` and moves its terminal bytes.
 */
export class Container {
  readonly host: ContainerHost;
  readonly spec: ContainerSpec;
  readonly settings: CheckpointSettings;
  kernel: Kernel;
  status: ContainerStatus = 'created';
  /** Exit status of init as a shell tells it (128 + n for a signal); null until it has ended. */
  exitStatus: number | null = null;
  private stepper: Stepper;
  private readonly watched: WatchedProcesses;
  /** Has the pages of the image that it was restored from. */
  private pager: Pager | null = null;
  /** Another container has taken its place. */
  private isLetGo = false;
  private readonly hooks: Hooks;
  private readonly attempts: CheckpointAttempts;
  /** `running`: restored, and its restore hook has not ended. */
  restoration: 'none' | 'running' | 'done' | 'failed' = 'none';

  private constructor(host: ContainerHost, spec: ContainerSpec, kernel: Kernel) {
    this.host = host;
    this.spec = spec;
    this.settings = checkpointSettings(spec);
    this.kernel = kernel;
    this.watched = new WatchedProcesses(kernel);
    this.hooks = new Hooks(kernel, spec, this.settings);
    const notices = this.notices();
    this.attempts = new CheckpointAttempts(notices);
    notices.isEnabled = this.settings.isEnabled;
    notices.hasSaver = this.settings.path !== null;
    notices.hasMarker = this.settings.hasMarker;
    notices.specEnvironment = [...spec.environment];
    this.stepper = { kernel, table: SYSCALLS, args: new SyscallArgs(kernel.core) };
  }

  /** A container with its root mounted and nothing running. */
  static create(host: ContainerHost, spec: ContainerSpec): Container {
    const core = makeCore(host);
    const kernel = bootKernel({ core, entropy: host.entropy, base: host.base, hostname: spec.hostname, realtimeNs: host.realtimeNs() });
    kernel.isInitProtected = spec.protectsInit;
    provideHostFiles(kernel, spec.hostname);
    host.prepare?.(kernel);
    return new Container(host, spec, kernel);
  }

  /**
   * A container as an image holds it. Whatever runs already is untouched when the restore is refused.
   * @param library   has what the image is a difference to
   * @param replaced  a container to take the place of: where it can be, its core and all pages that are the same are taken
   *                  over, and it is let go of; otherwise it is left to the caller, as are all others
   * @errors ImageError; ContainerError
   */
  static restore(
    host: ContainerHost, imageBytes: Uint8Array, options: RestoreOptions, library: ImageLibrary = NO_IMAGES, replaced: Container | null = null,
  ): RestoreOutcome {
    const { kernel, spec, warnings, killed, kept, frozenNs, trace, chain, pager, image, known } = restoredKernel(
      host, imageBytes, options, library, replaced === null ? null : { kernel: replaced.kernel, letGo: () => replaced.letGo() },
    );
    const container = new Container(host, spec, kernel);
    container.pager = pager;
    known.note(imageBytes, trace);
    container.dropUnboundOutput();
    container.status = kernel.init === null ? 'created' : 'running';
    if (kernel.init !== null) container.watched.add(kernel.init, hostFilesOf(kernel, spec.id));
    container.beginRestored();
    if (options.policy === 'kill' || options.policy === 'gvisor') image.isTried = true;
    return { container, killed, kept: kept.map(({ group, hostFileIds }) => container.watched.add(group, hostFileIds)), warnings, frozenNs, trace, chain };
  }

  /** Runs init. @errors ContainerError wrong state, unknown user, or a program that cannot be run */
  start(openPassed: OpenPassed = NOTHING_PASSED): Watched {
    this.require('start', 'created');
    const { spec } = this;
    const io = openStdio(this.terminals(), { container: spec.id, isRestorable: true, size: spec.terminal, isJoined: spec.joinsOutput === true, hostEnd: (key) => this.host.hostEnd(key) });
    const passed = openPassed(this.terminals());
    const group = startProcess(this.kernel, { ...spec, origin: 'init', files: [...io.files, ...passed], isRestorable: false, setsHome: spec.setsHome !== false });
    this.kernel.init = group;
    if (io.terminal !== null) {
      this.terminals().setConsole(io.terminal);
      attach(io.terminal, group.processGroup.session, group.processGroup);
    }
    this.status = 'running';
    return this.watched.add(group, [...io.ids, ...hostFileIdsOf(passed)]);
  }

  /** Starts a process of exec origin beside init. @errors ContainerError */
  exec(exec: ExecSpec, openPassed: OpenPassed = NOTHING_PASSED): Watched {
    if (this.status !== 'created' && this.status !== 'running') throw this.wrongState('execute in');
    if (this.kernel.init === null) throw new ContainerError(`container "${this.spec.id}" not started`);
    if (exec.argv.length === 0) throw new ContainerError('both a container-id and command are required');
    const io = openStdio(this.terminals(), { container: '', isRestorable: false, size: exec.terminal, isJoined: false, hostEnd: (key) => this.host.hostEnd(key) });
    const passed = openPassed(this.terminals());
    const environment = [...this.spec.environment, ...exec.environment];
    const group = startProcess(this.kernel, {
      origin: 'exec', argv: exec.argv, environment, cwd: exec.cwd ?? this.spec.cwd, user: exec.user ?? this.spec.user, files: [...io.files, ...passed],
      isRestorable: exec.isRestorable ?? false, setsHome: this.spec.setsHome !== false,
    });
    if (io.terminal !== null) attach(io.terminal, group.processGroup.session, group.processGroup);
    return this.watched.add(group, [...io.ids, ...hostFileIdsOf(passed)]);
  }

  /** Sends a signal from outside. @errors ContainerError */
  kill(signal: number, pid: number | null): void {
    if (this.status === 'paused') throw this.wrongState('signal');
    const group = pid === null ? this.kernel.init : (this.kernel.threadGroups.get(pid) ?? null);
    if (group === null || (pid === null && group.isExited())) {
      throw new ContainerError(pid === null ? `cannot signal container "${this.spec.id}" in state ${this.status}` : `no process with pid ${pid} in container "${this.spec.id}"`);
    }
    group.sendSignal(signalInfo(signal, 0));
  }

  /** No guest instruction runs until `resume`. @errors ContainerError wrong state */
  pause(): void {
    if (this.status !== 'created' && this.status !== 'running') throw new ContainerError(`cannot pause container "${this.spec.id}" in state ${this.status}`);
    this.status = 'paused';
  }

  resume(): void {
    if (this.status !== 'paused') throw new ContainerError(`cannot resume container "${this.spec.id}" in state ${this.status}`);
    this.status = this.kernel.init === null ? 'created' : 'running';
  }

  /** @errors ContainerError in the states created and stopped */
  ps(): PsRow[] {
    if (this.status === 'created' || this.status === 'stopped') throw this.wrongState('get process data of');
    return listProcesses(this.kernel);
  }

  /**
   * Exit status of a process started from outside, once it has ended; null while it runs. It is told once.
   * @errors ContainerError `waiting for PID N: no such process`
   */
  wait(pid: number): number | null {
    return this.watched.wait(pid);
  }

  /** @errors ContainerError not stopped, without force */
  delete(force: boolean): void {
    if (this.status !== 'stopped' && !force) throw new ContainerError('cannot delete container that is not stopped without --force flag');
    this.stop(SIGKILL);
  }

  /** Who would live on after a restore of a checkpoint taken now, under each policy, and why: told in words for `policy`. */
  survivors(policy: ExecPolicy, keptPids: readonly number[] = []): Survivor[] {
    return survivors(this.kernel, { policy, keptPids });
  }

  /**
   * Begins a checkpoint: the pause. See `Save`.
   * @param parent  the image that this one is to be a difference to; null for a full one
   * @errors ContainerError wrong state
   */
  beginCheckpoint(nowMs: number, parent: SaveParent | null = null): Save {
    if (this.status !== 'created' && this.status !== 'running' && this.status !== 'paused') throw this.wrongState('checkpoint');
    return Save.begin(this.kernel, { nowMs, container: specToJson(this.spec), parent, knownImages: this.host.knownImages });
  }

  /**
   * Starts the container's hook in `mode`; `takeEnded` looks after it.
   * @returns null when there is none, or no init any more
   * @errors ContainerError it cannot be run now
   */
  startHook(mode: HookMode): HookRun | null {
    return this.hooks.start(mode, this.status === 'paused');
  }

  /** When the hook that runs now is ended, in monotonic time of the container; null while none does. */
  hookDeadlineNs(): number | null {
    return this.hooks.deadlineNs();
  }

  /** A checkpoint that a program inside has asked for by /proc/gvisor/checkpoint; it is told once. */
  takeCheckpointRequest(): { path: string; leaveRunning: boolean } | null {
    const notices = this.notices();
    if (!notices.isRequested || this.settings.path === null) return null;
    notices.isRequested = false;
    return { path: this.settings.path, leaveRunning: this.settings.leavesRunning };
  }

  /** An attempt to checkpoint has ended: those inside who wait for it are told, and `checkpointEnd` knows. */
  concludeCheckpoint(outcome: CheckpointOutcome, error: string | null): void {
    this.attempts.conclude(outcome, error);
  }

  /** Attempts to checkpoint and restores so far, and whether the last was a restore: the next is told of by `checkpointEnd(count + 1)`. */
  checkpointGeneration(): { readonly count: number; readonly isRestore: boolean } {
    const { count, isRestore } = this.notices();
    return { count, isRestore };
  }

  /** How the attempt or restore with that count ended; null while it has not. Of a long gone one only that it was. */
  checkpointEnd(count: number): CheckpointEnd | null {
    return this.attempts.end(count);
  }

  /** Whether the restore is complete, its hook included. @errors ContainerError the container was not restored, or its hook failed */
  isRestoreComplete(): boolean {
    if (this.restoration === 'none') throw new ContainerError(`container "${this.spec.id}" is not being restored, cannot wait for restore: state=${this.status}`);
    if (this.restoration === 'failed') throw new ContainerError(`post restore work failed: ${this.hooks.failure() ?? ''}`);
    return this.restoration === 'done';
  }

  /** After a checkpoint without leave-running: everything ends, clients that wait see status 0. */
  stopAfterCheckpoint(): void {
    this.stop(0);
  }

  /** Runs guests. Does nothing while paused or stopped. @returns budget left */
  step(limit: SliceLimit): number {
    if (this.status !== 'running') return limit.budget;
    return runSlice(this.stepper, limit);
  }

  /**
   * Uses time in which no guest can run: pages of the image that it was restored from are read ahead of their use.
   * @returns whether there are more
   */
  fillAhead(pages: number): boolean {
    return this.pager?.step(pages) ?? false;
  }

  /** Takes the time: deadlines that have come wake their tasks. */
  tick(monotonicNs: number): void {
    const { clock, timers } = this.kernel;
    if (monotonicNs > clock.monotonicNs) {
      if (!this.kernel.hasRunnable()) this.kernel.idleNs += Math.floor(monotonicNs - clock.monotonicNs);
      clock.monotonicNs = monotonicNs;
    }
    timers.fireDue(clock.monotonicNs);
  }

  /** Processes from outside that have ended since the last call, with their status as a shell tells it. */
  takeEnded(): { watched: Watched; status: number }[] {
    this.pollHook();
    this.forgetFinishedFiles();
    const news = this.watched.takeEnded();
    for (const { group, status } of news) {
      if (group !== this.kernel.init) continue;
      this.exitStatus = status;
      this.status = 'stopped';
    }
    return news;
  }

  /** The outside's end of stdio and terminals. */
  terminals(): TerminalServices {
    return this.kernel.services.terminals as TerminalServices;
  }

  watchedProcesses(): Watched[] {
    return this.watched.list();
  }

  private notices(): CheckpointNotices {
    return this.kernel.services.get('vfs', Vfs).checkpoints;
  }

  /** @errors ContainerError the restore hook cannot be run */
  private beginRestored(): void {
    this.restoration = 'running';
    if (this.startHook('restore') === null) this.endRestored();
  }

  private endRestored(): void {
    this.restoration = 'done';
    this.concludeCheckpoint('restore', null);
  }

  /** A restore whose hook fails is no restore: everything ends, as in gVisor. */
  private pollHook(): void {
    const hook = this.hooks.poll();
    if (hook?.mode !== 'restore' || !hook.isDone || this.restoration !== 'running') return;
    if (hook.failure === null) {
      this.endRestored();
      return;
    }
    this.restoration = 'failed';
    this.kernel.emit('hook', 0, `restore: post restore work failed: ${hook.failure}`);
    this.stop(SIGKILL);
  }

  /** What killed execs had printed and nobody had taken is dropped with them. */
  private dropUnboundOutput(): void {
    const terminals = this.terminals();
    for (const file of terminals.hostFiles()) if (file.end === null) while (terminals.takeOutput(file.id, 65_536) !== null) continue;
    this.forgetFinishedFiles();
  }

  /** Host files of execs that nobody has open, and whose output was taken, are gone for good. */
  private forgetFinishedFiles(): void {
    const terminals = this.terminals();
    for (const file of [...terminals.hostFiles()]) if (!file.isRestorable && file.isReleased()) terminals.forgetIfDone(file.id);
  }

  /** Frees its part of the core for the container that takes its place there: nothing of it runs to its end. */
  private letGo(): void {
    releaseKernel(this.kernel);
    this.watched.forgetRunning();
    this.pager = null;
    this.isLetGo = true;
    this.status = 'stopped';
  }

  private stop(status: number): void {
    if (this.isLetGo) return;
    const { init } = this.kernel;
    for (const group of [...this.kernel.threadGroups.values()]) if (group !== init) endGroup(group, status);
    if (init !== null) endGroup(init, status);
    this.takeEnded();
    this.status = 'stopped';
  }

  private require(verb: string, status: ContainerStatus): void {
    if (this.status !== status) throw this.wrongState(verb);
  }

  private wrongState(verb: string): ContainerError {
    return new ContainerError(`cannot ${verb} container "${this.spec.id}" in state ${this.status}`);
  }
}

function hostFileIdsOf(passed: readonly PassedFile[]): number[] {
  return passed.flatMap(({ hostFileId }) => hostFileId ?? []);
}

/** The ids of init's own host files after a restore. */
function hostFilesOf(kernel: Kernel, id: string): number[] {
  const terminals = kernel.services.terminals as TerminalServices;
  return terminals.hostFiles().filter((file) => file.hostKey.container === id && file.isRestorable).map((file) => file.id);
}
