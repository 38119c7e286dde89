/**
 * The state stream: two tapes, integers and bytes, as one compressed and checked series of bytes.
 *
 *    0        4          8               12          16      20
 *    ├────────┼──────────┼───────────────┼───────────┼───────┼──────────────────────────────┬───┐
 *    │ 'STW1' │ integers │ their varint  │ bytes of  │ CRC   │ blocks: length u32 (bit 31:  │ … │
 *    │        │          │ bytes         │ the other │       │ stored), data                │   │
 *    └────────┴──────────┴───────────────┴───────────┴───────┴──────────────────────────────┴───┘
 *
 * An integer is a zigzag varint of up to 8 bytes. Varints and bytes, end to end, are cut into blocks of 64 KiB, each an LZ4
 * block, or stored when that is no shorter. The CRC-32C is over bytes 4 to 15 and all from 20 on: of the data
 * as encoded, so that no damage goes unseen that happens to decode to the same.
 */
import { crc32c } from './checksum';
import { lz4Compress } from './compress';
import { lz4Decompress } from './decompress';

const MAGIC: u32 = 0x3157_5453;
const HEADER_BYTES: usize = 20;
const BLOCK_BYTES: u32 = 65536;
const STORED: u32 = 0x8000_0000;
const VARINT_BYTES: usize = 8;
const MAX_INT: f64 = 9007199254740992;

/** What went wrong; all negative. */
const WIRE_FOREIGN: i32 = -1;
const WIRE_CUT_OFF: i32 = -2;
const WIRE_TOO_LONG: i32 = -3;
const WIRE_BLOCK: i32 = -4;
const WIRE_CHECKSUM: i32 = -5;
const WIRE_INTEGER: i32 = -6;

function streamChecksum(stream: usize, end: usize): u32 {
  return crc32c(stream + HEADER_BYTES, <u32>(end - stream - HEADER_BYTES), crc32c(stream + 4, 12, 0));
}

/** Most bytes that `wireEncode` writes at `out`. */
export function wireBound(intCount: u32, byteCount: u32): u32 {
  const raw = intCount * <u32>VARINT_BYTES + byteCount;
  return <u32>HEADER_BYTES + raw + (raw / BLOCK_BYTES + 1) * 4;
}

/**
 * Turns `count` f64 at `ints` into varints, from `out` on, which may be `ints` itself: a varint is never longer than an f64.
 * Returns the address after the last, or 0 when a number is not an integer of up to 2^53.
 */
function packInts(ints: usize, count: u32, out: usize): usize {
  for (const end = ints + (<usize>count << 3); ints != end; ints += 8) {
    const value = load<f64>(ints);
    if (!(abs(value) <= MAX_INT) || trunc(value) != value) return 0;
    const integer = <i64>value;
    let zigzag = <u64>((integer << 1) ^ (integer >> 63));
    while (zigzag >= 0x80) {
      store<u8>(out++, <u8>zigzag | 0x80);
      zigzag >>= 7;
    }
    store<u8>(out++, <u8>zigzag);
  }
  return out;
}

/** Reads exactly `count` varints from exactly the bytes up to `end` into f64 at `out`. */
function unpackInts(at: usize, end: usize, count: u32, out: usize): bool {
  for (const last = out + (<usize>count << 3); out != last; out += 8) {
    let zigzag: u64 = 0;
    let shift: u64 = 0;
    let byte: u64;
    do {
      if (at >= end || shift > 49) return false;
      byte = load<u8>(at++);
      zigzag |= (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    const value = <f64>(<i64>(zigzag >> 1) ^ -(<i64>(zigzag & 1)));
    if (!(abs(value) <= MAX_INT)) return false;
    store<f64>(out, value);
  }
  return at == end;
}

/**
 * Encodes `intCount` f64 at `ints`, followed directly by `byteCount` bytes, to `out`; the tapes are used as working space.
 *
 * @returns  bytes written, at most `wireBound`; 0 when a number is not an integer of up to 2^53
 */
export function wireEncode(ints: usize, intCount: u32, byteCount: u32, out: usize): u32 {
  const packed = packInts(ints, intCount, ints);
  if (packed == 0 && intCount != 0) return 0;
  const intBytes: u32 = intCount == 0 ? 0 : <u32>(packed - ints);
  memory.copy(ints + intBytes, ints + (<usize>intCount << 3), byteCount);
  const rawBytes = intBytes + byteCount;

  store<u32>(out, MAGIC);
  store<u32>(out, intCount, 4);
  store<u32>(out, intBytes, 8);
  store<u32>(out, byteCount, 12);
  let at = out + HEADER_BYTES;
  for (let done: u32 = 0; done < rawBytes; done += BLOCK_BYTES) {
    const blockBytes = min(BLOCK_BYTES, rawBytes - done);
    const compressed = lz4Compress(ints + done, blockBytes, at + 4, blockBytes - 1);
    if (compressed == 0) {
      store<u32>(at, blockBytes | STORED);
      memory.copy(at + 4, ints + done, blockBytes);
      at += 4 + <usize>blockBytes;
    } else {
      store<u32>(at, compressed);
      at += 4 + <usize>compressed;
    }
  }
  store<u32>(out, streamChecksum(out, at), 16);
  return <u32>(at - out);
}

/**
 * Decodes a stream of `length` bytes at `stream`, whose header the caller has read and believed as far as making room.
 *
 * @param raw       room for `rawBytes`, the sum of both lengths in the header; the last bytes there are the byte tape
 * @param ints      room for `intCount` f64
 * @returns         0, or a negative WIRE_ code
 */
export function wireDecode(stream: usize, length: u32, raw: usize, rawBytes: u32, ints: usize, intCount: u32): i32 {
  if (length < <u32>HEADER_BYTES || load<u32>(stream) != MAGIC) return WIRE_FOREIGN;
  const intBytes = load<u32>(stream, 8);
  if (load<u32>(stream, 4) != intCount || intBytes > rawBytes || load<u32>(stream, 12) != rawBytes - intBytes) return WIRE_FOREIGN;
  const end = stream + length;
  if (streamChecksum(stream, end) != load<u32>(stream, 16)) return WIRE_CHECKSUM;
  let at = stream + HEADER_BYTES;
  for (let done: u32 = 0; done < rawBytes; done += BLOCK_BYTES) {
    const blockBytes = min(BLOCK_BYTES, rawBytes - done);
    if (end - at < 4) return WIRE_CUT_OFF;
    const header = load<u32>(at);
    const dataBytes = header & ~STORED;
    at += 4;
    if (<usize>dataBytes > end - at) return WIRE_CUT_OFF;
    if ((header & STORED) != 0) {
      if (dataBytes != blockBytes) return WIRE_BLOCK;
      memory.copy(raw + done, at, blockBytes);
    } else if (lz4Decompress(at, dataBytes, raw + done, blockBytes) != <i32>blockBytes) {
      return WIRE_BLOCK;
    }
    at += dataBytes;
  }
  if (at != end) return WIRE_TOO_LONG;
  return unpackInts(raw, raw + intBytes, intCount, ints) ? 0 : WIRE_INTEGER;
}
