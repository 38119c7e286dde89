/** Where the kernels of two images differ, field by field, as the schemas of their classes name them. */

import { textFromByteString } from '../base/bytes.ts';
import { HART_BYTES, HART_PC, HART_X } from '../core/layout.ts';
import { planOf } from '../state/index.ts';
import type { ClassPlan, FieldPlan } from '../state/index.ts';
import type { InspectedImage } from './image.ts';
import { Identities } from './identity.ts';
import type { PageComparison } from './page-content.ts';
import { STATE_DIFF_LIMIT } from './report.ts';
import type { FieldDiff } from './report.ts';

const LONGEST_TEXT = 60;
/** Of a field: those far down a line of nameless objects are told by the end. */
const LONGEST_NAME = 300;
const REGISTERS = 'zero ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 t3 t4 t5 t6'.split(' ');
/** Fields whose numbers are read in another base. */
const OCTAL = /(^|\.)(mode|umask|[ioc]flag|lflag|statusFlags)$/;
const HEX = /(mask|pending|signals|address|start|end|top|flags|list|stack|brk|area|tid)$/i;
/** Caches of the base image's content, which an image holds only while they are mapped. */
const CACHES: ReadonlySet<string> = new Set(['RootInode.cleanPages', 'HostInode.pages']);

/** Fields that differ, an object after the other as they are met from the kernel on; at most `STATE_DIFF_LIMIT`. */
export function diffState(before: InspectedImage, after: InspectedImage, pages: PageComparison): FieldDiff[] {
  const walk = new StateWalk(before, after, pages);
  walk.run();
  return walk.found;
}

interface Pair {
  readonly before: object;
  readonly after: object;
  readonly name: string;
}

/** Walks two graphs at once: from each pair of objects to those they refer to. */
class StateWalk {
  readonly found: FieldDiff[] = [];
  private readonly pages: PageComparison;
  private readonly ofBefore: Identities;
  private readonly ofAfter: Identities;
  private readonly seen = new Set<object>();
  private readonly waiting: Pair[] = [];

  constructor(before: InspectedImage, after: InspectedImage, pages: PageComparison) {
    this.pages = pages;
    [this.ofBefore, this.ofAfter] = Identities.ofPair(before.kernel, after.kernel);
    this.refer(before.kernel, after.kernel, 'kernel');
  }

  run(): void {
    for (let at = 0; at < this.waiting.length && this.found.length < STATE_DIFF_LIMIT; at++) {
      const { before, after, name } = this.waiting[at]!;
      const plan = planOf(before);
      if (plan === undefined) continue;
      for (const field of plan.fields) this.compareField(plan, field, before, after, `${name}.${field.name}`);
    }
    this.found.length = Math.min(this.found.length, STATE_DIFF_LIMIT);
  }

  private compareField(plan: ClassPlan, field: FieldPlan, before: object, after: object, name: string): void {
    if (field.rule === 'edge') {
      this.compare(field.keyOf(before), field.keyOf(after), name);
      return;
    }
    if (field.rule !== 'saved' || CACHES.has(`${plan.name}.${field.name}`)) return;
    const one: unknown = Reflect.get(before, field.name);
    const other: unknown = Reflect.get(after, field.name);
    if (field.kind.description === 'frame') this.compareFrames(new Map([[0, Number(one)]]), new Map([[0, Number(other)]]), name);
    else if (field.kind.description === 'map(u32, frame)') this.compareFrames(framesOf(one), framesOf(other), name);
    else if (plan.name === 'Task' && field.name === 'savedRegisters') this.compareRegisters(one, other, name);
    else this.compare(one, other, name);
  }

