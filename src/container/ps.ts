import type { Kernel } from '../sentry/task/kernel.ts';
import type { ThreadGroup } from '../sentry/task/thread-group.ts';

/** One line of `runsc ps`. */
export interface PsRow {
  readonly uid: number;
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  /** Percent of a processor over its life, at most 99. */
  readonly c: number;
  /** `pts/N`, or `?`. */
  readonly tty: string;
  /** Realtime of its start, ms since 1970. */
  readonly startMs: number;
  readonly systemNs: number;
  readonly command: string;
}

const COLUMNS = ['UID', 'PID', 'PPID', 'PGID', 'C', 'TTY', 'STIME', 'TIME', 'CMD'];
/** runsc's tab writer: cells at least 10 wide, 3 blanks between. */
const MIN_WIDTH = 10;
const PADDING = 3;

/** The processes of a container, ascending by pid, as runsc lists them: zombies too, threads not. */
export function listProcesses(kernel: Kernel): PsRow[] {
  return [...kernel.threadGroups.values()].sort((a, b) => a.pid - b.pid).map((group) => rowOf(kernel, group));
}

function rowOf(kernel: Kernel, group: ThreadGroup): PsRow {
  const { clock } = kernel;
  let busyNs = group.ownUsage.userNs + group.ownUsage.systemNs;
  let systemNs = group.ownUsage.systemNs;
  for (const task of group.tasks) {
    busyNs += task.userNs + task.systemNs;
    systemNs += task.systemNs;
  }
  const lifeNs = Math.max(1, clock.monotonicNs - group.startNs);
  const tty = group.processGroup.session.tty;
  return {
    uid: group.leader.credentials.euid,
    pid: group.pid,
    ppid: group.parent?.pid ?? 0,
    pgid: group.processGroup.pgid,
    c: Math.min(99, Math.floor((busyNs * 100) / lifeNs)),
    tty: tty === null ? '?' : ttyName(tty),
    startMs: Number((clock.realtimeOffsetNs + BigInt(group.startNs)) / 1_000_000n),
    systemNs,
    command: group.leader.name,
  };
}

/** `pts/N` of a terminal's device number: majors 136 to 143 are ptys, a host's terminal is pts/0 as in gVisor. */
function ttyName(tty: { readonly device: number }): string {
  const minor = (tty.device & 0xff) | ((tty.device >>> 12) & 0xfff00);
  const major = (tty.device >>> 8) & 0xfff;
  return major >= 136 && major <= 143 ? `pts/${minor}` : 'pts/0';
}

/** A duration as Go prints it with two or three figures: `10ms`, `1.5s`, `505.262µs`. */
export function goDuration(ns: number): string {
  if (ns === 0) return '0s';
  if (ns < 1e3) return `${ns}ns`;
  if (ns < 1e6) return `${trim(ns / 1e3)}µs`;
  if (ns < 1e9) return `${trim(ns / 1e6)}ms`;
  const seconds = ns / 1e9;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  return `${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${trim(seconds % 60)}s`;
}

function trim(value: number): string {
  return String(Number(value.toFixed(9)));
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `15:04` if started today, `Jan02` if this year, else `2006`; in UTC, as the container's clock shows. */
function startTime(startMs: number, nowMs: number): string {
  const start = new Date(startMs);
  const now = new Date(nowMs);
  if (start.toISOString().slice(0, 10) === now.toISOString().slice(0, 10)) return start.toISOString().slice(11, 16);
  if (start.getUTCFullYear() === now.getUTCFullYear()) return `${MONTHS[start.getUTCMonth()]}${String(start.getUTCDate()).padStart(2, '0')}`;
  return String(start.getUTCFullYear());
}

/** The table that `runsc ps` prints, without a newline at its end. */
export function formatProcesses(rows: readonly PsRow[], nowMs: number): string {
  const cells = rows.map((row) => [
    row.uid, row.pid, row.ppid, row.pgid, row.c, row.tty, startTime(row.startMs, nowMs), goDuration(row.systemNs), row.command,
  ].map(String));
  const lines = [COLUMNS, ...cells];
  const widths = COLUMNS.map((_, column) => Math.max(MIN_WIDTH, ...lines.map((line) => line[column]!.length + PADDING)));
  return lines.map((line) => line.map((cell, column) => (column === COLUMNS.length - 1 ? cell : cell.padEnd(widths[column]!))).join('')).join('\n');
}
