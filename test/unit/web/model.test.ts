import { describe, expect, it } from 'vitest';
import type { CheckpointInfo, KilledProcess, MachineEvent, RestoreReport } from '../../../src/machine/api.ts';
import { checkpointName } from '../../../web/app/checkpoint-name.ts';
import { emptyModel, timelineOf } from '../../../web/app/model.ts';
import { keptWithoutSession, withCheckpoints, withEvent, withLine } from '../../../web/app/model-events.ts';
import type { PageModel, TerminalSession } from '../../../web/app/model.ts';
import { defaultSettings } from '../../../web/app/restore-choice.ts';
import { recordOf } from '../../../web/app/session-record.ts';
import { TerminalFeed } from '../../../web/app/terminal-feed.ts';

function session(key: number, origin: 'init' | 'exec', pid: number): TerminalSession {
  return { key, terminalId: key, origin, pid, command: 'sh', openedAtMs: 0, feed: new TerminalFeed(() => undefined), end: null };
}

function checkpoint(id: string, leftRunning = true): CheckpointInfo {
  return {
    id, name: `name-${id}`, takenAtMs: 5, leftRunning, parentId: null, imageBytes: 1, pauseMs: 1, totalMs: 1, pages: 1, dataPages: 1, processes: 3, execProcesses: 2,
    note: '', digest: '', isDifference: false, chainBytes: 1, freedByDeletingBytes: 1, isStored: false, isAutosave: false,
  };
}

function killed(pid: number, terminalId: number | null): KilledProcess {
  return { pid, ppid: 0, command: 'sh', commandLine: 'sh', terminalId, fdsFreed: 3, framesFreed: 41, reapedForInit: false, sentence: `restore: pid ${pid} killed` };
}

function restore(killedProcesses: KilledProcess[], more: Partial<RestoreReport> = {}): MachineEvent {
  const report: RestoreReport = {
    checkpointId: 'a', name: 'name-a', generation: 2, killed: killedProcesses, survivors: [{ pid: 1, command: 'init' }], kept: [], totalMs: 6, frozenMs: 1000, consoleId: 9, ...more,
  };
  return { kind: 'restore', atMs: 100, sentence: 'restore: name-a, generation 2', report };
}

const open: PageModel = { ...emptyModel, sessions: [session(1, 'init', 1), session(2, 'exec', 12), session(3, 'exec', 14)] };
const checkpointEvent = (leftRunning: boolean): MachineEvent => ({ kind: 'checkpoint', atMs: 5, sentence: 'checkpoint', checkpoint: checkpoint('a', leftRunning) });

describe('a restore', () => {
  it('ends the exec sessions that it killed and lets go those younger than the checkpoint', () => {
    const model = withEvent(withEvent(open, checkpointEvent(true)), restore([killed(12, 2)]));
    expect(model.sessions.map(({ end }) => end?.kind)).toEqual([undefined, 'killed', 'let-go']);
  });

  it('gives the console of init the terminal of the new machine', () => {
    const model = withEvent(withEvent(open, checkpointEvent(true)), restore([]));
    expect(model.sessions[0]).toMatchObject({ terminalId: 9, end: null });
  });

  it('leaves a session alone that had ended before', () => {
    const exit: MachineEvent = { kind: 'exit', atMs: 7, sentence: 'ended', pid: 12, command: 'sh', origin: 'exec', status: 3, terminalId: 2 };
    const model = withEvent(withEvent(withEvent(open, checkpointEvent(true)), exit), restore([killed(12, 2)]));
    expect(model.sessions[1]?.end).toMatchObject({ kind: 'exited', status: 3 });
  });

  it('puts one line for each killed process above its own', () => {
    const model = withEvent(open, restore([killed(12, 2), killed(14, 3)]));
    expect(model.events.map(({ sentence }) => sentence)).toEqual(['restore: pid 12 killed', 'restore: pid 14 killed', 'restore: name-a, generation 2']);
  });

  it('remembers what it let go, unless the container had stopped', () => {
    const live = { ...open, container: { id: 'c1', status: 'running', pid: 1, generation: 1, exitStatus: null, consoleId: 1 } as const };
    const running = withEvent(withEvent(live, checkpointEvent(true)), restore([]));
    expect(running.letGo).toMatchObject({ parentId: 'a', atMs: 100 });
    const stopped = { id: 'c1', status: 'stopped', pid: 0, generation: 1, exitStatus: null, consoleId: 1 } as const;
    expect(withEvent({ ...open, container: stopped }, restore([])).letGo).toBeNull();
  });
});

