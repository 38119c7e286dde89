import { describe, expect, it } from 'vitest';
import type { ExecPolicyName, SurvivorRow } from '../../../src/machine/api.ts';
import { POLICIES, canSpare, defaultSettings, livesOnBy, restoreChoice, settingsText } from '../../../web/app/restore-choice.ts';

const settings = { ...defaultSettings, keptPids: [5, 9], forceHostFiles: true };

describe('restoreChoice', () => {
  it('asks for what means something under the policy, and for nothing else', () => {
    expect(restoreChoice(settings)).toEqual({ policy: 'kill', clock: 'gvisor' });
    expect(restoreChoice({ ...settings, policy: 'reattach' })).toEqual({ policy: 'reattach', clock: 'gvisor', keptPids: [5, 9] });
    expect(restoreChoice({ ...settings, policy: 'naive', clock: 'continue' })).toEqual({ policy: 'naive', clock: 'continue', forceHostFiles: true });
  });

  it('is said in few words', () => {
    expect([defaultSettings, { ...settings, policy: 'keep' as const }, { ...settings, policy: 'naive' as const, clock: 'continue' as const }].map(settingsText)).toEqual([
      'kill', 'keep 5, 9', 'naive, forced, clock continue',
    ]);
  });

  it('has a sentence for every policy', () => {
    const names: ExecPolicyName[] = ['kill', 'gvisor', 'naive', 'keep', 'reattach'];
    expect(POLICIES.map(({ name }) => name)).toEqual(names);
    for (const { does } of POLICIES) expect(does).toMatch(/^[A-Z].+\.$/);
    expect(names.filter(canSpare)).toEqual(['keep', 'reattach']);
  });
});

describe('livesOnBy', () => {
  const row: SurvivorRow = {
    pid: 5, ppid: 0, command: 'sh', origin: 'exec', path: [], isRestorable: false, hostFiles: [], tty: null, sentence: '',
    fates: { kill: 'ends', gvisor: 'zombie', naive: 'prevents', keep: 'cutOff', reattach: 'reattached' },
  };

  it('follows the fate under the policy; what prevents the restore lives when it is forced', () => {
    const alive = (policy: ExecPolicyName, forceHostFiles = false): boolean => livesOnBy(row, { ...defaultSettings, policy, forceHostFiles });
    expect(POLICIES.filter(({ name }) => alive(name)).map(({ name }) => name)).toEqual(['keep', 'reattach']);
    expect(alive('naive', true)).toBe(true);
  });
});
