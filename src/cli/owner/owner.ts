import type { Container, OpenPassed, Watched } from '../../container/container.ts';
import { ContainerError } from '../../container/errors.ts';
import type { NodeClock } from '../../host/node/clock.ts';
import type { HostFileView } from '../../ports/console.ts';
import type { OwnerEvent, OwnerState } from '../protocol.ts';
import { Turns } from '../turns.ts';
import type { Volumes } from '../volumes.ts';
import { execWireName } from '../wires.ts';
import type { Wire, Wires } from '../wires.ts';
import { GuestTime } from './guest-time.ts';

/** Pages of a restored container that are read at once while it is idle. */
const PAGES_AHEAD = 128;
/** Budget of one run of guests between two looks at the host's clock, in instructions. */
const STRIDE = 400_000;
/** How long guests run before the event loop has its turn. */
const SLICE_MS = 5;

/** Somebody outside who waits for the end of a process that exec started, and holds the other ends of its files. */
export interface ExecEnd {
  readonly pid: number;
  /** Monotonic time of the process's start: with the pid it is the process, whatever a restore brings. */
  readonly startNs: number;
  readonly fileIds: readonly number[];
  ended(status: number, sentence: string | null): void;
  notice(sentence: string): void;
}

interface Waiter {
  /** @returns undefined while what is waited for has not come @errors the wait is in vain */
  look(): unknown;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

export interface OwnerParts {
  readonly container: Container;
  readonly clock: NodeClock;
  readonly wires: Wires;
  readonly volumes: Volumes;
}

/**
 * The process that has the machine: it gives the container its time, moves bytes between it and the host, and does what it is
 * asked between two slices. A restore puts another container in the place of the one that ran.
 */
export class Owner {
  container: Container;
  readonly wires: Wires;
  readonly turns: Turns;
  /** Told when init has ended and all output is written, before anybody else is. */
  onStopped: (status: number) => void = () => undefined;
  onEvent: (event: OwnerEvent) => void = () => undefined;
  /** Told when a restored container is in the place of another. */
  onReplaced: () => void = () => undefined;
  /** Opens what init gets beside its standard streams. */
  openPassed: OpenPassed | undefined;
  /** A program inside asks for a checkpoint. */
  onCheckpointRequest: (request: { path: string; leaveRunning: boolean }) => void = () => undefined;
  private readonly clock: NodeClock;
  private readonly time: GuestTime;
  private readonly volumes: Volumes;
  private readonly execEnds = new Set<ExecEnd>();
  private readonly waiters = new Set<Waiter>();
  private failed: (error: unknown) => void = () => undefined;
  /** Guests have no time: a checkpoint that stops the container is being written. */
  private isHeld = false;
  /** Exit status of the container that has stopped, once it was told. */
  private toldStatus: number | null = null;

  constructor({ container, clock, wires, volumes }: OwnerParts) {
    this.container = container;
    this.clock = clock;
    this.time = new GuestTime(clock);
    this.time.begin(container);
    this.wires = wires;
    this.volumes = volumes;
    this.turns = new Turns(
      () => this.turn(),
      (error) => this.failed(error),
    );
  }

  /** Rejects when the machine has broken; never resolves. */
  broken(): Promise<never> {
    return new Promise((_, reject) => (this.failed = reject));
  }

  state(): OwnerState {
    const { status, exitStatus, kernel } = this.container;
    return { status, exitStatus, generation: kernel.generation };
  }

  start(): Watched {
    const watched = this.container.start(this.openPassed);
    this.time.begin(this.container);
    this.turns.wake();
    return watched;
  }

  pause(): void {
    this.catchUp();
    this.container.pause();
  }

  resume(): void {
    this.container.resume();
    this.time.begin(this.container);
    this.turns.wake();
  }

  /** Brings the container's clock to where the host's is: it stays behind while nothing is to be done. */
  catchUp(): void {
    if (this.container.status === 'running' && !this.isHeld) this.container.tick(this.time.nowNs());
  }