describe('a restore that spares an exec', () => {
  const kept = { kept: [{ pid: 12, command: 'sh', terminalId: 40 }], survivors: [{ pid: 1, command: 'init' }, { pid: 12, command: 'sh' }] };
  const by = (policy: 'reattach' | 'keep' | 'naive', more: Partial<RestoreReport>): PageModel =>
    withEvent({ ...withEvent(open, checkpointEvent(true)), settings: { ...defaultSettings, policy, keptPids: [12] } }, restore([killed(14, 3)], more));

  it('goes on in its session, on the terminal it has now', () => {
    const { sessions } = by('reattach', kept);
    expect(sessions[1]).toMatchObject({ terminalId: 40, end: null });
    expect(sessions[2]?.end?.kind).toBe('killed');
  });

  it('brings a session back that an earlier restore had killed', () => {
    const once = withEvent(withEvent(open, checkpointEvent(true)), restore([killed(12, 2), killed(14, 3)]));
    const twice = withEvent({ ...once, settings: { ...defaultSettings, policy: 'reattach', keptPids: [12] } }, restore([], kept));
    expect(twice.sessions[1]).toMatchObject({ terminalId: 40, end: null });
    expect(twice.sessions[2]?.end?.kind).toBe('killed');
  });

  it('shows it cut off under keep and naive, which give no new end', () => {
    expect(by('keep', kept).sessions[1]?.end).toMatchObject({ kind: 'cut-off', policy: 'keep' });
    expect(by('naive', { ...kept, kept: [] }).sessions[1]?.end).toMatchObject({ kind: 'cut-off', policy: 'naive' });
  });

  it('asks for a session where the page has none', () => {
    const before: PageModel = { ...emptyModel, settings: { ...defaultSettings, policy: 'reattach' }, sessions: [session(1, 'init', 1)] };
    const event = restore([], kept);
    if (event.kind !== 'restore') throw new Error('not a restore');
    expect(keptWithoutSession(withEvent(before, event), event.report)).toEqual(kept.kept);
    expect(keptWithoutSession(by('reattach', kept), event.report)).toEqual([]);
  });

  it('forgets pids to keep that are not there any more', () => {
    expect(by('reattach', kept).settings.keptPids).toEqual([12]);
    expect(by('reattach', { kept: [], survivors: [] }).settings.keptPids).toEqual([]);
  });
});

describe('withCheckpoints', () => {
  it('hangs now on the nearest checkpoint that is left', () => {
    const chain = ['a', 'b', 'c'].map((id, index, ids) => ({ ...checkpoint(id), parentId: ids[index - 1] ?? null }));
    const model = { ...open, checkpoints: chain, parentId: 'c', letGo: { parentId: 'b', atMs: 0, lastedMs: 0 } };
    const left = withCheckpoints(model, chain.slice(0, 1));
    expect([left.parentId, left.letGo?.parentId]).toEqual(['a', 'a']);
    expect(withCheckpoints(model, []).parentId).toBeNull();
  });
});

describe('timelineOf', () => {
  it('leaves out what autosave keeps, and hangs what stands on it on the one before', () => {
    const saved = { ...checkpoint('s'), parentId: 'a', isAutosave: true };
    const model = { ...open, checkpoints: [checkpoint('a'), saved, { ...checkpoint('b'), parentId: 's' }], parentId: 's' };
    const shown = timelineOf(model);
    expect(shown.checkpoints.map(({ id, parentId }) => [id, parentId])).toEqual([['a', null], ['b', 'a']]);
    expect(shown.parentId).toBe('a');
  });
});

describe('withLine', () => {
  it('tells a failure once that comes by two ways', () => {
    const once = withLine(open, 5, 'restore: no', 'failure');
    expect(withLine(once, 6, 'restore: no', 'failure').events).toHaveLength(1);
    expect(withLine(once, 5000, 'restore: no', 'failure').events).toHaveLength(2);
    expect(withLine(withLine(open, 5, 'x', 'quiet'), 6, 'x', 'quiet').events).toHaveLength(2);
  });

  it('keeps one line of autosaves that follow one another', () => {
    const saved = (model: PageModel, atMs: number): PageModel => withEvent(model, { kind: 'timeline', atMs, sentence: `autosave: ${atMs} kB` });
    const lines = saved(saved(withLine(open, 1, 'x', 'quiet'), 2), 3).events.map(({ sentence }) => sentence);
    expect(lines).toEqual(['autosave: 3 kB', 'x']);
  });
});

describe('a checkpoint that stops the container', () => {
  it('freezes the sessions, and a restore then kills the frozen exec ones', () => {
    const frozen = withEvent(open, checkpointEvent(false));
    expect(frozen.sessions.map(({ end }) => end?.kind)).toEqual(['frozen', 'frozen', 'frozen']);
    const model = withEvent(frozen, restore([killed(12, 2), killed(14, 3)]));
    expect(model.sessions.map(({ end }) => end?.kind)).toEqual([undefined, 'killed', 'killed']);
  });
});

describe('recordOf', () => {
  it('names what was freed and why', () => {
    const record = recordOf(session(2, 'exec', 12), { kind: 'killed', atMs: 0, killed: killed(12, 2), checkpointName: 'lunch' });
    expect(record.how).toBe('SIGKILL');
    expect(record.rows).toContainEqual(['freed', '3 FDs, 41 frames, 1 terminal']);
  });
});

describe('checkpointName', () => {
  it('says how many shells are open, and counts on when the name is taken', () => {
    expect(checkpointName({ ...emptyModel, sessions: [session(1, 'init', 1)] })).toBe('boot');
    expect(checkpointName(open)).toBe('two-shells');
    expect(checkpointName({ ...open, checkpoints: [{ ...checkpoint('a'), name: 'two-shells' }] })).toBe('two-shells-2');
  });
});
