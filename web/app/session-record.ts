/** What the page says of a session: the mark and words of its head, and its record once it has ended. */

import { clock, countOf, duration } from './format.ts';
import type { SessionEnd, TerminalSession } from './model.ts';

/** The mark of a session: its origin while it lives, a square while it is frozen, a cross once it has ended. */
export function markOf(session: TerminalSession): 'init' | 'exec' | 'stopped' | 'killed' {
  if (session.end === null || session.end.kind === 'cut-off') return session.origin;
  return session.end.kind === 'frozen' ? 'stopped' : 'killed';
}

/** What a session's head says at its right end. */
export function standingOf(session: TerminalSession, isDoomed: boolean): string {
  switch (session.end?.kind) {
    case undefined:
      return isDoomed ? 'will not survive' : session.origin;
    case 'killed':
      return 'killed at restore';
    case 'let-go':
      return 'let go at restore';
    case 'cut-off':
      return 'cut off, lives on';
    case 'frozen':
      return 'frozen';
    case 'exited':
      return 'ended';
  }
}

/** Why a session ended, in a sentence or two, and the rows of its record. */
export function recordOf(session: TerminalSession, end: SessionEnd): { reason: string; how: string; rows: [string, string][] } {
  const opened: [string, string][] = [
    ['command', session.command],
    ['opened', `${clock(session.openedAtMs)} ${session.origin === 'exec' ? 'by exec, on a terminal' : 'with the container'}`],
  ];
  switch (end.kind) {
    case 'killed':
      return {
        how: 'SIGKILL',
        reason: 'An exec started it, so the restore killed it before it could run another instruction. What it wrote to files is still there; what it held in memory is gone.',
        rows: [
          ...opened,
          ['ended', `${clock(end.atMs)} at restore of ${end.checkpointName}, status 137`],
          ['freed', `${countOf(end.killed.fdsFreed, 'FD')}, ${countOf(end.killed.framesFreed, 'frame')}, 1 terminal`],
        ],
      };
    case 'let-go':
      return {
        how: 'let go',
        reason: `It began after ${end.checkpointName} was frozen, so the machine that was restored never had it. It went with the run that was let go.`,
        rows: [...opened, ['ended', `${clock(end.atMs)} at restore of ${end.checkpointName}`]],
      };
    case 'cut-off':
      return {
        how: 'cut off',
        reason: `It lives on in the container, but its terminal has no end outside any more: what it reads or writes there fails with EBADF. Under \`${end.policy}\` nobody gives it a new one.`,
        rows: [...opened, ['cut off', `${clock(end.atMs)} at restore of ${end.checkpointName}`]],
      };
    case 'frozen':
      return {
        how: 'frozen',
        reason:
          session.origin === 'exec'
            ? `The container stopped when ${end.checkpointName} was frozen. A restore brings this session back only under \`reattach\`: an exec started it.`
            : `The container stopped when ${end.checkpointName} was frozen. Restore it and this console goes on.`,
        rows: [...opened, ['frozen', `${clock(end.atMs)} in ${end.checkpointName}`]],
      };
    case 'exited':
      return {
        how: end.status > 128 ? `signal ${end.status - 128}` : `status ${end.status}`,
        reason: end.status > 128 ? 'A signal ended it.' : 'It ended by itself.',
        rows: [
          ...opened,
          ['ended', `${clock(end.atMs)}, status ${end.status}`],
          ['lasted', duration(end.atMs - session.openedAtMs)],
        ],
      };
  }
}
