import { SIGTSTP } from '../abi/signal.ts';
import { byteStringFromText } from '../base/bytes.ts';
import { ImageError } from '../base/errors.ts';
import { Container } from '../container/container.ts';
import { ContainerError } from '../container/errors.ts';
import { ensureDirectory } from '../container/files.ts';
import type { ContainerSpec } from '../container/spec.ts';
import { NodeClock } from '../host/node/clock.ts';
import { loadCoreModule } from '../host/node/core-module.ts';
import { NodeEntropy } from '../host/node/entropy.ts';
import type { HostTerminal } from '../host/node/host-terminal.ts';
import { CheckpointCycle } from './checkpoint-cycle.ts';
import type { DoOptions } from './do-options.ts';
import { parseDoOptions } from './do-options.ts';
import { environmentOf } from './environment.ts';
import { openBuiltIn, openRoot } from './root.ts';
import type { Root } from './root.ts';
import { Runner } from './runner.ts';
import { forwardSignals } from './signals.ts';
import { isOneFile, wireStdio } from './stdio.ts';
import { Volumes } from './volumes.ts';
import { Wires } from './wires.ts';

/** A container's own files with their end outside: standard input, output and error. */
const HOST_KEYS = /^do:host:[012]$/;
const CONTAINER_ID = 'do';

/**
 * `stasis do`: runs a command in a fresh container, with this process's standard streams and signals.
 *
 * @returns its exit status, 128 + n if signal n ended it
 * @errors  UsageError, CliError, ContainerError, ImageError
 */
export async function runDo(args: readonly string[]): Promise<number> {
  const options = parseDoOptions(args);
  const root = options.image !== null ? await openBuiltIn(options.image) : await openRoot(options.rootfs!);
  const volumes = new Volumes(options.volumes);
  const clock = new NodeClock();
  const wires = new Wires();
  const { terminal, output } = wireStdio(wires, options.usesTerminal, () => runner.turns.wake());
  const container = Container.create(
    {
      coreModule: loadCoreModule(),
      memoryLimitBytes: options.memoryBytes,
      entropy: new NodeEntropy(),
      base: root.tree,
      realtimeNs: () => clock.realtimeNs(),
      hostEnd: (key) => (HOST_KEYS.test(key) ? { label: 'host' } : null),
      prepare: (kernel) => {
        ensureDirectory(kernel, '/tmp', 0o1777);
        volumes.mount(kernel);
      },
      bindEdge: (port, key) => {
        if (port !== 'hostFiles') throw new ImageError('section kernel', `nothing here stands for ${port} ${key}`);
        return volumes.bind(key);
      },
    },
    specOf(options, root, terminal),
  );
  container.start();

  const runner: Runner = new Runner({
    container,
    clock,
    wires,
    cycle: options.checkpointEvery === null ? null : new CheckpointCycle(options.checkpointEvery),
    onEvent: ({ kind, message }) => {
      if (kind === 'oom') process.stderr.write(`stasis: ${message}\n`);
    },
  });
  forwardSignals((signal) => forward(runner, terminal, signal));
  terminal?.setRaw();
  terminal?.onResize(() => resize(runner, terminal));
  try {
    const status = await runner.run();
    volumes.sync(runner.container.kernel);
    if (output.refusal !== null) process.stderr.write(`stasis: standard output could not be written (${output.refusal})\n`);
    return status;
  } finally {
    terminal?.setCooked();
  }
}

function specOf(options: DoOptions, { config }: Root, terminal: HostTerminal | null): ContainerSpec {
  return {
    id: CONTAINER_ID,
    hostname: byteStringFromText(options.hostname),
    argv: options.argv.map(byteStringFromText),
    environment: environmentOf({ ...options, ofImage: config.env }),
    setsHome: !options.clearsEnv,
    cwd: options.cwd !== null ? byteStringFromText(options.cwd) : config.workingDir === '' ? '/' : config.workingDir,
    user: options.user !== null ? byteStringFromText(options.user) : config.user,
    terminal: terminal === null ? null : terminal.size(),
    joinsOutput: isOneFile(1, 2),
    protectsInit: false,
  };
}

function forward(runner: Runner, terminal: HostTerminal | null, signal: number): void {
  const { container } = runner;
  if (container.status !== 'running') process.exit(128 + signal); // only output was left, and nobody takes it
  try {
    container.kill(signal, null);
  } catch (error) {
    if (!(error instanceof ContainerError)) throw error;
  }
  runner.turns.wake();
  if (signal === SIGTSTP && container.kernel.init?.actions.get(SIGTSTP).handler === 0) {
    terminal?.setCooked();
    process.kill(process.pid, 'SIGSTOP');
    terminal?.setRaw();
  }
}

function resize(runner: Runner, terminal: HostTerminal): void {
  const { rows, columns } = terminal.size();
  for (const { id, kind } of runner.container.terminals().hostFiles()) {
    if (kind === 'terminal') runner.container.terminals().resize(id, rows, columns);
  }
  runner.turns.wake();
}
