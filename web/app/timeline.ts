/**
 * Places the checkpoints on the rail: time goes right, one column a generation of checkpoints; a second branch from the same
 * checkpoint goes into a row of its own below.
 */

import type { CheckpointInfo } from '../../src/machine/api.ts';
import type { LetGo } from './model.ts';

export type TimelineNode = { column: number; row: number; parent: { column: number; row: number } | null } & (
  | { kind: 'checkpoint'; checkpoint: CheckpointInfo; ordinal: number }
  | { kind: 'let-go'; letGo: LetGo }
  | { kind: 'now' }
);

export interface Timeline {
  nodes: TimelineNode[];
  columns: number;
  rows: number;
}

type Leaf = { kind: 'checkpoint'; checkpoint: CheckpointInfo; ordinal: number } | { kind: 'let-go'; letGo: LetGo } | { kind: 'now' };

/**
 * @param checkpoints  oldest first
 * @param nowParentId  the checkpoint the running machine hangs on; null for the beginning
 * @param hasNow       false when nothing runs
 */
export function layoutTimeline(checkpoints: readonly CheckpointInfo[], letGo: LetGo | null, nowParentId: string | null, hasNow: boolean): Timeline {
  const childrenOf = new Map<string | null, Leaf[]>();
  const add = (parentId: string | null, leaf: Leaf): void => {
    const siblings = childrenOf.get(parentId);
    if (siblings === undefined) childrenOf.set(parentId, [leaf]);
    else siblings.push(leaf);
  };
  const known = new Set(checkpoints.map(({ id }) => id));
  checkpoints.forEach((checkpoint, index) => {
    const parentId = checkpoint.parentId !== null && known.has(checkpoint.parentId) ? checkpoint.parentId : null;
    add(parentId, { kind: 'checkpoint', checkpoint, ordinal: index + 1 });
  });
  if (letGo !== null) add(letGo.parentId, { kind: 'let-go', letGo });
  if (hasNow) add(nowParentId, { kind: 'now' });

  const nodes: TimelineNode[] = [];
  let rows = 0;
  const place = (parentId: string | null, parent: { column: number; row: number } | null): void => {
    const column = parent === null ? 0 : parent.column + 1;
    (childrenOf.get(parentId) ?? []).forEach((leaf, index) => {
      const row = parent !== null && index === 0 ? parent.row : rows++;
      nodes.push({ ...leaf, column, row, parent });
      if (leaf.kind === 'checkpoint') place(leaf.checkpoint.id, { column, row });
    });
  };
  place(null, null);
  return { nodes, columns: 1 + Math.max(0, ...nodes.map(({ column }) => column)), rows: Math.max(1, rows) };
}
