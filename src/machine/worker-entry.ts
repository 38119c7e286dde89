/** What a page finds behind the port of its worker: the machine's control, and where the byte channel is handed over. */

import type { MachineApi } from './api.ts';

export interface WorkerEntry {
  machine: MachineApi;
  /** Hands over the worker's end of the byte channel; once, before `boot`. */
  connectTerminals(port: MessagePort): void;
}
