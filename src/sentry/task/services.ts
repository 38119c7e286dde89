import { anyRef, defineState, map, text } from '../../state/index.ts';
import { panic } from '../../base/errors.ts';
import type { SessionView } from '../vfs/caller.ts';

/** What the terminal layer does when a session ends; it lives beside the task layer. */
export interface Terminals {
  /** The session's leader has exited: hangs its terminal up from the session and signals the foreground group. */
  sessionLeaderExited(session: SessionView): void;
}

/**
 * What the layers beside the task layer keep for the whole kernel (loopback stack, terminals, mounts, devices):
 * one object each, put there when the kernel is built.
 */
export class Services {
  terminals: Terminals;
  byName = new Map<string, object>();

  constructor(terminals: Terminals) {
    this.terminals = terminals;
  }

  /** The service `name`, which is known to be of class `Class`. */
  get<T extends object>(name: string, Class: abstract new (...args: never[]) => T): T {
    const service = this.byName.get(name);
    if (!(service instanceof Class)) panic(`service ${name} is not there`);
    return service;
  }

  set(name: string, service: object): void {
    this.byName.set(name, service);
  }
}

defineState(Services, 'Services', 2, { terminals: anyRef<Terminals>(), byName: map(text, anyRef<object>()) });
