/**
 * What travels on the byte channel between a page and its machine: one MessageChannel a machine, beside the control calls.
 * Every `bytes` owns its whole buffer, which is transferred, never copied.
 *
 * Credit bounds what is on its way. The page returns it once the terminal has drawn the bytes; beyond
 * `OUTSTANDING_LIMIT_BYTES` the worker stops draining that terminal, its ring fills, and the guest's write sleeps.
 */

import type { TerminalId } from './api.ts';

/**
 * Output that may be on its way to one terminal, or drawn and not yet acknowledged. A page that returns credit once a frame
 * draws 4 MB a second at most, which leaves it most of the frame for everything else.
 */
export const OUTSTANDING_LIMIT_BYTES = 64 * 1024;

/** Page → worker. */
export type TerminalRequest =
  | { kind: 'input'; terminalId: TerminalId; bytes: Uint8Array }
  | { kind: 'resize'; terminalId: TerminalId; columns: number; rows: number }
  | { kind: 'credit'; terminalId: TerminalId; countBytes: number };

/** Worker → page. */
export type TerminalOutput = { kind: 'output'; terminalId: TerminalId; bytes: Uint8Array };