  kill(signal: number, pid: number | null): void {
    this.container.kill(signal, pid);
    this.turns.wake();
  }

  /** A signal for all processes of the container, or of one process group. @errors ContainerError nobody is there */
  killMany(signal: number, pgid: number | null): void {
    const groups = [...this.container.kernel.threadGroups.values()].filter((group) => !group.isExited() && (pgid === null || group.processGroup.pgid === pgid));
    if (groups.length === 0) this.container.kill(signal, pgid); // says why not
    for (const group of groups) this.container.kill(signal, group.pid);
    this.turns.wake();
  }

  /** Ends whatever runs. @errors ContainerError not stopped, without force */
  delete(force: boolean): void {
    this.container.delete(force);
    this.noteEnded();
    this.tellStopped(this.container);
    this.look();
    this.turns.stop();
  }

  /** Gives files of an exec their ends outside. */
  addExecEnd(end: ExecEnd, wires: ReadonlyMap<number, Wire>): void {
    this.execEnds.add(end);
    for (const [id, wire] of wires) this.wires.set(execWireName(id), wire);
    this.turns.wake();
  }

  /** Whoever held the other ends of an exec's files has gone: terminals hang up, streams are at their end. */
  removeExecEnd(end: ExecEnd): void {
    if (!this.execEnds.delete(end)) return;
    for (const id of end.fileIds) this.cutOff(id);
    this.turns.wake();
  }

  hasExecEnd(pid: number): boolean {
    return [...this.execEnds].some((end) => end.pid === pid);
  }

  private cutOff(fileId: number): void {
    this.wires.drop(execWireName(fileId));
    this.container.terminals().pushEof(fileId);
    this.container.terminals().hangUp(fileId);
  }

  findHostFile(id: number): HostFileView | null {
    return this.container.terminals().hostFiles().find((file) => file.id === id) ?? null;
  }

