import { describe, expect, it } from 'vitest';
import { ImageError, KernelPanic } from '../../src/base/errors.ts';
import {
  anyRef, atRest, big, bool, bytes, byteString, defineState, derived, edge, enumOf, extend, f64, f64s, frame, frames, i32, int, list,
  loadGraph, map, optional, record, ref, saveGraph, set, tagged, text, tuple, u32, u32s, u8,
} from '../../src/state/index.ts';
import { loadContext, plainWire, saveContext } from './state-wire.ts';

interface Usage {
  userNs: number;
  label: string | null;
}
type Wait = { type: 'futex'; address: number } | { type: 'poll'; fds: number[]; deadlineNs: number | null };

abstract class Inode {
  ino = 1;
  links = new Map<string, Inode>();
  abstract size(): number;
}
class Regular extends Inode {
  content = [0, 7, 9];
  pages = Uint32Array.of(7, 0, 11);
  size(): number {
    return 3;
  }
}
class Directory extends Inode {
  parent: Directory | null = null;
  size(): number {
    return 0;
  }
}

const inodeState = defineState(Inode, 'test.Inode', 1, { ino: u32, links: map(byteString, ref<Inode>('test.Inode')) });
defineState(Regular, 'test.Regular', 1, extend(inodeState, { content: list(frame), pages: frames }));
defineState(Directory, 'test.Directory', 1, extend(inodeState, { parent: optional(ref<Directory>('test.Directory')) }));

const order: string[] = [];

class Everything {
  small = 255;
  signed = -5;
  whole = -(2 ** 53);
  numbers = [0, -0, NaN, Infinity, -1.5, 5e-324];
  bigs = [0n, -1n, 2n ** 63n, -(2n ** 127n), 2n ** 128n - 1n, 123456789012345678n];
  flag = true;
  path = '/bin/\xff\x00';
  title = 'Füße 日本 \ud800';
  ring = Uint8Array.of(1, 2, 3);
  words = Uint32Array.of(1, 0xffffffff);
  floats = Float64Array.of(-0, Math.PI);
  mode: 'raw' | 'cooked' = 'cooked';
  maybe: number | null = null;
  pair: [number, string] = [3, 'x'];
  table = new Map<number, Inode>();
  marks = new Set<number>([3, 1, 2]);
  usage: Usage = { userNs: 5, label: null };
  waits: Wait[] = [{ type: 'futex', address: 4096 }, { type: 'poll', fds: [1], deadlineNs: 7 }];
  shared: number[] = [1];
  sharedAgain = this.shared;
  self: object = this;
  doubled = 510;
  scratch: number[] = [];
  console: { key: string } | null = null;
}

defineState(
  Everything,
  'test.Everything',
  3,
  {
    small: u8,
    signed: i32,
    whole: int,
    numbers: list(f64),
    bigs: list(big),
    flag: bool,
    path: byteString,
    title: text,
    ring: bytes,
    words: u32s,
    floats: f64s,
    mode: enumOf('raw', 'cooked'),
    maybe: optional(u32),
    pair: tuple(u32, byteString),
    table: map(u32, ref<Inode>('test.Inode')),
    marks: set(u32),
    usage: record<Usage>({ userNs: int, label: optional(text) }),
    waits: list(tagged<Wait, 'type'>('type', { futex: { address: int }, poll: { fds: list(i32), deadlineNs: optional(int) } })),
    shared: list(u32),
    sharedAgain: list(u32),
    self: anyRef<object>(),
    doubled: derived((self) => self.small * 2),
    scratch: atRest(() => []),
    console: edge('console', (self) => `tty${self.small}`),
  },
  { afterLoad: (self) => order.push(`everything ${self.doubled}`), hookOrder: 2 },
);

class Link {
  next: Link | null = null;
  id = 0;
}
defineState(Link, 'test.Link', 1, { next: optional(ref<Link>('test.Link')), id: u32 }, { afterLoad: (self) => self.id < 2 && order.push(`link ${self.id}`), hookOrder: 1 });

// Totality is the compiler's: each of these must not compile.
export function mustNotCompile(): void {
  // @ts-expect-error a field is left out
  defineState(Link, 'never.1', 1, { id: u32 });
  // @ts-expect-error a field that the class does not have
  defineState(Link, 'never.2', 1, { next: optional(ref<Link>('test.Link')), id: u32, other: u32 });
  // @ts-expect-error a kind that does not fit the field
  defineState(Link, 'never.3', 1, { next: optional(ref<Link>('test.Link')), id: byteString });
  // @ts-expect-error null is not covered
  defineState(Link, 'never.4', 1, { next: ref<Link>('test.Link'), id: u32 });
  // @ts-expect-error an inherited field is left out
  defineState(Directory, 'never.5', 1, { parent: optional(ref<Directory>('test.Directory')) });
  // @ts-expect-error an enum that lacks a value of the field
  enumKind satisfies { write: (writer: never, value: 'a' | 'b' | 'c') => void };
  // @ts-expect-error a record with a field left out
  record<Usage>({ userNs: int });
}
const enumKind = enumOf('a', 'b');

function everything(): Everything {
  const root = new Everything();
  const dir = new Directory();
  const file = new Regular();
  dir.parent = dir;
  dir.links.set('f', file);
  dir.links.set('.', dir);
  root.table.set(5, file);
  root.table.set(2, dir);
  return root;
}

