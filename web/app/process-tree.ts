/** Orders the process table as a tree: init and what it has first, exec leaders after it, each with its children below. */

import type { ProcessRow } from '../../src/machine/api.ts';

export interface TreeRow {
  row: ProcessRow;
  /** Box-drawing characters before the mark: '' for a root. */
  branch: string;
}

/** @param rows  ascending by pid; a row whose parent is not among them is a root */
export function processTree(rows: readonly ProcessRow[]): TreeRow[] {
  const pids = new Set(rows.map(({ pid }) => pid));
  const childrenOf = new Map<number, ProcessRow[]>();
  for (const row of rows) {
    const parent = pids.has(row.ppid) && row.ppid !== row.pid ? row.ppid : 0;
    const siblings = childrenOf.get(parent);
    if (siblings === undefined) childrenOf.set(parent, [row]);
    else siblings.push(row);
  }
  const ordered: TreeRow[] = [];
  const walk = (parent: number, indent: string, isRoot: boolean): void => {
    const children = childrenOf.get(parent) ?? [];
    children.forEach((row, index) => {
      const isLast = index === children.length - 1;
      ordered.push({ row, branch: isRoot ? '' : indent + (isLast ? '└' : '├') });
      walk(row.pid, isRoot ? '' : indent + (isLast ? ' ' : '│'), false);
    });
  };
  walk(0, '', true);
  return ordered;
}

/** The command line as the tables show it: the program without its folder. */
export function shownCommand({ commandLine }: { commandLine: string }): string {
  return commandLine.replace(/^\/?(?:[^\s/]*\/)+(?=[^\s/])/, '');
}

/** Why a restore leaves `row` alone, or does not. */
export function fateReason(row: ProcessRow, rows: readonly ProcessRow[]): string {
  if (row.origin === 'init') return row.pid === 1 ? 'first of the container' : `forked by ${row.ppid}`;
  if (row.ppid === 0) return 'started by exec';
  const parent = rows.find(({ pid }) => pid === row.ppid);
  return parent !== undefined && parent.origin === 'exec' ? `forked by ${row.ppid}, of an exec` : `born of an exec, adopted by ${row.ppid}`;
}
