/** Why a button cannot act now: a sentence, '' when it can. */

import type { CheckpointInfo } from '../../src/machine/api.ts';
import type { PageModel, Request } from './model.ts';

const UNDER_WAY: Record<Request, string> = {
  checkpoint: 'A checkpoint is under way', restore: 'A restore is under way', exec: 'An exec is under way', pause: 'The container is being paused or resumed',
  timeline: 'The timeline is being changed', import: 'A checkpoint is being read in', store: 'The store is being asked',
};

/** Of whatever is asked: why it has to wait. */
export function notReady({ phase, busy }: PageModel): string {
  if (phase.kind === 'loading') return 'The machine is still starting';
  if (phase.kind === 'failed') return 'The machine has failed';
  return busy === null ? '' : UNDER_WAY[busy];
}

export function execRefusal(model: PageModel): string {
  return notReady(model) || (model.container?.status === 'running' ? '' : `The container ${model.container?.status === 'paused' ? 'is paused; resume it first' : 'does not run'}`);
}

export function checkpointRefusal(model: PageModel): string {
  return notReady(model) || (model.container?.status === 'stopped' ? 'The container is stopped; restore it first' : '');
}

export function restoreRefusal(model: PageModel): string {
  return notReady(model) || (model.checkpoints.every(({ isAutosave }) => isAutosave) ? 'Nothing frozen yet' : '');
}

export function pauseRefusal(model: PageModel): string {
  return notReady(model) || (model.container?.status === 'stopped' ? 'The container is stopped' : '');
}

/** Of what changes or reads a checkpoint. */
export function timelineRefusal(model: PageModel): string {
  return notReady(model);
}

/** What `after` is compared with unless the reader picked another: the checkpoint it came from, else the one before it. */
export function comparedWith(checkpoints: readonly CheckpointInfo[], afterId: string | null): CheckpointInfo | null {
  const at = checkpoints.findIndex(({ id }) => id === afterId);
  if (at < 0) return null;
  const parentId = checkpoints[at]?.parentId ?? null;
  return checkpoints.find(({ id }) => id === parentId) ?? checkpoints[at - 1] ?? checkpoints[at + 1] ?? null;
}