describe('saveGraph and loadGraph', () => {
  it('bring back every kind, identity and insertion order', () => {
    const saved = saveContext();
    const root = everything();
    const stream = saveGraph(root, saved);
    expect(saved.frames).toEqual([7, 9, 11]);
    const bound = { key: 'bound' };
    const loaded = loadGraph(stream, loadContext([70, 90, 110], new Map([['console:tty255', bound]])), Everything);
    expect(loaded).toBeInstanceOf(Everything);
    expect(loaded.numbers.map((n) => (Object.is(n, -0) ? '-0' : n))).toEqual([0, '-0', NaN, Infinity, -1.5, 5e-324]);
    for (const field of ['small', 'signed', 'whole', 'bigs', 'flag', 'path', 'title', 'mode', 'maybe', 'pair', 'usage', 'waits', 'words', 'floats', 'doubled', 'scratch'] as const) {
      expect(loaded[field], field).toEqual(root[field]);
    }
    expect([...loaded.ring]).toEqual([1, 2, 3]);
    expect([...loaded.marks]).toEqual([3, 1, 2]);
    expect([...loaded.table.keys()]).toEqual([5, 2]);
    const [file, dir] = [loaded.table.get(5), loaded.table.get(2)];
    expect(file).toBeInstanceOf(Regular);
    expect(dir?.links.get('f')).toBe(file);
    expect(dir?.links.get('.')).toBe(dir);
    expect(file instanceof Regular && [file.content, [...file.pages]]).toEqual([[0, 70, 90], [70, 0, 110]]);
    expect(loaded.self).toBe(loaded);
    expect(loaded.sharedAgain).toBe(loaded.shared);
    expect(loaded.console).toBe(bound);
  });

  it('give equal bytes for equal states, and after a load', () => {
    const first = saveGraph(everything(), saveContext());
    expect(saveGraph(everything(), saveContext())).toEqual(first);
    const loaded = loadGraph(first, loadContext([7, 9, 11]), Everything);
    expect(saveGraph(loaded, saveContext())).toEqual(first);
  });

  it('walk a chain of 200,000 objects without a deep stack, hooks in order', () => {
    const first = new Link();
    let last = first;
    for (let id = 1; id < 200_000; id++) {
      last.next = new Link();
      last = last.next;
      last.id = id;
    }
    order.length = 0;
    let loaded: Link | null = loadGraph(saveGraph(first, saveContext()), loadContext(), Link);
    expect(order).toEqual(['link 0', 'link 1']);
    let count = 0;
    for (; loaded !== null; loaded = loaded.next) count++;
    expect(count).toBe(200_000);
  });
});

describe('saveGraph', () => {
  it('panics on an own key that the schema does not name, naming class and key', () => {
    const link = Object.assign(new Link(), { extra: 1 });
    expect(() => saveGraph(link, saveContext())).toThrow(new KernelPanic('save: test.Link: an instance of Link is not covered by its schema: own key extra'));
  });

  it('panics on a value out of range and on an object without a schema', () => {
    const link = new Link();
    link.id = -1;
    expect(() => saveGraph(link, saveContext())).toThrow('save: test.Link.id: -1 is not of kind u32');
    const root = everything();
    root.self = new (class Foreign {})();
    expect(() => saveGraph(root, saveContext())).toThrow(/an instance of Foreign, met in test\..*, has no state schema/);
  });
});

describe('loadGraph', () => {
  it('names the first class that differs', () => {
    const stream = saveGraph(new Link(), saveContext());
    const { ints, bytes: tape } = plainWire.decodeTapes(stream, 1e6);
    const other = (index: number, value: number) => plainWire.encodeTapes({ ints: ints.map((v, i) => (i === index ? value : v)), bytes: tape });
    expect(() => loadGraph(other(3, 9), loadContext(), Link)).toThrow('state schema: class test.Link is version 9 in the image, 1 here');
    expect(() => loadGraph(other(4, 9), loadContext(), Link)).toThrow('state schema: class test.Link has other fields in the image than here');
    expect(() => loadGraph(other(2, 8), loadContext(), Link)).toThrow('state schema: class test of the image is not known here');
    expect(() => loadGraph(stream, loadContext(), Everything)).toThrow('the root is of another class');
  });

  it('answers every damage of a tape with an ImageError or a whole graph, never a host error', () => {
    const stream = saveGraph(everything(), saveContext());
    const { ints, bytes: tape } = plainWire.decodeTapes(stream, 1e6);
    const values = [0, 1, -1, 2, 255, 1000, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53)];
    let refused = 0;
    const tryLoad = (damaged: Float64Array, damagedBytes: Uint8Array) => {
      try {
        loadGraph(plainWire.encodeTapes({ ints: damaged, bytes: damagedBytes }), loadContext([7, 9, 11]), Everything);
      } catch (error) {
        if (!(error instanceof ImageError)) throw error;
        refused++;
      }
    };
    for (let i = 0; i < ints.length; i++) {
      for (const value of values) tryLoad(ints.map((v, at) => (at === i ? value : v)), tape);
      tryLoad(ints.slice(0, i), tape);
    }
    for (let i = 0; i < tape.length; i++) tryLoad(ints, tape.slice(0, i));
    expect(refused).toBeGreaterThan(ints.length * 5);
  });
});
