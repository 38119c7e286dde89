/** What the page asks for: its events and what each carries. */

import type { TerminalSize } from '../../src/machine/api.ts';
import type { RestoreSettings } from '../app/restore-choice.ts';

export interface PageEvents {
  'ask-checkpoint': { name: string; leaveRunning: boolean };
  'ask-restore': { id: string };
  'ask-exec': TerminalSize;
  'ask-pause': null;
  /** What of the settings is to change. */
  'ask-settings': Partial<RestoreSettings>;
  /** Whether somebody looks at who would survive. */
  'ask-survivors': { isWatched: boolean };
  /** Which execs a checkpoint holds; null: not of interest any more. */
  'ask-frozen-execs': { id: string | null };
  /** Takes the record of an ended session off the page. */
  'ask-dismiss': { key: number };
  'ask-dismiss-refusal': null;
  'ask-rename': { id: string; name: string };
  'ask-annotate': { id: string; note: string };
  'ask-delete': { id: string };
  'ask-verify': { id: string };
  'ask-export': { id: string; format: 'file' | 'oci' };
  'ask-share': { id: string };
  'ask-import': { file: File };
  'ask-autosave': { isOn: boolean };
  'ask-compare': { beforeId: string; afterId: string };
  /** A page of what is compared. */
  'ask-page': { pid: number; address: number };
  'ask-compare-end': null;
  'session-input': { key: number; bytes: Uint8Array };
  'session-resize': { key: number; size: TerminalSize };
}

type PageEventMap = { [Name in keyof PageEvents]: CustomEvent<PageEvents[Name]> };

declare global {
  // oxlint-disable-next-line typescript/no-empty-interface
  interface HTMLElementEventMap extends PageEventMap {}
}
