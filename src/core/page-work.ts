/**
 * The page work of the core, as `assembly/snapshot/exports.ts` declares it. Addresses are linear addresses; numbers come
 * back as i32: use `>>> 0` where all 32 bits matter.
 */
export interface PageWorkExports {
  /** 1 if the page holds only zero bytes. */
  pageIsZero(page: number): number;
  /** 1 if both pages hold the same bytes. */
  pagesEqual(a: number, b: number): number;
  /** Low half of the XXH64; the high half of the last call is `hash64High()`. */
  hash64(address: number, lengthBytes: number, seedLow: number, seedHigh: number): number;
  hash64High(): number;
  /** Continues a CRC-32C; 0 at the beginning. */
  crc32c(address: number, lengthBytes: number, crc: number): number;
  /** Bytes written at `out`, or −1 when they would be more than `maxBytes`. */
  deltaEncode(basePage: number, page: number, out: number, maxBytes: number): number;
  /** 1, or 0 for a delta that is malformed; then nothing is written. */
  deltaDecode(basePage: number, delta: number, lengthBytes: number, outPage: number): number;
  /** Bytes written at `dst`, or 0 when the block would need more than `maxBytes`. */
  lz4Compress(src: number, lengthBytes: number, dst: number, maxBytes: number): number;
  /** Bytes written at `dst`, negative for a block that is malformed or needs more than `dstBytes`. */
  lz4Decompress(src: number, lengthBytes: number, dst: number, dstBytes: number): number;
  /** Most bytes that `wireEncode` writes. */
  wireBound(intCount: number, byteCount: number): number;
  /** Encodes f64 integers at `ints` and the bytes right after them; 0 when a number is no integer of up to 2^53. */
  wireEncode(ints: number, intCount: number, byteCount: number, out: number): number;
  /** 0, or a negative code. */
  wireDecode(stream: number, lengthBytes: number, raw: number, rawBytes: number, ints: number, intCount: number): number;
  /** Writes pairs (virtual page number, PTE), u32 each, of all that the space maps, at most `max`; returns how many there are. */
  spaceDump(space: number, out: number, max: number): number;
  /** Maps pairs, each with a reference of its own; returns how many were mapped. */
  spaceLoad(space: number, pairs: number, count: number): number;
}
