import type { ProcessPair } from './diff-pages.ts';
import type { Change, FieldDiff, ProcessDiff, ProcessReport } from './report.ts';

/** Fields that are compared as they are. */
const FIELDS = ['ppid', 'pgid', 'sid', 'uid', 'gid', 'origin', 'state', 'exitStatus', 'command', 'commandLine', 'cwd', 'tty', 'residentPages'] as const;
const SIGNAL_FIELDS = ['pendingSignals', 'ignoredSignals', 'caughtSignals'] as const;

/** The processes of both sides by pid, ascending. */
export function pairProcesses(before: readonly ProcessReport[], after: readonly ProcessReport[]): ProcessPair[] {
  const one = new Map(before.map((process) => [process.pid, process]));
  const other = new Map(after.map((process) => [process.pid, process]));
  return [...new Set([...one.keys(), ...other.keys()])].sort((a, b) => a - b).map((pid) => ({ before: one.get(pid) ?? null, after: other.get(pid) ?? null }));
}

/** Those that differ. */
export function diffProcesses(pairs: readonly ProcessPair[]): ProcessDiff[] {
  return pairs.map(diffProcess).filter((diff) => diff.change !== 'changed' || diff.fields.length + diff.fds.length + diff.mappings.length > 0);
}

function diffProcess({ before, after }: ProcessPair): ProcessDiff {
  const present = (after ?? before)!;
  return {
    pid: present.pid,
    command: present.command,
    origin: present.origin,
    change: changeOf(before, after),
    fields: before === null || after === null ? [] : diffFields(before, after),
    fds: pairs(before?.fds ?? [], after?.fds ?? [], (fd) => fd.fd).map((pair) => ({ fd: (pair.after ?? pair.before)!.fd, ...pair })),
    // How much of one is in memory is told with the pages.
    mappings: pairs(before?.mappings ?? [], after?.mappings ?? [], (mapping) => mapping.start, (mapping) => ({ ...mapping, residentPages: 0 })),
  };
}

function diffFields(before: ProcessReport, after: ProcessReport): FieldDiff[] {
  const fields: FieldDiff[] = [];
  const compare = (name: string, one: string | null, other: string | null): void => {
    if (one !== other) fields.push({ name, before: one, after: other });
  };
  for (const name of FIELDS) compare(name, textOf(before[name]), textOf(after[name]));
  compare('umask', octal(before.umask), octal(after.umask));
  for (const name of SIGNAL_FIELDS) compare(name, before[name].join(' '), after[name].join(' '));
  for (const { before: one, after: other } of pairs(before.threads, after.threads, (thread) => thread.tid)) {
    const tid = (other ?? one)!.tid;
    if (one === null || other === null) {
      compare(`thread ${tid}`, one?.name ?? null, other?.name ?? null);
      continue;
    }
    compare(`thread ${tid} name`, one.name, other.name);
    compare(`thread ${tid} state`, one.state, other.state);
    compare(`thread ${tid} pc`, hex(one.pc), hex(other.pc));
    compare(`thread ${tid} waitsIn`, one.waitsIn, other.waitsIn);
    compare(`thread ${tid} pendingSignals`, one.pendingSignals.join(' '), other.pendingSignals.join(' '));
    compare(`thread ${tid} blockedSignals`, one.blockedSignals.join(' '), other.blockedSignals.join(' '));
  }
  return fields;
}

/** What differs in two lists, by key, ascending. */
function pairs<T extends object>(
  before: readonly T[], after: readonly T[], keyOf: (item: T) => number, compared: (item: T) => T = (item) => item,
): { change: Change; before: T | null; after: T | null }[] {
  const one = new Map(before.map((item) => [keyOf(item), item]));
  const other = new Map(after.map((item) => [keyOf(item), item]));
  return [...new Set([...one.keys(), ...other.keys()])]
    .sort((a, b) => a - b)
    .map((key) => ({ before: one.get(key) ?? null, after: other.get(key) ?? null }))
    .filter((pair) => pair.before === null || pair.after === null || JSON.stringify(compared(pair.before)) !== JSON.stringify(compared(pair.after)))
    .map((pair) => ({ change: changeOf(pair.before, pair.after), ...pair }));
}

function changeOf(before: object | null, after: object | null): Change {
  if (before === null) return 'added';
  return after === null ? 'removed' : 'changed';
}

function textOf(value: string | number | null): string | null {
  return value === null ? null : String(value);
}

function octal(value: number): string {
  return `0${value.toString(8).padStart(3, '0')}`;
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
