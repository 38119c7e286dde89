import type { ReadStream } from 'node:tty';
import { fstatSync } from 'node:fs';
import { HostInput } from '../host/node/host-input.ts';
import { HostOutput } from '../host/node/host-output.ts';
import { HostTerminal } from '../host/node/host-terminal.ts';
import type { Wires } from './wires.ts';

/** This process's standard streams, as the ends of a container's own. */
export interface ProcessStdio {
  /** The terminal that keys come from; null where the container gets streams. */
  readonly terminal: HostTerminal | null;
  readonly output: HostOutput;
}

/** Connects `host:0`, `host:1` and `host:2`; of a terminal both directions are `host:0`. */
export function wireStdio(wires: Wires, usesTerminal: boolean, wake: () => void): ProcessStdio {
  const terminal = usesTerminal ? new HostTerminal(process.stdin as ReadStream, process.stdout) : null;
  const input = new HostInput(() => process.stdin, wake);
  const output = new HostOutput(process.stdout, wake);
  if (terminal !== null) {
    wires.set('host:0', { input, output, hangsUp: process.stdin.isTTY });
  } else {
    wires.set('host:0', { input, output: null });
    wires.set('host:1', { input: null, output });
    wires.set('host:2', { input: null, output: new HostOutput(process.stderr, wake) });
  }
  return { terminal, output };
}

/** Whether two descriptors of this process lead to the same file: then the guest's do too, and what is written to them keeps its order. */
export function isOneFile(fd: number, other: number): boolean {
  try {
    const a = fstatSync(fd);
    const b = fstatSync(other);
    return a.dev === b.dev && a.ino === b.ino && a.rdev === b.rdev;
  } catch {
    return false;
  }
}
