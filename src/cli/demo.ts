import { stripVTControlCharacters } from 'node:util';
import { signalName } from '../abi/signal.ts';
import { byteStringFromText, textFromByteString } from '../base/bytes.ts';
import { Container } from '../container/container.ts';
import type { ContainerHost, Watched } from '../container/container.ts';
import { formatProcesses } from '../container/ps.ts';
import type { ContainerSpec, ExecSpec } from '../container/spec.ts';
import { NodeClock } from '../host/node/clock.ts';
import { loadCoreModule } from '../host/node/core-module.ts';
import { NodeEntropy } from '../host/node/entropy.ts';
import { DemoMachine } from './demo-machine.ts';
import { UsageError } from './failure.ts';
import { openBuiltIn } from './root.ts';
import { Story } from './story.ts';

const CONTAINER_ID = 'demo';
const MEMORY_BYTES = 256 << 20;
const SIZE = { columns: 80, rows: 24 };
/** What somebody types into a shell opened beside init: it leaves a file, a job, and a daemon that init adopts. */
const TYPED = [
  'echo written by an exec > /note',
  'sleep 1000 &',
  '(setsid sh -c \'trap "" HUP; while :; do sleep 60; done\' >/dev/null 2>&1 </dev/null &)',
  'echo "shell is pid $$"',
];

/**
 * `stasis demo`: run, exec, checkpoint, restore into a fresh machine, and a look at what is left; each claim is checked.
 * @returns 0 when all of it was true, else 1
 */
export async function runDemo(args: readonly string[]): Promise<number> {
  if (args.length > 0) throw new UsageError(`demo takes no ${args[0]}`);
  const story = new Story(process.stdout);
  const clock = new NodeClock();
  const { tree, config } = await openBuiltIn('busybox');
  const host: ContainerHost = {
    coreModule: loadCoreModule(),
    memoryLimitBytes: MEMORY_BYTES,
    entropy: new NodeEntropy(),
    base: tree,
    realtimeNs: () => clock.realtimeNs(),
    hostEnd: (key) => (key === `${CONTAINER_ID}:host:0` ? { label: 'demo' } : null),
  };

  story.chapter('run', `a container of Debian's busybox for riscv64; its init counts`);
  const machine = new DemoMachine(Container.create(host, specOf(config.env.map(textFromByteString))), clock);
  const init = machine.container.start();
  await machine.until('init counts', 20_000, () => lastShown(machine.output(init)) >= 2);
  story.show(machine.output(init));
  story.check('init is pid 1 and counts', init.pid === 1 && countOf(machine.file('/count')) >= lastShown(machine.output(init)));

  story.chapter('exec', 'a shell beside it, on a terminal of its own');
  const shell = machine.container.exec(shellSpec());
  await typeLines(machine, shell);
  story.show(machine.output(shell));
  const daemon = await adoptedDaemon(machine);
  story.show(psTable(machine.container));
  const execPids = pidsOf(machine.container, 'exec');
  story.check(`the exec has brought ${execPids.length} processes: shell, job, daemon and what the daemon started`, execPids.length >= 4);
  story.check(`its daemon, pid ${daemon}, has become a child of init`, daemon !== null);
  story.check('its file is there', machine.file('/note') === 'written by an exec\n');

  story.chapter('checkpoint', 'everything into one image, and the container stops');
  const before = { count: lastShown(machine.output(init)), daemonCount: countOf(machine.file('/daemon-count')), initPids: pidsOf(machine.container, 'init') };
  const { image, counts, durationMs } = machine.checkpoint();
  story.tell(`${counts['frames']} pages and ${counts['threadGroups']} processes in ${Math.ceil(image.length / 1000)} kB, after ${durationMs.toFixed(1)} ms`);
  story.check('the container has stopped', machine.container.status === 'stopped' && machine.container.kernel.init?.isExited() === true);

  story.chapter('restore', 'into a fresh machine');
  const restored = DemoMachine.restore(host, image, clock);
  const after = restored.machine;
  for (const { pid } of restored.outcome.killed) story.tell(`Killing exec'd process, PID: ${pid}`);
  story.tell(`restored after ${restored.durationMs.toFixed(1)} ms; the image lay for ${(restored.outcome.frozenNs / 1e6).toFixed(0)} ms`);
  story.show(psTable(after.container));
  story.check('it is another machine', after.container.kernel.core !== machine.container.kernel.core);
  story.check('what the exec began is dead, its daemon too', sameNumbers(restored.outcome.killed.map(({ pid }) => pid), execPids) && pidsOf(after.container, 'exec').length === 0);
  story.check('no zombie is left of it', [...after.container.kernel.threadGroups.values()].every((group) => !group.isExited()));
  const execFiles = after.container.terminals().hostFiles().filter((file) => !file.isRestorable);
  story.check('its terminal has no end outside and nobody inside', execFiles.every((file) => file.end === null && file.isReleased()));
  story.check('what init began is there, by the same pids', sameNumbers(pidsOf(after.container, 'init'), before.initPids));

  const [console] = after.container.watchedProcesses();
  await after.until('init goes on counting', 20_000, () => lastShown(after.output(console!)) >= before.count + 2 && countOf(after.file('/daemon-count')) > before.daemonCount);
  story.show(after.output(console!));
  const firstCount = Number(/^init: (\d+)/m.exec(after.output(console!))?.[1]);
  story.check(`init has counted to ${before.count} before, and goes on with ${before.count + 1}`, firstCount === before.count + 1);
  story.check('so does the daemon that init had forked', countOf(after.file('/daemon-count')) > before.daemonCount);
  story.check('the file that the exec wrote is there still', after.file('/note') === 'written by an exec\n');

  const newShell = after.container.exec({ ...shellSpec(), argv: ['sh', '-c', 'echo "a new exec: pid $$, count $(cat /count)"'] });
  const ended: number[] = [];
  await after.until('a new exec ends', 20_000, () => {
    for (const { watched, status } of after.container.takeEnded()) if (watched.pid === newShell.pid) ended.push(status);
    return ended.length > 0;
  });
  story.show(after.output(newShell));
  story.check('a new exec finds the container in order', ended[0] === 0 && /^a new exec: pid \d+, count \d+/.test(after.output(newShell)));

  story.chapter('stop', signalName(TERM));
  after.container.kill(TERM, null);
  await after.until('init ends', 20_000, () => after.container.takeEnded().some(({ watched }) => watched.origin === 'init'));
  story.show(after.output(console!).split('\n').slice(-2).join('\n'));
  story.check('init has ended as it was asked, with status 0', after.container.exitStatus === 0);
  return story.end() ? 0 : 1;
}

