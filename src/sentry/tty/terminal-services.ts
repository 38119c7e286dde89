import { defineState } from '../../state/index.ts';
import type { SessionView } from '../vfs/caller.ts';
import { sessionLeaderExits } from './job-control.ts';

/** What the task layer asks of the terminals. */
export class TerminalServices {
  sessionLeaderExited(session: SessionView): void {
    sessionLeaderExits(session);
  }
}

defineState(TerminalServices, 'TerminalServices', 1, {});
