/**
 * Kinds of values made of others: null, arrays, maps, plain objects, references.
 *
 * Identity is kept: an array, map or plain object that two fields share is one again after the load.
 */

import { panic } from '../base/errors.ts';
import { makeKind } from './kinds.ts';
import type { Kind } from './kinds.ts';
import { classNamed, isInstance } from './registry.ts';
import type { GraphWriter } from './writer.ts';

export function optional<T>(kind: Kind<T>): Kind<T | null> {
  return makeKind<T | null>(
    `optional(${kind.description})`,
    (writer, value) => {
      if (value === null) {
        writer.int(0);
        return;
      }
      writer.int(1);
      kind.write(writer, value);
    },
    (reader) => (reader.upTo(1, 'a mark of presence') === 0 ? null : kind.read(reader)),
  );
}

export function list<T>(element: Kind<T>): Kind<readonly T[]> {
  const description = `list(${element.description})`;
  return makeKind<readonly T[]>(
    description,
    (writer, value) => {
      if (!Array.isArray(value)) writer.reject(value, 'an array');
      if (writer.writtenBefore(value, description)) return;
      writer.int(value.length + 1);
      for (const item of value) element.write(writer, item);
    },
    (reader) => {
      const header = reader.lengthPlusOne();
      if (header === 0) return reader.readBefore(description);
      const result = reader.began<unknown[]>([], description);
      for (let i = 1; i < header; i++) result.push(element.read(reader));
      return result;
    },
  );
}

/** An array of fixed length with a kind for each place. */
export function tuple<const K extends readonly Kind<never>[]>(...kinds: K): Kind<TupleOf<K>> {
  const description = `tuple(${kinds.map((kind) => kind.description).join(', ')})`;
  const widened: readonly Kind<unknown>[] = widen(kinds);
  return makeKind<TupleOf<K>>(
    description,
    (writer, value: unknown) => {
      if (!isArray(value) || value.length !== widened.length) return writer.reject(value, `an array of ${widened.length}`);
      if (writer.writtenBefore(value, description)) return;
      writer.int(1);
      for (let i = 0; i < widened.length; i++) widened[i]?.write(writer, value[i]);
    },
    (reader) => {
      if (reader.upTo(1, 'a mark of presence') === 0) return reader.readBefore(description);
      const result = reader.began<unknown[]>([], description);
      for (const kind of widened) result.push(kind.read(reader));
      return result;
    },
  );
}

export type TupleOf<K extends readonly Kind<never>[]> = { readonly [I in keyof K]: K[I] extends Kind<infer T> ? T : never };

/** A Map, in its insertion order. */
export function map<K, V>(key: Kind<K>, value: Kind<V>): Kind<ReadonlyMap<K, V>> {
  return mapOf(key, value, (_writer, write) => write());
}

/** As `map`, for many entries whose kinds write integers alone: a walk may leave them for later (`beginWalk`). */
export function mapLater<K>(key: Kind<K>, value: Kind<number>): Kind<ReadonlyMap<K, number>> {
  return mapOf(key, value, (writer, write) => writer.later(write));
}

function mapOf<K, V>(key: Kind<K>, value: Kind<V>, writeEntries: (writer: GraphWriter, write: () => void) => void): Kind<ReadonlyMap<K, V>> {
  const description = `map(${key.description}, ${value.description})`;
  return makeKind<ReadonlyMap<K, V>>(
    description,
    (writer, entries) => {
      if (!(entries instanceof Map)) writer.reject(entries, 'a Map');
      if (writer.writtenBefore(entries, description)) return;
      writer.int(entries.size + 1);
      writeEntries(writer, () => {
        for (const [k, v] of entries) {
          key.write(writer, k);
          value.write(writer, v);
        }
      });
    },
    (reader) => {
      const header = reader.lengthPlusOne();
      if (header === 0) return reader.readBefore(description);
      const result = reader.began(new Map<unknown, unknown>(), description);
      for (let i = 1; i < header; i++) {
        const k = key.read(reader);
        result.set(k, value.read(reader));
      }
      if (result.size !== header - 1) reader.refuse('a map with one key twice');
      return result;
    },
  );
}

/** A Set, in its insertion order. */
export function set<T>(element: Kind<T>): Kind<ReadonlySet<T>> {
  const description = `set(${element.description})`;
  return makeKind<ReadonlySet<T>>(
    description,
    (writer, elements) => {
      if (!(elements instanceof Set)) writer.reject(elements, 'a Set');
      if (writer.writtenBefore(elements, description)) return;
      writer.int(elements.size + 1);
      for (const value of elements) element.write(writer, value);
    },
    (reader) => {
      const header = reader.lengthPlusOne();
      if (header === 0) return reader.readBefore(description);
      const result = reader.began(new Set<unknown>(), description);
      for (let i = 1; i < header; i++) result.add(element.read(reader));
      if (result.size !== header - 1) reader.refuse('a set with one element twice');
      return result;
    },
  );
}

/** A kind for each field of the plain object type `T`, none left out. */
export type RecordFields<T> = { readonly [F in keyof T]-?: Kind<T[F]> };

/** A plain object. Give the type, `record<Rusage>({ … })`, so that the compiler counts the fields. */
export function record<T extends object>(fields: RecordFields<T>): Kind<T> {
  const names = fieldNames(fields);
  const kinds = kindsOf(fields, names);
  const description = `{${names.map((name, i) => `${name}: ${kinds[i]?.description}`).join('; ')}}`;
  return makeKind<T>(
    description,
    (writer, value) => {
      if (typeof value !== 'object' || value === null) writer.reject(value, 'a plain object');
      if (writer.writtenBefore(value, description)) return;
      writer.int(1);
      const outer = writer.fieldName;
      checkKeys(value, names, (key) => writer.reject(value, `covered: its key ${key} is not in the schema`));
      for (let i = 0; i < names.length; i++) {
        const name = names[i] ?? '';
        writer.fieldName = `${outer}.${name}`;
        kinds[i]?.write(writer, Reflect.get(value, name));
      }
      writer.fieldName = outer;
    },
    (reader) => {
      if (reader.upTo(1, 'a mark of presence') === 0) return reader.readBefore(description);
      const result = reader.began<Record<string, unknown>>({}, description);
      for (let i = 0; i < names.length; i++) result[names[i] ?? ''] = kinds[i]?.read(reader);
      return result;
    },
  );
}

