/** The difference of two checkpoints as rows of a table: one object a row, grouped by kind. */

import type { Change, FdReport, FieldDiff, FileDiff, ImageDiff, MappingReport, ProcessDiff } from '../../src/inspect/report.ts';
import { countOf, fileSize } from './format.ts';

export interface DiffRow {
  change: Change;
  /** Whose it is; null for what belongs to no process. */
  origin: 'init' | 'exec' | null;
  object: string;
  /** What it was and what it is; '' on the side that has none. */
  before: string;
  after: string;
}

export interface DiffGroup {
  title: string;
  rows: DiffRow[];
}

/** Groups that have rows only. */
export function diffRows(diff: ImageDiff): DiffGroup[] {
  const groups: DiffGroup[] = [
    { title: 'Processes', rows: diff.processes.filter(({ change, fields }) => change !== 'changed' || fields.length > 0).map(processRow) },
    { title: 'Descriptors', rows: diff.processes.flatMap(descriptorRows) },
    { title: 'Files', rows: diff.files.map(fileRow) },
    { title: 'Mappings', rows: diff.processes.flatMap(mappingRows) },
    { title: 'Kernel state', rows: diff.state.map(stateRow) },
  ];
  return groups.filter(({ rows }) => rows.length > 0);
}

/** `2 processes, 1 file and 34 pages differ`. */
export function diffSummary({ totals }: ImageDiff): string {
  return `${countOf(totals.processes, 'process')}, ${countOf(totals.files, 'file')} and ${countOf(totals.pages, 'page')} differ`;
}

function processRow({ pid, command, origin, change, fields }: ProcessDiff): DiffRow {
  return { change, origin, object: `${pid} ${command}`, before: change === 'added' ? '' : change === 'removed' ? born(origin) : sideOf(fields, 'before'), after: change === 'removed' ? '' : change === 'added' ? born(origin) : sideOf(fields, 'after') };
}

function born(origin: 'init' | 'exec'): string {
  return origin === 'init' ? 'forked by init' : 'born of an exec';
}

function sideOf(fields: readonly FieldDiff[], side: 'before' | 'after'): string {
  return fields.flatMap((field) => (field[side] === null || field[side] === '' ? [] : [`${wordsOf(field.name)} ${field[side]}`])).join(', ');
}

/** `residentPages` → `resident pages`. */
function wordsOf(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function descriptorRows({ pid, origin, fds }: ProcessDiff): DiffRow[] {
  return fds.map(({ fd, change, before, after }) => ({ change, origin, object: `${pid}: ${fd} ${(after ?? before)?.kind ?? ''}`, before: fdText(before), after: fdText(after) }));
}

function fdText(fd: FdReport | null): string {
  if (fd === null) return '';
  return [fd.target, fd.position > 0 ? `at ${fd.position}` : '', fd.flags.filter((flag) => flag !== 'O_RDONLY').join(' '), fd.detail].filter((part) => part !== '').join(', ');
}

function fileRow({ path, change, sizeBefore, sizeAfter, changedBytes }: FileDiff): DiffRow {
  const size = (bytes: number | null): string => (bytes === null ? '' : fileSize(bytes));
  const differ = change === 'changed' && changedBytes !== null && changedBytes > 0 ? `, ${countOf(changedBytes, 'byte')} differ` : '';
  return { change, origin: null, object: path, before: size(sizeBefore), after: sizeAfter === null ? '' : size(sizeAfter) + differ };
}

/** All mappings of a process that came or went are one row. */
function mappingRows({ pid, origin, change, mappings }: ProcessDiff): DiffRow[] {
  if (change !== 'changed') {
    if (mappings.length === 0) return [];
    const pages = mappings.reduce((sum, { before, after }) => sum + ((after ?? before)?.residentPages ?? 0), 0);
    const text = `${countOf(pages, 'page')} with a frame`;
    return [{ change, origin, object: `${pid}: ${countOf(mappings.length, 'mapping')}`, before: change === 'removed' ? text : '', after: change === 'added' ? text : '' }];
  }
  return mappings.map((mapping) => {
    const either = mapping.after ?? mapping.before;
    return { change: mapping.change, origin, object: `${pid}: ${either?.name || 'anonymous'} 0x${(either?.start ?? 0).toString(16)}`, before: mappingText(mapping.before), after: mappingText(mapping.after) };
  });
}

function mappingText(mapping: MappingReport | null): string {
  return mapping === null ? '' : `${mapping.permissions} ${fileSize(mapping.end - mapping.start)}, ${countOf(mapping.residentPages, 'page')}`;
}

function stateRow({ name, before, after }: FieldDiff): DiffRow {
  return { change: before === null ? 'added' : after === null ? 'removed' : 'changed', origin: null, object: name, before: before ?? '', after: after ?? '' };
}
