/** Names a checkpoint by what makes it worth keeping: the exec sessions that are open. `boot`, `one-shell`, `two-shells`, `two-shells-2`. */

import { liveSessions } from './model.ts';
import type { PageModel } from './model.ts';

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

export function checkpointName(model: PageModel): string {
  const shells = liveSessions(model).filter(({ origin }) => origin === 'exec').length;
  const stem = shells === 0 && model.checkpoints.every(({ isAutosave }) => isAutosave) ? 'boot' : `${NUMBERS[shells] ?? shells}-shell${shells === 1 ? '' : 's'}`;
  const taken = new Set(model.checkpoints.map(({ name }) => name));
  let name = stem;
  for (let ordinal = 2; taken.has(name); ordinal++) name = `${stem}-${ordinal}`;
  return name;
}
