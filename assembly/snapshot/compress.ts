/**
 * LZ4 blocks: compression.
 *
 * A block is a series of sequences, each a token (literals in the high four bits, match length − 4 in the low), more length
 * bytes while they are 255, the literals, and a distance back of 16 bits. The last sequence has literals only; the last
 * 5 bytes are always literals, and no match begins in the last 12.
 *
 * @source  the LZ4 block format description
 */
import { CHECKSUM_TABLES_END } from './checksum';

/** Where the positions of four-byte sequences are kept by their hash: u16 in blocks of up to 64 KiB, else u32. */
const TABLE: usize = CHECKSUM_TABLES_END;

const MIN_MATCH: usize = 4;
const LAST_LITERALS: usize = 5;
const MATCH_FIND_LIMIT: usize = 12;
const MAX_DISTANCE: usize = 65535;
/** A failed search makes bigger steps the longer nothing was found: one more byte every 2^6 attempts. */
const SKIP_SHIFT: u32 = 6;

const SMALL_BLOCK_BYTES: u32 = 4096;
const SMALL_TABLE_BITS: u32 = 11;
const MEDIUM_BLOCK_BYTES: u32 = 65536;
const MEDIUM_TABLE_BITS: u32 = 13;
const LARGE_TABLE_BITS: u32 = 14;

/** What a failed compression returns. */
const DOES_NOT_FIT: u32 = 0;

@inline
function hashOf(sequence: u32, shift: u32): usize {
  return <usize>((sequence * 2654435761) >> shift);
}

@inline
function positionAt<P>(hash: usize): usize {
  return sizeof<P>() == 2 ? <usize>load<u16>(TABLE + (hash << 1)) : <usize>load<u32>(TABLE + (hash << 2));
}

@inline
function setPosition<P>(hash: usize, position: usize): void {
  if (sizeof<P>() == 2) store<u16>(TABLE + (hash << 1), <u16>position);
  else store<u32>(TABLE + (hash << 2), <u32>position);
}

