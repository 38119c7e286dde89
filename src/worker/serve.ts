/**
 * Serves one machine to one page: control calls by comlink on the worker's own port, terminal bytes on a channel of their own.
 */

import * as Comlink from 'comlink';
import type { MachineApi, MachineDriver } from '../machine/api.ts';
import type { WorkerEntry } from '../machine/worker-entry.ts';
import { TerminalPort } from './terminal-port.ts';
import { Turns } from './turns.ts';
import { waking } from './waking.ts';

/** Host time of one slice: the longest a key waits for the machine, beside one screenful of output. */
const SLICE_MS = 8;

/** Offers `machine` and keeps it running. */
export function serve(machine: MachineApi & MachineDriver): void {
  let terminals: TerminalPort | null = null;

  const turns = new Turns(() => {
    const outcome = machine.runSlice(SLICE_MS);
    const hasMore = terminals?.pump() ?? false;
    return outcome.isRunnable || hasMore ? 0 : outcome.idleMs;
  });
  const wake = (): void => turns.wake();

  const entry: WorkerEntry = {
    machine: waking<MachineApi>(machine, wake),
    connectTerminals(port) {
      terminals = new TerminalPort(port, machine, wake);
    },
  };
  Comlink.expose(entry);
}
