import { anyRef, defineState, map, text } from '../../state/index.ts';

/**
 * What the layers beside the task layer keep for the whole kernel (the loopback stack, the terminal devices, mount tables …):
 * one object each, by name, put there when the kernel is built.
 */
export class Services {
  byName = new Map<string, object>();

  /** The service `name`, which is known to be of class `Class`. */
  get<T extends object>(name: string, Class: abstract new (...args: never[]) => T): T {
    const service = this.byName.get(name);
    if (!(service instanceof Class)) throw new Error(`no service ${name}`);
    return service;
  }

  set(name: string, service: object): void {
    this.byName.set(name, service);
  }
}

defineState(Services, 'Services', 1, { byName: map(text, anyRef<object>()) });