/** Number of bytes that are equal at `a` and `b`, `b` not read at or after `limit`. */
@inline
function equalBytes(a: usize, b: usize, limit: usize): usize {
  const start = b;
  while (b + 8 <= limit) {
    const difference = load<u64>(a) ^ load<u64>(b);
    if (difference != 0) return b + (<usize>ctz<u64>(difference) >> 3) - start;
    a += 8;
    b += 8;
  }
  while (b < limit && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return b - start;
}

/** Writes `length − 15` as length bytes and returns the address after them. */
@inline
function writeLength(out: usize, length: usize): usize {
  let rest = length - 15;
  while (rest >= 255) {
    store<u8>(out++, 255);
    rest -= 255;
  }
  store<u8>(out++, <u8>rest);
  return out;
}

/** Copies literals, 16 at a time where that reads and writes no byte beyond either end. */
@inline
function copyLiterals(out: usize, outEnd: usize, from: usize, fromEnd: usize, length: usize): void {
  if (length <= 16 && from + 16 <= fromEnd && out + 16 <= outEnd) {
    v128.store(out, v128.load(from));
  } else if (from + length + 16 <= fromEnd && out + length + 16 <= outEnd) {
    const last = from + length;
    do {
      v128.store(out, v128.load(from));
      from += 16;
      out += 16;
    } while (from < last);
  } else {
    memory.copy(out, from, length);
  }
}

function compressWith<P>(src: usize, length: u32, dst: usize, max: u32, tableBits: u32): u32 {
  const shift = 32 - tableBits;
  memory.fill(TABLE, 0, (<usize>sizeof<P>()) << tableBits);
  const srcEnd = src + length;
  const dstEnd = dst + max;
  const matchLimit = srcEnd - LAST_LITERALS;
  const findLimit = srcEnd - MATCH_FIND_LIMIT;
  let out = dst;
  let anchor = src; // first byte not yet written
  let at = src;

  if (length > <u32>MATCH_FIND_LIMIT) {
    at++;
    let nextHash = hashOf(load<u32>(at), shift);
    while (true) {
      // search, in growing steps
      let match: usize;
      let next = at;
      let attempts: usize = 1 << SKIP_SHIFT;
      let found = false;
      do {
        const hash = nextHash;
        at = next;
        next += attempts++ >> SKIP_SHIFT;
        if (next > findLimit) break;
        match = src + positionAt<P>(hash);
        nextHash = hashOf(load<u32>(next), shift);
        setPosition<P>(hash, at - src);
        found = load<u32>(match) == load<u32>(at) && (sizeof<P>() == 2 || match + MAX_DISTANCE >= at);
      } while (!found);
      if (!found) break;

      while (at > anchor && match > src && load<u8>(at - 1) == load<u8>(match - 1)) {
        at--;
        match--;
      }

      const literals = at - anchor;
      // token, length bytes, literals, distance, and at least the last literals
      if (out + 1 + literals / 255 + 1 + literals + 2 + 1 + LAST_LITERALS > dstEnd) return DOES_NOT_FIT;
      let token = out++;
      if (literals >= 15) {
        store<u8>(token, 0xf0);
        out = writeLength(out, literals);
      } else {
        store<u8>(token, <u8>(literals << 4));
      }
      copyLiterals(out, dstEnd, anchor, srcEnd, literals);
      out += literals;

      while (true) {
        store<u16>(out, <u16>(at - match));
        out += 2;
        const more = equalBytes(match + MIN_MATCH, at + MIN_MATCH, matchLimit);
        at += MIN_MATCH + more;
        if (out + more / 255 + 1 + 1 + LAST_LITERALS > dstEnd) return DOES_NOT_FIT;
        if (more >= 15) {
          store<u8>(token, load<u8>(token) | 15);
          out = writeLength(out, more);
        } else {
          store<u8>(token, load<u8>(token) | <u8>more);
        }
        anchor = at;
        if (at > findLimit) break;

        setPosition<P>(hashOf(load<u32>(at - 2), shift), at - 2 - src);
        // often the next match begins right here
        const hash = hashOf(load<u32>(at), shift);
        match = src + positionAt<P>(hash);
        setPosition<P>(hash, at - src);
        if (load<u32>(match) != load<u32>(at) || (sizeof<P>() == 4 && match + MAX_DISTANCE < at)) break;
        if (out + 1 + 2 + 1 + LAST_LITERALS > dstEnd) return DOES_NOT_FIT;
        token = out++;
        store<u8>(token, 0);
      }
      if (at > findLimit) break;
      at++;
      if (at > findLimit) break;
      nextHash = hashOf(load<u32>(at), shift);
    }
  }

  const literals = srcEnd - anchor;
  if (out + 1 + (literals >= 15 ? (literals - 15) / 255 + 1 : 0) + literals > dstEnd) return DOES_NOT_FIT;
  if (literals >= 15) {
    store<u8>(out++, 0xf0);
    out = writeLength(out, literals);
  } else {
    store<u8>(out++, <u8>(literals << 4));
  }
  memory.copy(out, anchor, literals);
  return <u32>(out + literals - dst);
}

/**
 * Compresses `length` bytes at `src` as one LZ4 block at `dst`. Neither area may overlap the other.
 *
 * @param max  bytes that may be written at `dst`; none after them is touched
 * @returns    bytes of the block, or 0 when it needs more than `max`: keep the data as it is then
 */
export function lz4Compress(src: usize, length: u32, dst: usize, max: u32): u32 {
  if (length <= SMALL_BLOCK_BYTES) return compressWith<u16>(src, length, dst, max, SMALL_TABLE_BITS);
  if (length <= MEDIUM_BLOCK_BYTES) return compressWith<u16>(src, length, dst, max, MEDIUM_TABLE_BITS);
  return compressWith<u32>(src, length, dst, max, LARGE_TABLE_BITS);
}
