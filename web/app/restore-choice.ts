/** How a restore is to be done, as the reader chooses it, and what each choice does in one sentence. */

import type { ExecPolicyName, RestoreChoice, SurvivorRow } from '../../src/machine/api.ts';

export interface RestoreSettings {
  policy: ExecPolicyName;
  clock: 'gvisor' | 'continue';
  /** Processes of execs that live on with their descendants; means something under `keep` and `reattach` only. */
  keptPids: readonly number[];
  /** `naive` takes dead host files as they are instead of failing. */
  forceHostFiles: boolean;
}

export const defaultSettings: RestoreSettings = { policy: 'kill', clock: 'gvisor', keptPids: [], forceHostFiles: false };

export const POLICIES: readonly { name: ExecPolicyName; does: string }[] = [
  { name: 'kill', does: 'Ends what an exec started and reaps it: no zombie is left.' },
  { name: 'gvisor', does: 'Ends the same, as gVisor does: one that init adopted may stay a zombie.' },
  { name: 'naive', does: 'Ends none: a host FD of an exec then has no end, and the restore is refused.' },
  { name: 'keep', does: 'Spares those ticked, with their descendants; their terminals stay cut off.' },
  { name: 'reattach', does: 'Spares those ticked and gives their terminals new ends: sessions go on.' },
];

export const CLOCKS: readonly { name: RestoreSettings['clock']; does: string }[] = [
  { name: 'gvisor', does: 'The monotonic clock advances by the time the image lay on disk.' },
  { name: 'continue', does: 'It goes on where it stopped: timers have what they had left.' },
];

/** Whether processes can be named that live on. */
export function canSpare(policy: ExecPolicyName): boolean {
  return policy === 'keep' || policy === 'reattach';
}

/** What the machine is asked for. */
export function restoreChoice({ policy, clock, keptPids, forceHostFiles }: RestoreSettings): RestoreChoice {
  return {
    policy,
    clock,
    ...(canSpare(policy) ? { keptPids: [...keptPids] } : {}),
    ...(policy === 'naive' ? { forceHostFiles } : {}),
  };
}

/** `kill`, `reattach 5, 10, clock continue`: what a button can say of it. */
export function settingsText({ policy, clock, keptPids, forceHostFiles }: RestoreSettings): string {
  const spared = canSpare(policy) && keptPids.length > 0 ? ` ${keptPids.join(', ')}` : '';
  const force = policy === 'naive' && forceHostFiles ? ', forced' : '';
  return `${policy}${spared}${force}${clock === 'gvisor' ? '' : `, clock ${clock}`}`;
}

/** Whether execs do not end but prevent the restore. */
export function preventsRestore({ policy, forceHostFiles }: RestoreSettings): boolean {
  return policy === 'naive' && !forceHostFiles;
}

/** Whether a process is still there, and can run, after a restore by `settings`. */
export function livesOnBy(row: SurvivorRow, { policy, forceHostFiles }: RestoreSettings): boolean {
  const fate = row.fates[policy];
  return fate === 'lives' || fate === 'cutOff' || fate === 'reattached' || (fate === 'prevents' && forceHostFiles);
}
