import type { Change, FdReport, FieldDiff, FileDiff, ImageDiff, ImageSummary, MappingReport, PageDiff, ProcessDiff } from '../inspect/index.ts';
import { fdRow, mappingRow } from './image-report-text.ts';
import { address, columns, count, plain, size } from './text-table.ts';

const SIGNS: Readonly<Record<Change, string>> = { added: '+', changed: '~', removed: '-' };

/** What beside the changes of processes and files is listed rather than counted. */
export interface DiffTextOptions {
  readonly listsPages: boolean;
  readonly listsState: boolean;
}

/** A difference for people: `+` came, `-` went, `~` is another. */
export function diffText(diff: ImageDiff, { listsPages, listsState }: DiffTextOptions): string {
  const { before, after, notes, processes, files, pages, totals, state } = diff;
  const parts: string[][] = [[...columns([['before', ...summaryCells(before)], ['after', ...summaryCells(after)]]), ...notes.map((note) => `note: ${plain(note)}`)]];
  parts.push(processes.length === 0 ? ['processes: the same'] : ['processes', ...processes.flatMap(processLines)]);
  parts.push(files.length === 0 ? ['files: the same'] : ['files', ...columns(files.map(fileRow), '  ')]);
  if (totals.pages === 0) parts.push(['pages: the same']);
  else if (listsPages) parts.push([`pages: ${pageTotal(totals)}`, ...columns(pages.map(pageRow), '  ')]);
  else parts.push([`pages: ${pageTotal(totals)}; --pages lists them`, ...columns(pagesByMapping(pages), '  ')]);
  if (state.length === 0) parts.push(['kernel state: the same']);
  else if (listsState) parts.push(['kernel state', ...columns(state.map(fieldRow), '  ')]);
  else parts.push([`kernel state: ${count(state.length, 'field differs', 'fields differ')}; --state lists them`]);
  return `${parts.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function summaryCells({ digest, containerId, createdMs, imageBytes, generation }: ImageSummary): string[] {
  return [digest, plain(containerId), new Date(Math.min(createdMs, 8.64e15)).toISOString(), size(imageBytes), `generation ${generation}`];
}

function processLines({ pid, command, origin, change, fields, fds, mappings }: ProcessDiff): string[] {
  return [
    `${SIGNS[change]} ${pid} ${plain(command)}  [${origin}]`,
    ...columns(fields.map(fieldRow), '      '),
    ...pairLines('fds', fds, fdRow),
    ...pairLines('maps', mappings, mappingRow),
  ];
}

/** The old row with `-`, the new one with `+`. */
function pairLines<T extends FdReport | MappingReport>(title: string, pairs: readonly { readonly before: T | null; readonly after: T | null }[], rowOf: (item: T) => (string | number)[]): string[] {
  if (pairs.length === 0) return [];
  const rows = pairs.flatMap(({ before, after }) => [...(before === null ? [] : [['-', ...rowOf(before)]]), ...(after === null ? [] : [['+', ...rowOf(after)]])]);
  return [`    ${title}`, ...columns(rows, '      ')];
}

function fieldRow({ name, before, after }: FieldDiff): string[] {
  return [plain(name), `${plain(before ?? '(none)')} → ${plain(after ?? '(none)')}`];
}

function fileRow({ path, change, sizeBefore, sizeAfter, changedBytes }: FileDiff): string[] {
  const sizes = change === 'changed' && sizeBefore !== sizeAfter ? `${sizeCell(sizeBefore)} → ${sizeCell(sizeAfter)}` : sizeCell(sizeAfter ?? sizeBefore);
  return [SIGNS[change], plain(path), sizes, change === 'changed' ? bytesCell(changedBytes) : ''];
}

function sizeCell(bytes: number | null): string {
  return bytes === null ? '-' : size(bytes);
}

function bytesCell(changedBytes: number | null): string {
  if (changedBytes === null) return 'content of the base image is not there to compare';
  return changedBytes === 0 ? 'attributes' : count(changedBytes, 'byte differs', 'bytes differ');
}

function pageTotal({ pages, pageBytes }: ImageDiff['totals']): string {
  return `${count(pages, 'page differs', 'pages differ')}, in ${count(pageBytes, 'byte')}`;
}

function pageRow({ pid, address: at, mapping, change, changedBytes }: PageDiff): string[] {
  return [SIGNS[change], `${pid}:${address(at)}`, changedBytes === null ? 'unknown' : count(changedBytes, 'byte'), plain(mapping)];
}

/** How many pages of each mapping differ. */
function pagesByMapping(pages: readonly PageDiff[]): (string | number)[][] {
  const rows = new Map<string, { readonly pid: number; readonly mapping: string; pages: number; bytes: number }>();
  for (const { pid, mapping, changedBytes } of pages) {
    const key = `${pid} ${mapping}`;
    const row = rows.get(key) ?? { pid, mapping, pages: 0, bytes: 0 };
    row.pages++;
    row.bytes += changedBytes ?? 0;
    rows.set(key, row);
  }
  return [...rows.values()].map(({ pid, mapping, pages: number, bytes }) => [`process ${pid}`, plain(mapping) || '(anonymous)', count(number, 'page'), count(bytes, 'byte')]);
}
