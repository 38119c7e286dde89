import { panic } from '../base/errors.ts';
import type { Kind } from './kinds.ts';
import type { LoadContext } from './wire.ts';

/** A field as the engine runs it; which of the four it is stands in `rule`. */
export type FieldPlan =
  | { readonly name: string; readonly rule: 'saved'; readonly kind: Kind<unknown> }
  | { readonly name: string; readonly rule: 'derived'; readonly compute: (self: object) => unknown }
  | { readonly name: string; readonly rule: 'atRest'; readonly make: () => unknown }
  | { readonly name: string; readonly rule: 'edge'; readonly port: string; readonly keyOf: (self: object) => string };

export interface ClassPlan {
  readonly name: string;
  readonly version: number;
  readonly prototype: object;
  /** In schema order. */
  readonly fields: readonly FieldPlan[];
  readonly fieldNames: readonly string[];
  /** Whether any field is derived or made at rest. */
  readonly hasComputed: boolean;
  /** Stands for names, kinds and order of all fields, inherited ones included; two u32 halves. */
  readonly fingerprint: readonly [number, number];
  readonly afterLoad: ((self: object, context: LoadContext) => void) | null;
  /** Hooks run in ascending order, then in object order. */
  readonly hookOrder: number;
  /** Makes an instance without fields. */
  readonly allocate: () => object;
}

const byName = new Map<string, ClassPlan>();
const byPrototype = new Map<object, ClassPlan>();

export function register(plan: ClassPlan): void {
  if (byName.has(plan.name)) panic(`two classes have the state name ${plan.name}`);
  if (byPrototype.has(plan.prototype)) panic(`the class ${plan.name} has a second schema, ${byPrototype.get(plan.prototype)?.name}`);
  byName.set(plan.name, plan);
  byPrototype.set(plan.prototype, plan);
}

/** The class registered under a name that the schema itself gives; one that is missing is our bug. */
export function classNamed(name: string): ClassPlan {
  return byName.get(name) ?? panic(`no class has the state name ${name}: is its module imported?`);
}

export function findClass(name: string): ClassPlan | undefined {
  return byName.get(name);
}

/** The plan of an object's own class; a base class's does not count. */
export function planOf(target: object): ClassPlan | undefined {
  const prototype: unknown = Object.getPrototypeOf(target);
  return typeof prototype === 'object' && prototype !== null ? byPrototype.get(prototype) : undefined;
}

/** All classes with a schema, in the order of their definition: for the inspector. */
export function allClasses(): readonly ClassPlan[] {
  return [...byName.values()];
}

export function isInstance(prototype: object, target: object): boolean {
  return Object.prototype.isPrototypeOf.call(prototype, target);
}

/** A 64-bit FNV-style hash in two halves: tells schemas apart, protects nothing. */
export function fingerprintOf(description: string): [number, number] {
  let low = 0x811c9dc5;
  let high = 0x9dc5811c;
  for (let i = 0; i < description.length; i++) {
    const code = description.charCodeAt(i);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ (code + (low >>> 24)), 0x85ebca6b);
  }
  return [low >>> 0, high >>> 0];
}
