/** How news from the machine changes what the page shows. */

import type { CheckpointInfo, ExecPolicyName, MachineEvent, RestoreReport } from '../../src/machine/api.ts';
import type { EventLine, PageModel, SessionEnd, TerminalSession } from './model.ts';

/** Lines of Events that are kept. */
const EVENT_LINES = 200;
/** How the machine tells that it has saved by itself. */
const AUTOSAVE = 'autosave: ';
/** Between two tellings of the same failure, at most. */
const SAME_MS = 1000;

/** `model` with one more line in Events. */
export function withLine(model: PageModel, atMs: number, sentence: string, weight: EventLine['weight']): PageModel {
  // The machine tells a failure to whoever asked and to all who listen: it is one line.
  if (weight === 'failure' && model.events.slice(0, 3).some((line) => line.sentence === sentence && Math.abs(atMs - line.atMs) < SAME_MS)) return model;
  const id = (model.events[0]?.id ?? 0) + 1;
  return { ...model, events: [{ id, atMs, sentence, weight }, ...model.events].slice(0, EVENT_LINES) };
}

/** `model` after `event`. */
export function withEvent(model: PageModel, event: MachineEvent): PageModel {
  switch (event.kind) {
    case 'state':
      return withLine({ ...model, container: event.state }, event.atMs, event.sentence, 'quiet');
    case 'exec':
      return withLine(model, event.atMs, event.sentence, 'quiet');
    case 'exit':
      return withLine(withExit(model, event), event.atMs, event.sentence, 'quiet');
    case 'checkpoint':
      return withLine(withCheckpoint(model, event.checkpoint), event.atMs, event.sentence, 'news');
    case 'restore':
      return withRestore(model, event.atMs, event.report, event.sentence);
    case 'timeline':
      return withLine(withoutLastAutosave(model, event.sentence), event.atMs, event.sentence, 'quiet');
    case 'notice':
      return withLine(model, event.atMs, event.sentence, event.isFailure ? 'failure' : 'quiet');
    case 'panic':
      return withLine({ ...model, phase: { kind: 'failed', sentence: event.sentence } }, event.atMs, event.sentence, 'failure');
  }
}

/** One autosave after another is one line. */
function withoutLastAutosave(model: PageModel, sentence: string): PageModel {
  const isAgain = sentence.startsWith(AUTOSAVE) && model.events[0]?.sentence.startsWith(AUTOSAVE) === true;
  return isAgain ? { ...model, events: model.events.slice(1) } : model;
}

function withExit(model: PageModel, event: Extract<MachineEvent, { kind: 'exit' }>): PageModel {
  if (event.terminalId === null) return model;
  return endSessions(model, (session) =>
    session.terminalId === event.terminalId ? { kind: 'exited', atMs: event.atMs, status: event.status } : null,
  );
}

function withCheckpoint(model: PageModel, checkpoint: CheckpointInfo): PageModel {
  const others = model.checkpoints.filter(({ id }) => id !== checkpoint.id);
  const kept = { ...model, checkpoints: [...others, checkpoint], parentId: checkpoint.id, fates: null };
  if (checkpoint.leftRunning) return kept;
  return endSessions(kept, () => ({ kind: 'frozen', atMs: checkpoint.takenAtMs, checkpointName: checkpoint.name }));
}

function withRestore(model: PageModel, atMs: number, report: RestoreReport, sentence: string): PageModel {
  const takenAtMs = model.checkpoints.find(({ id }) => id === report.checkpointId)?.takenAtMs ?? 0;
  const ended = { ...model, sessions: model.sessions.map((session) => afterRestore(session, atMs, report, takenAtMs, model.settings.policy)) };
  const lines = withLine(ended, atMs, sentence, 'quiet');
  return {
    ...report.killed.toReversed().reduce((next, killed) => withLine(next, atMs, killed.sentence, 'news'), lines),
    fates: { survivors: new Set(report.survivors.map(({ pid }) => pid)), killed: report.killed, generation: report.generation, frozenMs: report.frozenMs },
    letGo: model.container === null || model.container.status === 'stopped' ? null : { parentId: model.parentId, atMs, lastedMs: atMs - model.branchSinceMs },
    parentId: report.checkpointId,
    restoredId: report.checkpointId,
    branchSinceMs: atMs,
    importedId: null,
    settings: { ...model.settings, keptPids: model.settings.keptPids.filter((pid) => report.survivors.some((survivor) => survivor.pid === pid)) },
    survivors: null,
  };
}

/** A session of the run that was let go, as the restored machine has it. */
function afterRestore(session: TerminalSession, atMs: number, report: RestoreReport, takenAtMs: number, policy: ExecPolicyName): TerminalSession {
  if (session.origin === 'init') return { ...session, terminalId: report.consoleId ?? session.terminalId, end: null };
  const wasThere = session.openedAtMs <= takenAtMs && (session.end === null || session.end.atMs >= takenAtMs);
  const checkpointName = report.name;
  if (wasThere) {
    const kept = report.kept.find(({ pid }) => pid === session.pid);
    // Only `reattach` gives terminals new ends.
    if (kept !== undefined && kept.terminalId !== null && policy === 'reattach') return { ...session, terminalId: kept.terminalId, end: null };
    if (report.survivors.some(({ pid }) => pid === session.pid)) return { ...session, end: { kind: 'cut-off', atMs, policy, checkpointName } };
  }
  if (session.end !== null && session.end.kind !== 'frozen' && session.end.kind !== 'cut-off') return session;
  const killed = report.killed.find((process) => (process.terminalId === null ? wasThere && process.pid === session.pid : process.terminalId === session.terminalId));
  if (killed === undefined) return { ...session, end: { kind: 'let-go', atMs, checkpointName } };
  return { ...session, end: { kind: 'killed', atMs, killed, checkpointName } };
}

/** Execs that the restore kept on terminals of which the page has no session: it opens one for each. */
export function keptWithoutSession(model: PageModel, report: RestoreReport): RestoreReport['kept'] {
  return model.settings.policy !== 'reattach' ? [] : report.kept.filter(({ terminalId }) => terminalId !== null && model.sessions.every((session) => session.terminalId !== terminalId));
}

function endSessions(model: PageModel, endOf: (session: TerminalSession) => SessionEnd | null): PageModel {
  return {
    ...model,
    sessions: model.sessions.map((session) => (session.end === null ? { ...session, end: endOf(session) } : session)),
  };
}

/** The model with the machine's list of checkpoints: where that of now is gone, now hangs on the one before. */
export function withCheckpoints(model: PageModel, checkpoints: readonly CheckpointInfo[]): PageModel {
  const known = new Set(checkpoints.map(({ id }) => id));
  const standing = (id: string | null): string | null => {
    let at = id;
    while (at !== null && !known.has(at)) at = model.checkpoints.find((candidate) => candidate.id === at)?.parentId ?? null;
    return at;
  };
  const letGo = model.letGo === null ? null : { ...model.letGo, parentId: standing(model.letGo.parentId) };
  return { ...model, checkpoints, parentId: standing(model.parentId), letGo };
}
