import { signalByName } from '../../abi/signal.ts';
import { formatProcesses } from '../../container/ps.ts';
import { POLICIES } from '../exec-policies.ts';
import { CliError, UsageError } from '../failure.ts';
import { choiceOf, countOf } from '../option-values.ts';
import { parseAnywhere } from '../options.ts';
import type { OptionTable, Values } from '../options.ts';
import type { RootDirectory } from '../root-directory.ts';
import { runCheckpoint } from './checkpoint.ts';
import { connect, requireFacts, tryConnect } from './connect.ts';
import { formatList, listContainers, stateOf } from './listing.ts';

const FORMATS = ['table', 'json'] as const;
const LIST_FORMATS = ['text', 'json'] as const;
const MOST_SIGNAL = 64;
const DEFAULT_INTERVAL_SECONDS = 5;

/** A verb that asks the owner of a container: its arguments, and what it prints on standard output. */
export type Verb = (root: RootDirectory, args: readonly string[]) => Promise<string>;

/** The verbs of runsc that ask about containers, or change their state. */
export const VERBS: ReadonlyMap<string, Verb> = new Map<string, Verb>([
  ['start', ask('start', 'start')],
  ['pause', ask('pause', 'pause')],
  ['resume', ask('resume', 'resume')],
  ['state', async (root, args) => `${JSON.stringify(await stateOf(root, parseId('state', args, {}).id), null, 2)}\n`],
  ['list', list],
  ['ps', ps],
  ['kill', kill],
  ['wait', wait],
  ['events', events],
  ['checkpoint', runCheckpoint],
  ['survivors', survivors],
  ['delete', remove],
]);

function ask(verb: string, method: 'start' | 'pause' | 'resume'): Verb {
  return async (root, args) => {
    const { id } = parseId(verb, args, {});
    await (await connect(root, id, verb)).ask(method, null);
    return '';
  };
}

/** Options, and the one id. @errors UsageError */
function parseId<const T extends OptionTable>(verb: string, args: readonly string[], options: T): { id: string; values: Values<T> } {
  const { values, operands } = parseAnywhere(args, options);
  const [id, ...rest] = operands;
  if (id === undefined) throw new UsageError(`${verb}: the id of the container is missing`);
  if (rest.length > 0) throw new UsageError(`${verb}: one id is possible, "${rest[0]}" is too much`);
  return { id, values };
}

async function list(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { values, operands } = parseAnywhere(args, { format: { type: 'string' }, quiet: { type: 'boolean', short: 'q' } });
  if (operands.length > 0) throw new UsageError(`list: "${operands[0]}" is too much`);
  if (values.quiet === true) return root.ids().map((id) => `${id}\n`).join('');
  const format = choiceOf('--format', values.format ?? 'text', LIST_FORMATS);
  const rows = await listContainers(root);
  return format === 'json' ? `${JSON.stringify(rows)}\n` : formatList(rows);
}

async function ps(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { id, values } = parseId('ps', args, { format: { type: 'string', short: 'f' } });
  const format = choiceOf('--format', values.format ?? 'table', FORMATS);
  const rows = await (await connect(root, id, 'get process data of')).ask('ps', null);
  return `${format === 'json' ? JSON.stringify(rows.map(({ pid }) => pid)) : formatProcesses(rows, Date.now())}\n`;
}

async function kill(root: RootDirectory, args: readonly string[]): Promise<string> {
  // Numbers of signals may have a dash before them, which is no option.
  const { values, operands } = parseAnywhere(args.map((arg) => arg.replace(/^-(?=(\d+|SIG[A-Z0-9+-]+)$)/, '')), {
    all: { type: 'boolean', short: 'a' }, pid: { type: 'string' }, pgid: { type: 'string' },
  });
  const [id, name = 'TERM', ...rest] = operands;
  if (id === undefined) throw new UsageError('kill: the id of the container is missing');
  if (rest.length > 0) throw new UsageError(`kill: a container and a signal are possible, "${rest[0]}" is too much`);
  const pid = values.pid === undefined ? null : countOf('--pid', values.pid);
  const pgid = values.pgid === undefined ? null : countOf('--pgid', values.pgid);
  if ([pid !== null, pgid !== null, values.all === true].filter(Boolean).length > 1) throw new UsageError('kill: only one of --all, --pid and --pgid is possible');
  const signal = signalOf(name);
  await (await connect(root, id, 'signal')).ask('kill', { signal, pid, pgid, all: values.all === true });
  return '';
}