const TERM = 15;

function specOf(environment: readonly string[]): ContainerSpec {
  return {
    id: CONTAINER_ID,
    hostname: 'demo',
    argv: ['/sbin/demo-init'],
    environment: [...environment, 'TERM=xterm'].map(byteStringFromText),
    cwd: '/',
    user: '',
    terminal: SIZE,
    protectsInit: true,
  };
}

function shellSpec(): ExecSpec {
  return { argv: ['sh'], environment: ['TERM=xterm', 'PS1=# '], cwd: null, user: null, terminal: SIZE };
}

/** Types each line once the shell has asked for one. */
async function typeLines(machine: DemoMachine, shell: Watched): Promise<void> {
  for (const [i, line] of TYPED.entries()) {
    await machine.until('the shell prompts', 20_000, () => promptsIn(machine.output(shell)) > i);
    machine.type(shell, `${line}\n`);
  }
  await machine.until('the shell answers', 20_000, () => /^shell is pid \d+/m.test(machine.output(shell)) && promptsIn(machine.output(shell)) > TYPED.length);
}

function promptsIn(output: string): number {
  return stripVTControlCharacters(output).split('\n').filter((line) => /^\r*# /.test(line)).length;
}

/** Pid of the daemon of the exec, once init has adopted it and it sleeps. */
async function adoptedDaemon(machine: DemoMachine): Promise<number | null> {
  const { kernel } = machine.container;
  const find = () => [...kernel.threadGroups.values()].find((group) => group.origin === 'exec' && group.parent === kernel.init && group.children.size > 0);
  await machine.until('the daemon is adopted', 20_000, () => find() !== undefined);
  return find()?.pid ?? null;
}

/** The number in a file that a counter writes; 0 before it has written. */
function countOf(content: string): number {
  return Number(content);
}

/** The count that init has shown last on its console; 0 before the first. */
function lastShown(output: string): number {
  return Number([...output.matchAll(/^init: (\d+)\r?$/gm)].at(-1)?.[1] ?? 0);
}

function pidsOf(container: Container, origin: 'init' | 'exec'): number[] {
  return [...container.kernel.threadGroups.values()].filter((group) => group.origin === origin).map((group) => group.pid);
}

function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  const sorted = (numbers: readonly number[]) => [...numbers].sort((x, y) => x - y).join();
  return sorted(a) === sorted(b);
}

function psTable(container: Container): string {
  return formatProcesses(container.ps(), Date.now());
}
