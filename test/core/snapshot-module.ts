import { readFileSync } from 'node:fs';
import { Core } from '../../src/core/core.ts';

/** The page work of the core, as its module exports it. */
export interface PageWork {
  pageIsZero(page: number): number;
  pagesEqual(a: number, b: number): number;
  hash64(address: number, length: number, seedLow: number, seedHigh: number): number;
  hash64High(): number;
  crc32c(address: number, length: number, crc: number): number;
  deltaEncode(base: number, page: number, out: number, max: number): number;
  deltaDecode(base: number, delta: number, length: number, out: number): number;
  lz4Compress(src: number, length: number, dst: number, max: number): number;
  lz4Decompress(src: number, length: number, dst: number, dstLength: number): number;
  wireBound(intCount: number, byteCount: number): number;
  wireEncode(ints: number, intCount: number, byteCount: number, out: number): number;
  wireDecode(stream: number, length: number, raw: number, rawBytes: number, ints: number, intCount: number): number;
}

export interface Bench {
  readonly work: PageWork;
  readonly memory: Uint8Array;
  /** First address that the core keeps nothing at. */
  readonly free: number;
}

const FREE = 0x2f0_0000;

function coreModule(): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(process.env['STASIS_CORE_WASM'] ?? 'build/core.wasm'));
}

/** A booted core that may have up to `frames` guest frames. */
export function freshCore(frames: number): Core {
  return Core.create(coreModule(), { frames });
}

/** The core's page work on a memory of its own, `freeBytes` of it at the caller's disposal, up to its very end. */
export function pageWork(freeBytes: number): Bench {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((FREE + freeBytes) / 65536) });
  const env = {
    memory,
    abort: () => {
      throw new Error('the core aborted');
    },
    fillFrame: () => {
      throw new Error('no frame is without its content');
    },
  };
  const { exports } = new WebAssembly.Instance(coreModule(), { env });
  return { work: checkedExports(exports), memory: new Uint8Array(memory.buffer), free: FREE };
}

const NAMES = [
  'pageIsZero', 'pagesEqual', 'hash64', 'hash64High', 'crc32c', 'deltaEncode', 'deltaDecode', 'lz4Compress', 'lz4Decompress',
  'wireBound', 'wireEncode', 'wireDecode',
] as const;

function checkedExports(exports: object): PageWork {
  if (!isPageWork(exports)) throw new Error('the core does not export the page work');
  return exports;
}

function isPageWork(exports: object): exports is PageWork {
  return NAMES.every((name) => typeof Reflect.get(exports, name) === 'function');
}

/** Data of several characters: noise, text, runs, periods, and words as a heap has them. */
export function sample(kind: number, length: number, random: () => number): Uint8Array {
  const data = new Uint8Array(length);
  const words = ['read', 'write', 'container', ' ', '\n', 'the ', '0x0000', 'snapshot'];
  switch (kind % 6) {
    case 0:
      for (let i = 0; i < length; i++) data[i] = random();
      break;
    case 1:
      for (let i = 0; i < length; ) for (const c of words[random() % words.length] ?? '') data[i++] = c.charCodeAt(0);
      break;
    case 2:
      for (let i = 0; i < length; ) {
        const byte = random();
        for (let run = random() % 300; run >= 0 && i < length; run--) data[i++] = byte;
      }
      break;
    case 3: {
      const period = 1 + (random() % 40);
      for (let i = 0; i < length; i++) data[i] = i < period ? random() : (data[i - period] ?? 0);
      for (let i = random() % 50; i > 0 && length > 0; i--) data[random() % length] = random();
      break;
    }
    case 4:
      for (let i = 0; i + 8 <= length; i += 8) {
        const shape = random() % 4;
        if (shape === 0) continue;
        const low = shape === 1 ? random() % 64 : 0x2a1000 + (random() % 256) * 16;
        new DataView(data.buffer).setUint32(i, low, true);
        if (shape === 2) new DataView(data.buffer).setUint32(i + 4, 0x3f, true);
      }
      break;
    default: // zeros with a little noise
      for (let i = random() % 20; i > 0 && length > 0; i--) data[random() % length] = random();
  }
  return data;
}
