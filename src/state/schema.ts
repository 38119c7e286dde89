/**
 * Declares the state of a class, beside the class: every field is named, or the program does not compile.
 *
 *     defineState(Pipe, 'Pipe', 1, {
 *       ring: bytes,
 *       used: u32,
 *       readQueue: ref<WaitQueue>('WaitQueue'),
 *       scratch: derived(() => new Uint8Array(64)),
 *     });
 *
 * Fields must be public (TypeScript's `private` hides them from the count; the save then panics and names the key).
 */

import { panic } from '../base/errors.ts';
import type { Kind } from './kinds.ts';
import { fingerprintOf, register } from './registry.ts';
import type { ClassPlan, FieldPlan } from './registry.ts';
import type { LoadContext } from './wire.ts';

/** Computed from other fields after all are filled; never saved. */
export interface Derived<out T, in Self> {
  readonly rule: 'derived';
  readonly compute: (self: Self) => T;
}

/** Used only within a slice: made anew, never saved. */
export interface AtRest<out T> {
  readonly rule: 'atRest';
  readonly make: () => T;
}

/** Belongs to the outside: its key is saved, and what the key means now is bound at restore. */
export interface Edge<T, in Self> {
  readonly rule: 'edge';
  readonly port: string;
  readonly keyOf: (self: Self) => string;
  /** Never set: carries the type of what is bound. */
  readonly bound?: T;
}

export type FieldRule<T, Self> = Kind<T> | Derived<T, Self> | AtRest<T> | Edge<T, Self>;

/** The names of `C`'s fields: its public properties without its methods. */
export type FieldNames<C> = { [F in keyof C]-?: C[F] extends (...args: never) => unknown ? never : F }[keyof C];

/** One rule for each field of `C`, none left out and none too many. */
export type StateFields<C> = { readonly [F in FieldNames<C>]: FieldRule<C[F], C> };

/** Anything with a prototype: a class, abstract or not, whatever its constructor takes. */
export interface ClassOf<C> {
  readonly prototype: C;
}

export interface StateOptions<C> {
  /** Runs after all objects are filled, bound and derived. */
  afterLoad?: (self: C, context: LoadContext) => void;
  /** Hooks of lower order run first, of equal order in object order. Default 0. */
  hookOrder?: number;
}

export interface StateSchema<C> {
  readonly name: string;
  readonly fields: StateFields<C>;
}

export function derived<T, Self>(compute: (self: Self) => T): Derived<T, Self> {
  return { rule: 'derived', compute };
}

export function atRest<T>(make: () => T): AtRest<T> {
  return { rule: 'atRest', make };
}

/** @param keyOf  the key that stands for what is bound, told to `LoadContext.bindEdge` */
export function edge<T, Self>(port: string, keyOf: (self: Self) => string): Edge<T, Self> {
  return { rule: 'edge', port, keyOf };
}

/**
 * Defines the state of `Class`.
 *
 * @param name     unique among all classes; what `ref` names and the image holds
 * @param version  raised whenever the meaning of a field changes though its kind does not
 * @param fields   one rule for each field, inherited ones included (see `extend`)
 */
export function defineState<C extends object>(
  Class: ClassOf<C>,
  name: string,
  version: number,
  fields: StateFields<NoInfer<C>>,
  options: StateOptions<NoInfer<C>> = {},
): StateSchema<C> {
  const plans = Object.keys(fields).map((field) => planField(name, field, Reflect.get(fields, field)));
  const description = plans.map((plan) => `${plan.name}: ${describeField(plan)}`).join('; ');
  const { afterLoad } = options;
  const { prototype } = Class;
  const plan: ClassPlan = {
    name,
    version,
    prototype,
    fields: plans,
    fieldNames: plans.map((field) => field.name),
    hasComputed: plans.some((field) => field.rule === 'derived' || field.rule === 'atRest'),
    fingerprint: fingerprintOf(description),
    afterLoad: afterLoad === undefined ? null : (self, context) => afterLoad(instanceOf(Class, self), context),
    hookOrder: options.hookOrder ?? 0,
    allocate: () => Object.create(prototype),
  };
  register(plan);
  return { name, fields };
}

/**
 * The fields of a subclass: those of the base schema and its own.
 *
 *     defineState(RegularFile, 'RegularFile', 1, extend(inodeState, { content: list(frame) }));
 */
export function extend<B, F extends object>(base: StateSchema<B>, own: F): StateFields<B> & F {
  return { ...base.fields, ...own };
}

function planField(className: string, name: string, rule: unknown): FieldPlan {
  if (name === '__proto__') panic(`${className}: a state field cannot be named __proto__`);
  if (isRule(rule, 'saved')) return { name, rule: 'saved', kind: rule };
  if (isRule(rule, 'derived')) return { name, rule: 'derived', compute: rule.compute };
  if (isRule(rule, 'atRest')) return { name, rule: 'atRest', make: rule.make };
  if (isRule(rule, 'edge')) return { name, rule: 'edge', port: rule.port, keyOf: rule.keyOf };
  return panic(`${className}.${name}: its kind is not defined yet: define kinds before they are used`);
}

interface RuleOf {
  saved: Kind<unknown>;
  derived: Derived<unknown, object>;
  atRest: AtRest<unknown>;
  edge: Edge<unknown, object>;
}

function isRule<R extends keyof RuleOf>(value: unknown, rule: R): value is RuleOf[R] {
  return typeof value === 'object' && value !== null && Reflect.get(value, 'rule') === rule;
}

function describeField(plan: FieldPlan): string {
  if (plan.rule === 'saved') return plan.kind.description;
  return plan.rule === 'edge' ? `edge(${plan.port})` : plan.rule;
}

function instanceOf<C extends object>(Class: ClassOf<C>, self: object): C {
  if (!isOfClass(Class, self)) panic('a load hook was given an instance of another class');
  return self;
}

function isOfClass<C extends object>(Class: ClassOf<C>, self: object): self is C {
  return Object.prototype.isPrototypeOf.call(Class.prototype, self);
}
