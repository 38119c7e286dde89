import { userInfo } from 'node:os';
import { SIGTSTP } from '../../abi/signal.ts';
import manifest from '../../../package.json' with { type: 'json' };
import type { Container, RestoreOutcome } from '../../container/container.ts';
import { ContainerError } from '../../container/errors.ts';
import type { ContainerHost } from '../../container/host.ts';
import type { TerminalSize } from '../../container/spec.ts';
import type { NodeClock } from '../../host/node/clock.ts';
import type { HostTerminal } from '../../host/node/host-terminal.ts';
import { HostTerminal as GuestTerminal } from '../../sentry/tty/console.ts';
import { writePid } from '../pid-file.ts';
import type { RootDirectory } from '../root-directory.ts';
import { forwardSignals } from '../signals.ts';
import { wireStdio } from '../stdio.ts';
import type { Volumes } from '../volumes.ts';
import { Wires, wireName } from '../wires.ts';
import { Checkpoints } from './checkpoints.ts';
import type { ReadCheckpoint } from './image-reading.ts';
import { Owner } from './owner.ts';
import type { PassedEnds } from './passed-ends.ts';
import { Service } from './service.ts';

/** How long a terminal has another size for programs to draw anew, in milliseconds: they have to see it. */
const REDRAW_MS = 50;

/** A container that was restored in this process. */
export interface Restored {
  readonly read: ReadCheckpoint;
  readonly outcome: RestoreOutcome;
}

/** How a process comes to own a container, and for how long. */
export interface OwnerJob {
  readonly root: RootDirectory;
  readonly bundle: string;
  readonly clock: NodeClock;
  readonly volumes: Volumes;
  readonly passed: PassedEnds;
  /** Not started, or just restored. */
  readonly container: Container;
  readonly pidFile: string | null;
  /** In the background it lives until the container is deleted; else until init has ended, and takes the container with it. */
  readonly isBackground: boolean;
  /** Whether init is to be run. */
  readonly starts: boolean;
  /** Told when others can reach the container, and it runs where it was to. */
  readonly ready: () => void;
  readonly host: ContainerHost;
  /** What it was restored from. */
  readonly restored?: Restored;
}

/**
 * Owns a container: answers clients and gives guests their time.
 *
 * @returns exit status of its init, 128 + n if signal n ended it
 * @errors  CliError the id is taken; ContainerError init cannot be run: nothing is left then
 */
export async function own(job: OwnerJob): Promise<number> {
  const { root, container, passed, isBackground } = job;
  const { id } = container.spec;
  const wires = new Wires();
  const owner = new Owner({ container, clock: job.clock, wires, volumes: job.volumes });
  const wake = (): void => owner.turns.wake();
  const checkpoints = new Checkpoints(owner, job.host);
  if (job.restored !== undefined) checkpoints.goOnFrom(job.restored.read, job.restored.outcome);
  const service = new Service(owner, checkpoints);
  service.remove = () => root.remove(id);
  await root.claim(
    { id, ownerPid: process.pid, version: manifest.version, bundle: job.bundle, createdMs: Date.now(), user: userInfo().username, annotations: container.spec.annotations ?? {} },
    (path) => service.listen(path),
  );
  try {
    const { terminal, output } = wireStdio(wires, container.spec.terminal !== null, wake);
    passed.connect(wires, wake);
    owner.openPassed = (terminals) => passed.openFor(owner.container.kernel, id, terminals);
    if (job.starts) owner.start();
    writePid(job.pidFile, process.pid);
    const stopped = new Promise<number>((resolve) => {
      owner.onStopped = (status) => {
        if (isBackground) return;
        service.remove();
        resolve(status);
      };
    });
    const deleted = service.deleted.then(() => owner.container.exitStatus ?? 0);
    if (!isBackground) takeOver(owner, terminal);
    if (terminal !== null) {
      owner.onReplaced = () => redraw(owner, terminal);
      if (job.restored !== undefined) redraw(owner, terminal);
    }
    job.ready();
    wake();
    try {
      const status = await Promise.race([stopped, deleted, owner.broken()]);
      if (output.refusal !== null) process.stderr.write(`stasis: standard output could not be written (${output.refusal})\n`);
      return status;
    } finally {
      terminal?.setCooked();
    }
  } finally {
    root.remove(id);
    await service.close();
  }
}

/** This process's signals and terminal are the container's. */
function takeOver(owner: Owner, terminal: HostTerminal | null): void {
  forwardSignals((signal) => forward(owner, terminal, signal));
  terminal?.setRaw();
  terminal?.onResize(() => resizeTo(owner, terminal.size()));
}

function forward(owner: Owner, terminal: HostTerminal | null, signal: number): void {
  const { container } = owner;
  if (container.status === 'stopped') process.exit(128 + signal); // only output was left, and nobody takes it
  try {
    owner.kill(signal, null);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
  }
  if (signal === SIGTSTP && container.kernel.init?.actions.get(SIGTSTP).handler === 0) {
    terminal?.setCooked();
    process.kill(process.pid, 'SIGSTOP');
    terminal?.setRaw();
  }
}

/**
 * Has programs that draw on the terminal draw anew what it does not show: it changes its size for a moment, as terminal
 * multiplexers do for whoever attaches.
 */
function redraw(owner: Owner, terminal: HostTerminal): void {
  const { rows, columns } = terminal.size();
  resizeTo(owner, { rows: rows > 1 ? rows - 1 : rows + 1, columns });
  setTimeout(() => resizeTo(owner, terminal.size()), REDRAW_MS);
}

function resizeTo(owner: Owner, { rows, columns }: TerminalSize): void {
  for (const file of owner.container.terminals().hostFiles()) {
    if (file instanceof GuestTerminal && wireName(file, owner.container) === 'host:0') owner.container.terminals().resize(file.id, rows, columns);
  }
  owner.turns.wake();
}