/** With or without SIG, or a number. */
function signalOf(text: string): number {
  const number = /^\d+$/.test(text) ? Number(text) : signalByName(text.toUpperCase().replace(/^(?!SIG)/, 'SIG'));
  if (number === null || number < 1 || number > MOST_SIGNAL) throw new CliError(`unknown signal "${text}"`);
  return number;
}

async function wait(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { id, values } = parseId('wait', args, {
    pid: { type: 'string' }, rootpid: { type: 'string' }, checkpoint: { type: 'boolean' }, restore: { type: 'boolean' },
  });
  if (Object.keys(values).length > 1) throw new UsageError('wait: only one of --pid, --rootpid, --checkpoint and --restore is possible');
  const what = values.checkpoint === true ? 'checkpoint' : values.restore === true ? 'restore' : 'process';
  // There is one PID namespace: what runsc tells apart is the same here.
  const pid = values.pid !== undefined ? countOf('--pid', values.pid) : values.rootpid !== undefined ? countOf('--rootpid', values.rootpid) : null;
  const exitStatus = await (await connect(root, id, 'wait on')).ask('wait', { what, pid });
  return what === 'process' ? `${JSON.stringify({ id, exitStatus })}\n` : '';
}

/** Prints as it goes, until the container is gone. */
async function events(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { id, values } = parseId('events', args, { stats: { type: 'boolean' }, interval: { type: 'string' } });
  const intervalMs = (values.interval === undefined ? DEFAULT_INTERVAL_SECONDS : secondsOf(values.interval)) * 1000;
  let leave: () => void = () => undefined;
  const left = new Promise<void>((resolve) => (leave = resolve));
  const peer = await connect(root, id, 'get events of', leave);
  const line = (event: object): string => `${JSON.stringify(event)}\n`;
  const stats = async (): Promise<string> => line({ type: 'stats', id, data: await peer.ask('stats', null) });
  if (values.stats === true) return stats();
  process.stdout.on('error', leave); // nobody reads them any more
  peer.onTold('event', ({ type, data }) => void process.stdout.write(line({ type, id, data })));
  await peer.ask('subscribe', null);
  process.stdout.write(await stats());
  const timer = setInterval(() => void stats().then((text) => process.stdout.write(text), leave), intervalMs);
  await left;
  clearInterval(timer);
  return '';
}

function secondsOf(text: string): number {
  const parts = /^(\d+(?:\.\d+)?)(s|ms)?$/.exec(text);
  const seconds = parts === null ? 0 : Number(parts[1]) / (parts[2] === 'ms' ? 1000 : 1);
  if (!(seconds > 0)) throw new UsageError(`--interval ${text}: seconds above 0 are needed`);
  return seconds;
}

async function survivors(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { id, values } = parseId('survivors', args, { 'exec-policy': { type: 'string' }, keep: { type: 'string', multiple: true }, format: { type: 'string' } });
  const policy = choiceOf('--exec-policy', values['exec-policy'] ?? 'kill', POLICIES);
  const format = choiceOf('--format', values.format ?? 'text', LIST_FORMATS);
  const rows = await (await connect(root, id, 'look into')).ask('survivors', { policy, keptPids: (values.keep ?? []).map((pid) => countOf('--keep', pid)) });
  return format === 'json' ? `${JSON.stringify(rows, null, 2)}\n` : rows.map(({ sentence }) => `${sentence}\n`).join('');
}

async function remove(root: RootDirectory, args: readonly string[]): Promise<string> {
  const { values, operands } = parseAnywhere(args, { force: { type: 'boolean', short: 'f' } });
  if (operands.length === 0) throw new UsageError('delete: the id of the container is missing');
  const failures: string[] = [];
  for (const id of operands) {
    try {
      await removeOne(root, id, values.force === true);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      failures.push(operands.length === 1 ? error.message : `${id}: ${error.message}`);
    }
  }
  if (failures.length > 0) throw new CliError(failures.join('; '));
  return '';
}

/** With force, one that is not there is no failure, as in runsc. */
async function removeOne(root: RootDirectory, id: string, force: boolean): Promise<void> {
  if (force && root.facts(id) === null) return;
  requireFacts(root, id);
  const peer = await tryConnect(root, id);
  if (peer === null) {
    root.remove(id); // its owner has died
    return;
  }
  peer.listen();
  await peer.ask('delete', { force });
}
