import { describe, expect, it } from 'vitest';
import type { CheckpointInfo, KilledProcess, MachineEvent, RestoreReport } from '../../../src/machine/api.ts';
import { checkpointName } from '../../../web/app/checkpoint-name.ts';
import { emptyModel, recordOf, withEvent } from '../../../web/app/model.ts';
import type { PageModel, TerminalSession } from '../../../web/app/model.ts';
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

function restore(killedProcesses: KilledProcess[]): MachineEvent {
  const report: RestoreReport = {
    checkpointId: 'a', name: 'name-a', generation: 2, killed: killedProcesses, survivors: [{ pid: 1, command: 'init' }], kept: [], totalMs: 6, frozenMs: 1000, consoleId: 9,
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
    const running = withEvent(withEvent(open, checkpointEvent(true)), restore([]));
    expect(running.letGo).toMatchObject({ parentId: 'a', atMs: 100 });
    const stopped = { id: 'c1', status: 'stopped', pid: 0, generation: 1, exitStatus: null, consoleId: 1 } as const;
    expect(withEvent({ ...open, container: stopped }, restore([])).letGo).toBeNull();
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
