import type { ByteString } from '../../base/bytes.ts';
import { bool, byteString, defineState, record, u32 } from '../../state/index.ts';

/**
 * How a thread group began: forked by the container's init (or init itself), or created from outside by exec.
 *
 * Set where the control API creates a process, copied by every clone, changed by nothing: execve, setsid, a double fork and
 * re-parenting leave it. What a restore does to a process follows from it.
 */
export type Origin = 'init' | 'exec';

/** One exec from outside: shared by all that descends from its leader, whoever their parents have become. */
export class ExecSession {
  /** Of the leader. */
  pid: number;
  /** What the leader was started as. */
  command: ByteString;
  /** Whether it lives on under the policies that keep some. */
  isRestorable: boolean;

  constructor(pid: number, command: ByteString, isRestorable: boolean) {
    this.pid = pid;
    this.command = command;
    this.isRestorable = isRestorable;
  }
}

/** A process that another one descends from, and its name at the time of the fork. */
export interface Forebear {
  readonly pid: number;
  readonly command: ByteString;
}

/** Forebears kept of a process: beyond it those between the first and the last ones are dropped. */
const MOST_FOREBEARS = 8;

/** The forebears of a child of `parent`, the first one first. */
export function forebearsOfChild(ofParent: readonly Forebear[], parent: Forebear): Forebear[] {
  const all = [...ofParent, parent];
  return all.length <= MOST_FOREBEARS ? all : [all[0]!, ...all.slice(all.length - MOST_FOREBEARS + 1)];
}

export const forebearKind = record<Forebear>({ pid: u32, command: byteString });

defineState(ExecSession, 'ExecSession', 1, { pid: u32, command: byteString, isRestorable: bool });
