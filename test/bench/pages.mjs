// @ts-check
/**
 * The page work of the core against `memory.copy` and against other LZ4 implementations, in the same run.
 *
 *     node test/bench/pages.mjs
 *
 * Prints a table; `benchPages()` gives its rows to the table of all benchmarks.
 */
import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compress as foreignCompress, decompress as foreignDecompress } from 'lz4-wasm-nodejs';
import { isMain } from '../../scripts/support/main.mjs';
import { rootPath } from '../../scripts/support/paths.mjs';
import { printRow } from './support/table.mjs';

const PAGE = 4096;
const SET_PAGES = 4096; // 16 MiB
const SAMPLE_PAGES = 512; // 2 MiB for the compressors
const FREE = 0x2f0_0000;
const ROUNDS = 9;

/** A module of one function, copy(to, from, bytes): memory.copy on the imported memory `e.m`. */
const COPY_MODULE = Uint8Array.of(
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
  1, 7, 1, 0x60, 3, 0x7f, 0x7f, 0x7f, 0,
  2, 8, 1, 1, 0x65, 1, 0x6d, 2, 0, 1,
  3, 2, 1, 0,
  7, 5, 1, 1, 0x63, 0, 0,
  10, 14, 1, 12, 0, 0x20, 0, 0x20, 1, 0x20, 2, 0xfc, 10, 0, 0, 0x0b,
);

/** @typedef {import('./support/table.mjs').Row} Row */

/** @typedef {(name: string, value: string, target: string, isMet: boolean | null) => void} AddRow */
/** @typedef {Record<string, (...numbers: number[]) => number>} CoreFunctions */

/**
 * Megabytes a second of `work`, over `bytes` a call: the best of several runs, so that what else the machine does counts least.
 *
 * @param {number} bytes
 * @param {() => void} work
 */
function rate(bytes, work) {
  work();
  let best = Infinity;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return bytes / 1e3 / best;
}

/** Pages with content of real memory: this process's heap, where the system lets it be read; else the program itself. */
function memoryPages() {
  const found = new Uint8Array(SAMPLE_PAGES * PAGE);
  let count = 0;
  if (existsSync('/proc/self/mem')) {
    const memory = openSync('/proc/self/mem', 'r');
    for (const line of readFileSync('/proc/self/maps', 'utf8').split('\n')) {
      const match = /^([0-9a-f]+)-([0-9a-f]+) rw-p/.exec(line);
      if (match === null || count === SAMPLE_PAGES) continue;
      const page = new Uint8Array(PAGE);
      for (let at = parseInt(match[1] ?? '', 16); at < parseInt(match[2] ?? '', 16) && count < SAMPLE_PAGES; at += PAGE) {
        try {
          if (readSync(memory, page, 0, PAGE, at) !== PAGE) break;
        } catch {
          break;
        }
        if (page.some((byte) => byte !== 0)) found.set(page, count++ * PAGE);
      }
    }
    closeSync(memory);
  }
  return count === SAMPLE_PAGES ? found : null;
}

function programPages() {
  const file = openSync(process.execPath, 'r');
  const data = new Uint8Array(SAMPLE_PAGES * PAGE);
  readSync(file, data, 0, data.length, 1 << 24);
  closeSync(file);
  return data;
}

const LIBLZ4_PROGRAM = `
#include <lz4.h>
#include <stdio.h>
#include <time.h>
static char in[1 << 25], out[1 << 25], back[1 << 20];
static double now(void) { struct timespec t; clock_gettime(CLOCK_MONOTONIC, &t); return t.tv_sec + t.tv_nsec * 1e-9; }
int main(int argc, char **argv) {
  FILE *f = fopen(argv[1], "rb");
  int size = fread(in, 1, sizeof in, f), block = 4096, total = 0;
  static int lengths[1 << 13];
  double best = 1e9, bestBack = 1e9;
  for (int round = 0; round < 9; round++) {
    double start = now();
    total = 0;
    for (int i = 0; i < size / block; i++) total += lengths[i] = LZ4_compress_default(in + i * block, out + i * 4200, block, 4200);
    double middle = now();
    for (int i = 0; i < size / block; i++) LZ4_decompress_safe(out + i * 4200, back, lengths[i], block);
    double end = now();
    if (middle - start < best) best = middle - start;
    if (end - middle < bestBack) bestBack = end - middle;
  }
  printf("%d %f %f\\n", total, size / 1e6 / best, size / 1e6 / bestBack);
  return 0;
}
`;