  private compare(before: unknown, after: unknown, name: string): void {
    if (Object.is(before, after)) return;
    if (typeof before !== 'object' || typeof after !== 'object' || before === null || after === null) {
      this.tell(name, before, after);
    } else if (ArrayBuffer.isView(before) && ArrayBuffer.isView(after)) {
      this.compareBytes(before, after, name);
    } else if (Array.isArray(before) && Array.isArray(after)) {
      this.compareLists(before, after, name);
    } else if (before instanceof Map && after instanceof Map) {
      this.compareMaps(before, after, name);
    } else if (before instanceof Set && after instanceof Set) {
      this.compareLists([...before], [...after], name);
    } else if (planOf(before) === undefined && planOf(after) === undefined) {
      for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) this.compare(Reflect.get(before, key), Reflect.get(after, key), `${name}.${key}`);
    } else {
      this.refer(before, after, name);
    }
  }

  /** Two references: to one thing, or to different ones. */
  private refer(before: object, after: object, name: string): void {
    const one = this.ofBefore.of(before);
    const other = this.ofAfter.of(after);
    if (one !== other || planOf(before) !== planOf(after)) {
      this.tell(name, before, after);
    } else if (!this.seen.has(before)) {
      this.seen.add(before);
      this.waiting.push({ before, after, name: one ?? name });
    }
  }

  /** Things with names of their own are matched by these, wherever they stand; all else by its place. */
  private compareLists(before: readonly unknown[], after: readonly unknown[], name: string): void {
    const one = this.byName(before, this.ofBefore);
    const other = this.byName(after, this.ofAfter);
    if (one !== null && other !== null) {
      this.compareEntries(one, other, name);
      return;
    }
    for (let i = 0; i < Math.max(before.length, after.length); i++) this.compare(before[i], after[i], `${name}[${i}]`);
  }

  private compareMaps(before: ReadonlyMap<unknown, unknown>, after: ReadonlyMap<unknown, unknown>, name: string): void {
    this.compareEntries(this.byKey(before, this.ofBefore), this.byKey(after, this.ofAfter), name);
  }

  private compareEntries(one: ReadonlyMap<string, unknown>, other: ReadonlyMap<string, unknown>, name: string): void {
    for (const [key, value] of one) this.compare(value, other.get(key), `${name}[${key}]`);
    for (const [key, value] of other) if (!one.has(key)) this.tell(`${name}[${key}]`, undefined, value);
  }

  private byName(items: readonly unknown[], identities: Identities): Map<string, unknown> | null {
    const byName = new Map<string, unknown>();
    for (const item of items) {
      const name = typeof item === 'object' && item !== null ? identities.of(item) : null;
      if (name === null) return null;
      byName.set(name, item);
    }
    return byName.size === items.length ? byName : null;
  }

  private byKey(entries: ReadonlyMap<unknown, unknown>, identities: Identities): Map<string, unknown> {
    let count = 0;
    return new Map([...entries].map(([key, value]) => {
      count++;
      if (typeof key === 'object' && key !== null) return [identities.of(key) ?? `#${count}`, value];
      return [typeof key === 'string' ? textOf(key) : String(key), value];
    }));
  }

  private compareBytes(before: ArrayBufferView, after: ArrayBufferView, name: string): void {
    const one = new Uint8Array(before.buffer, before.byteOffset, before.byteLength);
    const other = new Uint8Array(after.buffer, after.byteOffset, after.byteLength);
    let count = Math.abs(one.length - other.length);
    for (let i = 0; i < Math.min(one.length, other.length); i++) if (one[i] !== other[i]) count++;
    if (count > 0) this.add(name, `${one.length} bytes`, `${other.length} bytes, ${count} differ`);
  }

  /** Frames by page: whether their content differs. */
  private compareFrames(before: ReadonlyMap<number, number>, after: ReadonlyMap<number, number>, name: string): void {
    let count = 0;
    for (const page of new Set([...before.keys(), ...after.keys()])) if (this.pages.changedBytes(before.get(page) ?? 0, after.get(page) ?? 0) !== 0) count++;
    if (count > 0) this.add(name, `${before.size} pages`, `${after.size} pages, ${count} differ`);
  }

  private compareRegisters(before: unknown, after: unknown, name: string): void {
    if (!(before instanceof Uint8Array) || !(after instanceof Uint8Array)) return;
    if (before.length !== HART_BYTES || after.length !== HART_BYTES) {
      this.compareBytes(before, after, name);
      return;
    }
    const start = name.slice(0, name.lastIndexOf('.'));
    const one = new DataView(before.buffer, before.byteOffset);
    const other = new DataView(after.buffer, after.byteOffset);
    const places: readonly (readonly [string, number])[] = [['pc', HART_PC], ...REGISTERS.map((register, i) => [register, HART_X + i * 8] as const)];
    for (const [register, at] of places) {
      const was = one.getBigUint64(at, true);
      const is = other.getBigUint64(at, true);
      if (was !== is) this.add(`${start}.${register}`, `0x${was.toString(16)}`, `0x${is.toString(16)}`);
    }
    const rest = HART_X + REGISTERS.length * 8;
    this.compareBytes(before.subarray(rest, HART_PC), after.subarray(rest, HART_PC), `${start}.float`);
  }

  private tell(name: string, before: unknown, after: unknown): void {
    this.add(name, this.describe(name, before, this.ofBefore), this.describe(name, after, this.ofAfter));
  }

  private add(name: string, before: string | null, after: string | null): void {
    if (this.found.length < STATE_DIFF_LIMIT) this.found.push({ name: name.length > LONGEST_NAME ? `…${name.slice(-LONGEST_NAME)}` : name, before, after });
  }

  /** A value in a few words; null for one that is not there. */
  private describe(name: string, value: unknown, identities: Identities): string | null {
    if (value === undefined) return null;
    if (typeof value === 'string') return textOf(value);
    if (typeof value === 'number') return Number.isInteger(value) && value > 0 && OCTAL.test(name) ? `0${value.toString(8)}` : Number.isInteger(value) && value > 9 && HEX.test(name) ? `0x${value.toString(16)}` : String(value);
    if (typeof value === 'bigint') return HEX.test(name) ? `0x${value.toString(16)}` : String(value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
    if (Array.isArray(value)) return `${value.length} elements`;
    if (value instanceof Map || value instanceof Set) return `${value.size} elements`;
    const plan = planOf(value);
    if (plan === undefined) return Object.entries(value).map(([key, part]) => `${key} ${this.describe(key, part, identities) ?? ''}`).join(', ');
    return identities.of(value) ?? plan.name;
  }
}

/** A guest string for people, in quotes, cut where it is long. */
function textOf(value: string): string {
  const text = [...value].every((character) => character.charCodeAt(0) <= 0xff) ? textFromByteString(value) : value;
  return JSON.stringify(text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text);
}

function framesOf(value: unknown): Map<number, number> {
  const frames = new Map<number, number>();
  if (value instanceof Map) for (const [page, frame] of value) frames.set(Number(page), Number(frame));
  return frames;
}
