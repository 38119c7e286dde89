import { O_WRONLY } from '../abi/open.ts';
import type { Kernel } from '../sentry/task/kernel.ts';
import type { TerminalServices } from '../sentry/tty/terminal-services.ts';
import type { CheckpointSettings } from './annotations.ts';
import { ContainerError } from './errors.ts';
import { HOOK_MODE_VARIABLE, HookRun } from './hook.ts';
import type { HookMode } from './hook.ts';
import type { ContainerSpec } from './spec.ts';
import { startProcess } from './start-process.ts';

/** The hooks of one container: at most one runs at a time. */
export class Hooks {
  private readonly kernel: Kernel;
  private readonly spec: ContainerSpec;
  private readonly settings: CheckpointSettings;
  /** The one that runs now, or ran last. */
  private last: HookRun | null = null;

  constructor(kernel: Kernel, spec: ContainerSpec, settings: CheckpointSettings) {
    this.kernel = kernel;
    this.spec = spec;
    this.settings = settings;
  }

  /**
   * Starts the hook in `mode`; `poll` looks after it.
   * @returns null when there is none, or no init any more
   * @errors ContainerError it cannot be run now
   */
  start(mode: HookMode, isPaused: boolean): HookRun | null {
    const { settings, kernel, spec } = this;
    if (settings.hook === null || kernel.init === null || kernel.init.isExited()) return null;
    if (this.last !== null && !this.last.isDone) throw new ContainerError(`cannot run the ${mode} hook of container "${spec.id}" while its ${this.last.mode} hook runs`);
    if (isPaused) throw new ContainerError(`cannot run the ${mode} hook of container "${spec.id}" while it is paused`);
    const { argv, timeoutNs } = settings.hook;
    const terminals = kernel.services.terminals as TerminalServices;
    const streams = [1, 2].map((fd) => ({
      fd, file: terminals.openHostStream({ hostKey: { container: '', path: `host:${fd}` }, isRestorable: false, end: { label: `${mode} hook` } }, O_WRONLY),
    }));
    const environment = [...spec.environment, `${HOOK_MODE_VARIABLE}=${mode}`];
    try {
      const group = startProcess(kernel, { origin: 'exec', argv, environment, cwd: '/', user: '', files: streams, isRestorable: false, setsHome: spec.setsHome !== false });
      this.last = new HookRun(kernel, mode, argv, timeoutNs, group, streams.map(({ file }) => file.stream.id));
    } catch (error) {
      if (error instanceof ContainerError) throw new ContainerError(`failed to exec save/restore binary: ${error.message}`);
      throw error;
    }
    return this.last;
  }

  /** When the one that runs now is ended, in monotonic time of the container; null while none does. */
  deadlineNs(): number | null {
    return this.last === null || this.last.isDone ? null : this.last.deadlineNs;
  }

  /** Looks after the one that runs. @returns the one that runs or ran last */
  poll(): HookRun | null {
    this.last?.poll();
    return this.last;
  }

  /** What the last one failed with; null when it has not. */
  failure(): string | null {
    return this.last?.failure ?? null;
  }
}