  /** Resolves with what `look` gives, asked after every slice and request. */
  until<T>(look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiters.add({ look, resolve: (value) => resolve(value as T), reject });
      this.turns.wake();
    });
  }

  /** The container's exit status, once it was told; undefined before. */
  exitStatus(): number | undefined {
    return this.toldStatus ?? undefined;
  }

  /** Guests stand still until `release`, whatever the container's status. */
  hold(): void {
    this.catchUp();
    this.isHeld = true;
  }

  release(): void {
    if (this.isHeld) this.time.begin(this.container);
    this.isHeld = false;
    this.turns.wake(); // those inside who waited for the checkpoint's end can go on
  }

  /**
   * Puts a restored container in the place of the one that runs. Who waits for an exec of the old one goes on with the same
   * process where the restore has kept it; others are told that theirs has ended.
   *
   * @param killed  sentences by pid of those that the restore has ended
   */
  replace(container: Container, killed: ReadonlyMap<number, string>): void {
    this.volumes.sync(this.container.kernel);
    this.container.stopAfterCheckpoint();
    this.container = container;
    this.toldStatus = null;
    this.time.begin(container);
    for (const end of [...this.execEnds]) this.carryOver(end, killed);
    this.onReplaced();
    this.turns.wake();
  }

  private carryOver(end: ExecEnd, killed: ReadonlyMap<number, string>): void {
    const group = this.container.kernel.threadGroups.get(end.pid);
    if (group !== undefined && group.origin === 'exec' && group.startNs === end.startNs && !group.isExited()) {
      const files = end.fileIds.flatMap((id) => this.findHostFile(id) ?? []);
      if (files.some((file) => file.end === null)) end.notice(`restore: pid ${end.pid} lives on, cut off from this end; --exec-policy reattach would have kept it`);
      return;
    }
    this.execEnds.delete(end);
    for (const id of end.fileIds) this.wires.drop(execWireName(id));
    end.ended(KILLED_STATUS, killed.get(end.pid) ?? `restore: pid ${end.pid} is not in the checkpoint and has ended with what ran before`);
  }

  private turn(): number | null {
    const endNs = this.clock.monotonicNs() + SLICE_MS * 1e6;
    const idleMs = this.runGuests(endNs);
    this.look();
    return idleMs;
  }

  /** @returns ms until there is more to do, null for not before an input */
  private runGuests(endNs: number): number | null {
    for (;;) {
      const { container, wires } = this;
      if (container.status !== 'running' || this.isHeld) {
        this.noteEnded();
        const isDrained = wires.drain(container);
        if (container.status === 'stopped' && isDrained) this.tellStopped(container);
        return null;
      }
      container.tick(this.time.nowNs());
      container.step({ budget: STRIDE, maxTraps: Infinity });
      wires.drain(container);
      wires.feed(container); // after the step: only then does a guest wait for input
      this.noteEvents(container);
      this.noteEnded();
      if (this.clock.monotonicNs() >= endNs || this.container.status !== 'running') return 0;
      if (!container.kernel.hasRunnable()) return container.fillAhead(PAGES_AHEAD) ? 0 : this.idleMs(container);
    }
  }

  private idleMs(container: Container): number | null {
    const deadlines = [container.kernel.timers.nextDeadlineNs(), container.hookDeadlineNs()].filter((deadline) => deadline !== null);
    return deadlines.length === 0 ? null : Math.max(0, Math.min(...deadlines) - this.time.nowNs()) / 1e6;
  }

  private noteEvents(container: Container): void {
    for (const { kind, message } of container.kernel.events.splice(0)) {
      if (kind === 'oom' || kind === 'hook') this.onEvent({ type: kind, data: { message } });
    }
    const request = container.takeCheckpointRequest();
    if (request !== null) this.onCheckpointRequest(request);
  }

  private noteEnded(): void {
    const { container } = this;
    const ended = container.takeEnded();
    const isOver = container.status === 'stopped';
    for (const { watched, status } of ended) if (watched.origin === 'exec') this.tellEnded(watched.pid, status, isOver);
    if (!isOver) return;
    // Those that the container itself has ended were not told by it.
    for (const { pid } of [...this.execEnds]) this.tellEnded(pid, container.wait(pid) ?? KILLED_STATUS, true);
  }

  /** @param isOver  the container has ended, and whoever ran in it */
  private tellEnded(pid: number, status: number, isOver: boolean): void {
    const end = [...this.execEnds].find((one) => one.pid === pid);
    if (end === undefined) return;
    for (const id of end.fileIds) this.wires.flush(this.container, id);
    this.execEnds.delete(end);
    for (const id of end.fileIds) this.cutOff(id);
    end.ended(status, isOver && status === KILLED_STATUS ? `exec: pid ${pid} was killed as container "${this.container.spec.id}" ended` : null);
  }

  private tellStopped(container: Container): void {
    if (this.toldStatus !== null) return;
    this.toldStatus = container.exitStatus ?? 0;
    this.volumes.sync(container.kernel);
    this.onEvent({ type: 'exit', data: { status: this.toldStatus } });
    this.onStopped(this.toldStatus);
  }

  private look(): void {
    for (const waiter of [...this.waiters]) {
      try {
        const value = waiter.look();
        if (value === undefined) continue;
        this.waiters.delete(waiter);
        waiter.resolve(value);
      } catch (error) {
        this.waiters.delete(waiter);
        waiter.reject(error);
      }
    }
  }
}

/** 128 + SIGKILL: what a restore ends processes of execs by, and the end of their container. */
const KILLED_STATUS = 137;

/** What a wait for a process gives; see `Owner.until`. @errors ContainerError there is no such process */
export function lookForExit(owner: Owner, pid: number | null): () => number | undefined {
  return () => {
    if (pid === null) return owner.exitStatus();
    const { container } = owner;
    if (container.kernel.init?.pid === pid && container.status === 'stopped') return owner.exitStatus();
    if (container.status === 'created') throw new ContainerError(`container "${container.spec.id}" not started`);
    return container.wait(pid) ?? undefined;
  };
}
