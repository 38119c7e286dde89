import type { FdReport, FileReport, ImageReport, ImageSummary, MappingReport, ProcessReport, SocketReport } from '../inspect/index.ts';
import type { Section } from './image-options.ts';
import { address, columns, count, drawTree, plain, size } from './text-table.ts';
import type { Branch } from './text-table.ts';

/** A process as far as it was asked for. */
type ChosenProcess = Omit<ProcessReport, 'threads' | 'fds' | 'mappings'> & Partial<Pick<ProcessReport, 'threads' | 'fds' | 'mappings'>>;
/** A report as far as it was asked for. */
export type ChosenReport = Partial<Omit<ImageReport, 'processes'>> & { readonly processes?: readonly ChosenProcess[] };

/** Levels of a tree that fit on a line. */
const MOST_LEVELS = 100;
const SIGNS = { added: '+', changed: '~', removed: '-' } as const;

/** The sections of a report that were asked for; of one process where a pid is named. */
export function chosenReport(report: ImageReport, sections: ReadonlySet<Section>, pid: number | null): ChosenReport {
  const isMeant = (one: number): boolean => pid === null || one === pid;
  const ofProcesses: readonly Section[] = ['processes', 'threads', 'fds', 'maps'];
  return {
    ...(sections.has('summary') ? { summary: report.summary } : {}),
    ...(ofProcesses.some((section) => sections.has(section)) ? { processes: report.processes.filter((process) => isMeant(process.pid)).map((process) => chosenProcess(process, sections)) } : {}),
    ...(sections.has('sockets') ? { sockets: report.sockets.filter(({ pids }) => pid === null || pids.includes(pid)) } : {}),
    ...(sections.has('files') ? { files: report.files } : {}),
    ...(sections.has('mounts') ? { mounts: report.mounts } : {}),
  };
}

function chosenProcess({ threads, fds, mappings, ...process }: ProcessReport, sections: ReadonlySet<Section>): ChosenProcess {
  return { ...process, ...(sections.has('threads') ? { threads } : {}), ...(sections.has('fds') ? { fds } : {}), ...(sections.has('maps') ? { mappings } : {}) };
}