type Tags<T, D extends keyof T> = T[D] & string;
type Variant<T, D extends keyof T, V> = Omit<Extract<T, Record<D, V>>, D>;

/** A plain object whose string field `tag` says which of several shapes it has: `tagged<Wait, 'type'>('type', { futex: { … }, poll: { … } })`. */
export function tagged<T extends object, D extends keyof T & string>(
  tag: D,
  variants: { readonly [V in Tags<T, D>]: RecordFields<Variant<T, D, V>> },
): Kind<T> {
  const tags: string[] = Object.keys(variants);
  const names: string[][] = [];
  const allNames: string[][] = [];
  const kinds: Kind<unknown>[][] = [];
  for (const value of tags) {
    const fields: unknown = Reflect.get(variants, value);
    if (typeof fields !== 'object' || fields === null) panic(`tagged: variant ${value} has no fields`);
    const variantNames = fieldNames(fields);
    names.push(variantNames);
    allNames.push([tag, ...variantNames]);
    kinds.push(kindsOf(fields, variantNames));
  }
  const shapes = tags.map((value, v) => `${value} {${(names[v] ?? []).map((name, i) => `${name}: ${kinds[v]?.[i]?.description}`).join('; ')}}`);
  const description = `tagged(${tag}: ${shapes.join(' | ')})`;
  return makeKind<T>(
    description,
    (writer, value) => {
      if (typeof value !== 'object' || value === null) writer.reject(value, 'a plain object');
      const variant = tags.indexOf(String(Reflect.get(value, tag)));
      if (variant < 0) writer.reject(value[tag], `a ${tag}: one of ${tags.join(', ')}`);
      if (writer.writtenBefore(value, description)) return;
      writer.int(1 + variant);
      const outer = writer.fieldName;
      checkKeys(value, allNames[variant] ?? [], (key) => writer.reject(value, `covered: its key ${key} is not in the schema`));
      const variantNames = names[variant] ?? [];
      for (let i = 0; i < variantNames.length; i++) {
        const name = variantNames[i] ?? '';
        writer.fieldName = `${outer}.${name}`;
        kinds[variant]?.[i]?.write(writer, Reflect.get(value, name));
      }
      writer.fieldName = outer;
    },
    (reader) => {
      const header = reader.upTo(tags.length, `one of ${tags.length} shapes`);
      if (header === 0) return reader.readBefore(description);
      const result = reader.began<Record<string, unknown>>({}, description);
      result[tag] = tags[header - 1];
      const variantNames = names[header - 1] ?? [];
      for (let i = 0; i < variantNames.length; i++) result[variantNames[i] ?? ''] = kinds[header - 1]?.[i]?.read(reader);
      return result;
    },
  );
}

/**
 * A reference to an instance of the class registered as `name`, or of a class derived from it. By name, so that two files
 * whose classes refer to each other need not import each other's code.
 */
export function ref<T extends object>(name: string): Kind<T> {
  return makeKind<T>(
    `ref(${name})`,
    (writer, value) => {
      if (typeof value !== 'object' || value === null || !isInstance(classNamed(name).prototype, value)) writer.reject(value, `an instance of ${name}`);
      writer.object(value);
    },
    (reader) => {
      const target = reader.object();
      if (!isInstance(classNamed(name).prototype, target)) reader.refuse(`the object referred to is not an instance of ${name}`);
      return target;
    },
  );
}

/** A reference to an instance of any class with a schema: for fields typed by an interface. */
export function anyRef<T extends object>(): Kind<T> {
  return makeKind<T>(
    'anyRef',
    (writer, value) => {
      if (typeof value !== 'object' || value === null) writer.reject(value, 'an object');
      writer.object(value);
    },
    (reader) => reader.object(),
  );
}

/** Calls `unknown` with the first own key of `value` that is not among `names`, or is missing there. */
export function checkKeys(value: object, names: readonly string[], unknown: (key: string) => never): void {
  const keys = Object.keys(value);
  let inOrder = keys.length === names.length;
  for (let i = 0; inOrder && i < keys.length; i++) inOrder = keys[i] === names[i];
  if (inOrder) return;
  for (const key of keys) if (!names.includes(key)) unknown(key);
  for (const name of names) if (!Object.hasOwn(value, name)) unknown(`${name} (missing)`);
}

function fieldNames(fields: object): string[] {
  const names = Object.keys(fields);
  if (names.includes('__proto__')) panic('a state field cannot be named __proto__');
  return names;
}

function kindsOf(fields: object, names: readonly string[]): Kind<unknown>[] {
  return names.map((name) => {
    const kind: unknown = Reflect.get(fields, name);
    if (!isKind(kind)) panic(`the kind of field ${name} is not defined yet: define kinds before they are used`);
    return kind;
  });
}

function isKind(value: unknown): value is Kind<unknown> {
  return typeof value === 'object' && value !== null && Reflect.get(value, 'rule') === 'saved';
}

function isArray(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Kinds seen without their types: each checks at save what it is given. */
function widen(kinds: readonly Kind<never>[]): readonly Kind<unknown>[] {
  return kinds.filter(isKind);
}
