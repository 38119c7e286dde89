/**
 * XXH64, exactly as published, so that other tools can check the hashes of an image.
 *
 * @source the xxHash specification, version 0.1.1, section "XXH64 algorithm description"
 */
import { PAGE_WORK_CELLS } from '../layout';

const PRIME1: u64 = 0x9e37_79b1_85eb_ca87;
const PRIME2: u64 = 0xc2b2_ae3d_27d4_eb4f;
const PRIME3: u64 = 0x1656_67b1_9e37_79f9;
const PRIME4: u64 = 0x85eb_ca77_c2b2_ae63;
const PRIME5: u64 = 0x27d4_eb2f_1656_67c5;

@inline
function round(lane: u64, input: u64): u64 {
  return rotl<u64>(lane + input * PRIME2, 31) * PRIME1;
}

@inline
function merge(hash: u64, lane: u64): u64 {
  return (hash ^ round(0, lane)) * PRIME1 + PRIME4;
}

/** XXH64 of `length` bytes at `address`. */
export function xxh64(address: usize, length: u32, seed: u64): u64 {
  let at = address;
  const end = address + length;
  let hash: u64;
  if (length >= 32) {
    let lane1 = seed + PRIME1 + PRIME2;
    let lane2 = seed + PRIME2;
    let lane3 = seed;
    let lane4 = seed - PRIME1;
    const wide = address + (length & ~(<u32>63));
    while (at != wide) {
      lane1 = round(lane1, load<u64>(at));
      lane2 = round(lane2, load<u64>(at, 8));
      lane3 = round(lane3, load<u64>(at, 16));
      lane4 = round(lane4, load<u64>(at, 24));
      lane1 = round(lane1, load<u64>(at, 32));
      lane2 = round(lane2, load<u64>(at, 40));
      lane3 = round(lane3, load<u64>(at, 48));
      lane4 = round(lane4, load<u64>(at, 56));
      at += 64;
    }
    if (at + 32 <= end) {
      lane1 = round(lane1, load<u64>(at));
      lane2 = round(lane2, load<u64>(at, 8));
      lane3 = round(lane3, load<u64>(at, 16));
      lane4 = round(lane4, load<u64>(at, 24));
      at += 32;
    }
    hash = rotl<u64>(lane1, 1) + rotl<u64>(lane2, 7) + rotl<u64>(lane3, 12) + rotl<u64>(lane4, 18);
    hash = merge(hash, lane1);
    hash = merge(hash, lane2);
    hash = merge(hash, lane3);
    hash = merge(hash, lane4);
  } else {
    hash = seed + PRIME5;
  }
  hash += <u64>length;

  for (; at + 8 <= end; at += 8) hash = rotl<u64>(hash ^ round(0, load<u64>(at)), 27) * PRIME1 + PRIME4;
  if (at + 4 <= end) {
    hash = rotl<u64>(hash ^ ((<u64>load<u32>(at)) * PRIME1), 23) * PRIME2 + PRIME3;
    at += 4;
  }
  for (; at < end; at++) hash = rotl<u64>(hash ^ ((<u64>load<u8>(at)) * PRIME5), 11) * PRIME1;

  hash = (hash ^ (hash >> 33)) * PRIME2;
  hash = (hash ^ (hash >> 29)) * PRIME3;
  return hash ^ (hash >> 32);
}

/** XXH64 for JavaScript: returns the low half; `hash64High` answers the high half of the last call. */
export function hash64(address: usize, length: u32, seedLow: u32, seedHigh: u32): u32 {
  const hash = xxh64(address, length, (<u64>seedLow) | ((<u64>seedHigh) << 32));
  store<u64>(PAGE_WORK_CELLS, hash);
  return <u32>hash;
}

export function hash64High(): u32 {
  return load<u32>(PAGE_WORK_CELLS, 4);
}