/** A report for people. */
export function reportText({ summary, processes, sockets, files, mounts }: ChosenReport): string {
  const parts: string[][] = [];
  if (summary !== undefined) parts.push(summaryLines(summary));
  if (processes !== undefined) parts.push(['processes', ...drawTree(treeOf(processes))]);
  if (sockets !== undefined) parts.push(titled('sockets', socketRows(sockets)));
  if (files !== undefined) parts.push(titled('files that are not as in the base image', files.map(fileRow)));
  if (mounts !== undefined) parts.push(titled('mounts', mounts.map(({ path, type, source, options }) => [plain(path), plain(type), plain(source), plain(options)])));
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function titled(title: string, rows: readonly (readonly (string | number)[])[]): string[] {
  return rows.length === 0 ? [`${title}: none`] : [title, ...columns(rows, '  ')];
}

function summaryLines(summary: ImageSummary): string[] {
  const { chainImages, chainBytes, imageBytes } = summary;
  const pages = Object.entries(summary.pages).filter(([, number]) => number > 0).map(([kind, number]) => `${number} ${kind}`).join(', ');
  return columns([
    ['checkpoint', summary.digest],
    ['container', `${plain(summary.containerId)}, host name ${plain(summary.hostname)}, generation ${summary.generation}`],
    ['taken', new Date(Math.min(summary.createdMs, 8.64e15)).toISOString()],
    ['image', `${size(imageBytes)} (${summary.sections.map(({ name, bytes }) => `${name} ${size(bytes)}`).join(', ')})`],
    ['stands on', summary.parent === null ? 'no other image' : `${summary.parent}; ${size(chainBytes)} in ${count(chainImages, 'image')}`],
    ['base image', plain(summary.baseImage ?? 'none')],
    ['pages', pages || 'none'],
  ]);
}

/** Processes below their parents; one whose parent is not there, or below itself, or far down, stands at the top. */
function treeOf(processes: readonly ChosenProcess[]): Branch[] {
  const byParent = new Map<number, ChosenProcess[]>();
  const pids = new Set(processes.map(({ pid }) => pid));
  for (const process of processes) {
    const parent = pids.has(process.ppid) ? process.ppid : 0;
    const siblings = byParent.get(parent);
    if (siblings === undefined) byParent.set(parent, [process]);
    else siblings.push(process);
  }
  const drawn = new Set<number>();
  const branchOf = (process: ChosenProcess, depth: number): Branch => {
    drawn.add(process.pid);
    const children = depth === MOST_LEVELS ? [] : (byParent.get(process.pid) ?? []).filter(({ pid }) => !drawn.has(pid));
    return { title: titleOf(process), lines: processLines(process), children: children.map((child) => branchOf(child, depth + 1)) };
  };
  const roots = (byParent.get(0) ?? []).map((process) => branchOf(process, 1));
  for (const process of processes) if (!drawn.has(process.pid)) roots.push(branchOf(process, 1));
  return roots;
}

function titleOf({ pid, command, commandLine, state, origin, tty, exitStatus }: ChosenProcess): string {
  const facts = [origin, state === 'Z' ? `Z, status ${exitStatus ?? 0}` : state, ...(tty === null ? [] : [plain(tty)])];
  return `${pid} ${plain(command)}  [${facts.join(', ')}]  ${plain(commandLine)}`.trimEnd();
}

function processLines(process: ChosenProcess): string[] {
  const { pgid, sid, uid, gid, cwd, umask, residentPages, pendingSignals, ignoredSignals, caughtSignals, threads, fds, mappings } = process;
  const lines = [`group ${pgid}, session ${sid}, uid ${uid}, gid ${gid}, umask 0${umask.toString(8).padStart(3, '0')}, ${count(residentPages, 'page')} in memory${cwd === '' ? '' : `, cwd ${plain(cwd)}`}`];
  for (const [title, signals] of [['pending', pendingSignals], ['ignored', ignoredSignals], ['caught', caughtSignals]] as const) {
    if (signals.length > 0) lines.push(`signals ${title}: ${signals.join(' ')}`);
  }
  for (const thread of threads ?? []) {
    const waits = thread.waitsIn === '' ? '' : `, waits in ${plain(thread.waitsIn)}`;
    const signals = [['pending', thread.pendingSignals], ['blocked', thread.blockedSignals]] as const;
    lines.push(`thread ${thread.tid} ${plain(thread.name)}: ${thread.state}, pc 0x${thread.pc.toString(16)}${waits}${signals.map(([title, names]) => (names.length > 0 ? `, ${title} ${names.join(' ')}` : '')).join('')}`);
  }
  if (fds !== undefined && fds.length > 0) lines.push('fds', ...columns(fds.map(fdRow), '  '));
  if (mappings !== undefined && mappings.length > 0) lines.push('maps', ...columns(mappings.map(mappingRow), '  '));
  return lines;
}

export function fdRow({ fd, target, kind, flags, position, hostKey, detail }: FdReport): (string | number)[] {
  const more = [position > 0 ? `at ${position}` : '', hostKey === null ? '' : `host file ${plain(hostKey)}`, plain(detail)].filter((part) => part !== '');
  return [fd, plain(target), kind, flags.join('|'), more.join(', ')];
}

export function mappingRow({ start, end, permissions, offset, name, residentPages }: MappingReport): string[] {
  return [`${address(start)}-${address(end)}`, permissions, address(offset), `${residentPages}/${(end - start) / 4096}`, plain(name)];
}

function socketRows(sockets: readonly SocketReport[]): (string | number)[][] {
  return sockets.map(({ inode, kind, local, peer, state, receiveBytes, pids }) => [
    `[${inode}]`, kind, state || '-', plain(local) || '-', plain(peer) || '-', receiveBytes === 0 ? '-' : `${receiveBytes} unread`,
    pids.length === 0 ? 'held by no process' : `of ${pids.join(', ')}`,
  ]);
}

function fileRow({ path, change, kind, sizeBytes, mode }: FileReport): string[] {
  return [SIGNS[change], change === 'removed' ? '' : mode.toString(8).padStart(4, '0'), kind, sizeBytes === null || kind === 'directory' ? '' : size(sizeBytes), plain(path)];
}