/**
 * Size and rates of the system's liblz4 over 4 KiB blocks, or null where it cannot be compiled against.
 *
 * @param {Uint8Array} data
 */
function nativeLz4(data) {
  const folder = mkdtempSync(join(tmpdir(), 'stasis-bench-'));
  try {
    writeFileSync(join(folder, 'data'), data);
    writeFileSync(join(folder, 'lz4.c'), LIBLZ4_PROGRAM);
    execFileSync('cc', ['-O2', '-o', join(folder, 'lz4'), join(folder, 'lz4.c'), '-llz4'], { stdio: 'ignore' });
    const [bytes, compress, decompress] = execFileSync(join(folder, 'lz4'), [join(folder, 'data')], { encoding: 'utf8' }).split(' ').map(Number);
    return { bytes: bytes ?? 0, compress: compress ?? 0, decompress: decompress ?? 0 };
  } catch {
    return null;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Runs the benchmarks.
 *
 * @returns {Promise<Row[]>}
 */
export async function benchPages() {
  const memory = new WebAssembly.Memory({ initial: FREE / 65536 + (SET_PAGES * PAGE * 2) / 65536 + 64 });
  const wasm = new WebAssembly.Module(readFileSync(process.env['STASIS_CORE_WASM'] ?? rootPath('build/core.wasm')));
  const core = /** @type {CoreFunctions} */ (new WebAssembly.Instance(wasm, { env: { memory, abort: () => {}, fillFrame: () => {} } }).exports);
  const { c: copy } = /** @type {CoreFunctions} */ (new WebAssembly.Instance(new WebAssembly.Module(COPY_MODULE), { e: { m: memory } }).exports);
  const bytes = new Uint8Array(memory.buffer);
  const setBytes = SET_PAGES * PAGE;
  const [a, b] = [FREE, FREE + setBytes];
  /** @type {Row[]} */
  const rows = [];
  /** @type {AddRow} */
  const row = (name, value, target, isMet) => rows.push({ name, value, target, isMet });
  /** @param {string} name @param {number} speed @param {number} reference @param {number} target */
  const over = (name, speed, reference, target) =>
    row(name, `${(speed / 1e3).toFixed(1)} GB/s, ${(speed / reference).toFixed(2)} × memory.copy`, `>= ${target} x`, speed / reference >= target);

  for (let i = 0; i < setBytes; i += 4) new DataView(memory.buffer).setUint32(a + i, Math.imul(i, 0x9e3779b1), true);
  /** @param {(at: number) => number} work */
  const pages = (work) => () => {
    for (let at = 0; at < setBytes; at += PAGE) work(at);
  };
  const copyRate = rate(setBytes, pages((at) => copy(b + at, a + at, PAGE)));
  row('memory.copy, 4 KiB pages of 16 MiB', `${(copyRate / 1e3).toFixed(1)} GB/s`, '', null);
  over('page compare (equal)', rate(setBytes, pages((at) => core['pagesEqual'](a + at, b + at))), copyRate, 0.9);
  const hashRate = rate(setBytes, pages((at) => core['hash64'](a + at, PAGE, 0, 0)));
  over('XXH64', hashRate, copyRate, 0.6);
  row('CRC-32C', `${(rate(setBytes, pages((at) => core['crc32c'](a + at, PAGE, 0))) / 1e3).toFixed(1)} GB/s`, '', null);
  for (let page = 0; page < SET_PAGES; page++) for (let i = 0; i < 8; i++) bytes[b + page * PAGE + ((page * 97 + i * 521) % PAGE)] = 0x5a;
  const out = FREE + 2 * setBytes;
  let deltaBytes = 0;
  const deltaRate = rate(setBytes, () => {
    deltaBytes = 0;
    for (let at = 0; at < setBytes; at += PAGE) deltaBytes += core['deltaEncode'](a + at, b + at, out, PAGE);
  });
  row('delta, 8 changed bytes a page', `${(deltaRate / 1e3).toFixed(1)} GB/s, ${(deltaBytes / SET_PAGES).toFixed(0)} bytes a page`, '', null);
  bytes.fill(0, a, a + setBytes);
  over('zero test (zero pages)', rate(setBytes, pages((at) => core['pageIsZero'](a + at))), copyRate, 2);

  const program = programPages();
  for (const [kind, data] of /** @type {const} */ ([['memory', memoryPages()], ['program', program]])) {
    if (data === null) continue;
    compressRows(kind, data, core, bytes, row);
  }
  return rows;
}

/**
 * Compares LZ4 over 4 KiB blocks of `data`.
 *
 * @param {string} kind
 * @param {Uint8Array} data
 * @param {CoreFunctions} core
 * @param {Uint8Array} bytes  the core's memory
 * @param {AddRow} row
 */
function compressRows(kind, data, core, bytes, row) {
  const [src, dst] = [FREE, FREE + data.length];
  const stride = 4400;
  const blocks = Array.from({ length: SAMPLE_PAGES }, (_, i) => data.slice(i * PAGE, (i + 1) * PAGE));
  bytes.set(data, src);
  const lengths = new Uint32Array(SAMPLE_PAGES);
  /** @type {Uint8Array[]} */
  let packed = [];
  // ours and the other's take turns, so that the machine's moods meet both
  const ours = { compress: 0, decompress: 0 };
  const theirs = { compress: 0, decompress: 0 };
  for (let turn = 0; turn < 3; turn++) {
    /** @param {typeof ours} held @param {'compress' | 'decompress'} key @param {() => void} work */
    const measure = (held, key, work) => (held[key] = Math.max(held[key], rate(data.length, work)));
    measure(ours, 'compress', () => {
      for (let i = 0; i < SAMPLE_PAGES; i++) lengths[i] = core['lz4Compress'](src + i * PAGE, PAGE, dst + i * stride, stride);
    });
    measure(theirs, 'compress', () => (packed = blocks.map((block) => foreignCompress(block))));
    const back = dst + SAMPLE_PAGES * stride;
    measure(ours, 'decompress', () => {
      for (let i = 0; i < SAMPLE_PAGES; i++) core['lz4Decompress'](dst + i * stride, lengths[i], back, PAGE);
    });
    measure(theirs, 'decompress', () => packed.map((block) => foreignDecompress(block)));
  }
  for (const key of /** @type {const} */ (['compress', 'decompress'])) {
    const ratio = ours[key] / theirs[key];
    row(`LZ4 ${key}, ${kind} pages`, `${ours[key].toFixed(0)} MB/s, ${ratio.toFixed(2)} × lz4-wasm`, '>= 1.2 x', ratio >= 1.2);
  }
  const size = lengths.reduce((sum, length) => sum + length, 0);
  const native = nativeLz4(data);
  if (native === null) {
    row(`LZ4 ratio, ${kind} pages`, `${(data.length / size).toFixed(3)} (no liblz4 to compare with: install liblz4-dev)`, 'within 3 % of liblz4', null);
    return;
  }
  row(
    `LZ4 ratio, ${kind} pages`,
    `${(data.length / size).toFixed(3)}, liblz4 ${(data.length / native.bytes).toFixed(3)}`,
    'within 3 % of liblz4',
    size <= native.bytes * 1.03,
  );
  row(
    `LZ4 against native, ${kind} pages`,
    `${(ours.compress / native.compress).toFixed(2)} × compressing, ${(ours.decompress / native.decompress).toFixed(2)} × decompressing`,
    '',
    null,
  );
}

if (isMain(import.meta.url)) {
  for (const row of await benchPages()) printRow(row);
}
