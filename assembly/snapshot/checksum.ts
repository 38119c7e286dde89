/**
 * CRC-32C (Castagnoli, reflected), 16 bytes a step through 16 tables.
 *
 * Table k answers what a byte contributes that is k bytes from the end of the step:
 *
 *    table 0 (256 × u32) │ table 1 │ … │ table 15
 *
 * @source  RFC 3720 section B.4 (test vectors), Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation"
 */
import { PAGE_WORK_TABLES } from '../layout';

const TABLES: usize = PAGE_WORK_TABLES;
const TABLE_BYTES: usize = 1024;
const TABLE_COUNT: usize = 16;
/** The tables of the compressor follow these. */
export const CHECKSUM_TABLES_END: usize = TABLES + TABLE_COUNT * TABLE_BYTES;

const POLYNOMIAL: u32 = 0x82f6_3b78;

function makeTables(): void {
  for (let byte: u32 = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? POLYNOMIAL : 0);
    store<u32>(TABLES + (<usize>byte << 2), crc);
  }
  for (let entry = TABLES + TABLE_BYTES; entry != CHECKSUM_TABLES_END; entry += 4) {
    const shorter = load<u32>(entry - TABLE_BYTES);
    store<u32>(entry, (shorter >> 8) ^ load<u32>(TABLES + ((<usize>shorter & 0xff) << 2)));
  }
}

@inline
function step4(word: u32, table: usize): u32 {
  return (
    load<u32>(TABLES + (table + 3) * TABLE_BYTES + ((<usize>word & 0xff) << 2)) ^
    load<u32>(TABLES + (table + 2) * TABLE_BYTES + (((<usize>word >> 8) & 0xff) << 2)) ^
    load<u32>(TABLES + (table + 1) * TABLE_BYTES + (((<usize>word >> 16) & 0xff) << 2)) ^
    load<u32>(TABLES + table * TABLE_BYTES + ((<usize>word >> 24) << 2))
  );
}

/**
 * Continues a CRC-32C over `length` bytes at `address`.
 *
 * @param crc  what the call for the bytes before returned; 0 at the beginning
 */
export function crc32c(address: usize, length: u32, crc: u32): u32 {
  // table 0 is never all zero once made
  if (load<u32>(TABLES + 4) == 0) makeTables();
  let state = ~crc;
  const end = address + length;
  for (const wide = address + (length & ~(<u32>15)); address != wide; address += 16) {
    state =
      step4(state ^ load<u32>(address), 12) ^
      step4(load<u32>(address, 4), 8) ^
      step4(load<u32>(address, 8), 4) ^
      step4(load<u32>(address, 12), 0);
  }
  for (; address != end; address++) {
    state = (state >> 8) ^ load<u32>(TABLES + (((<usize>state ^ load<u8>(address)) & 0xff) << 2));
  }
  return ~state;
}
