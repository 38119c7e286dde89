/** Slots that keep the registers of harts which are not running. */
import { HART, HART_BYTES, HART_RESERVATION, HART_SLOTS, HART_SLOT_LIMIT } from '../layout';

/** First free slot of the chain, 0 when there is none; a free slot holds the number of the next in its first word. */
let firstFree: u32 = 0;
/** Slots from here on were never used. */
let neverUsed: u32 = 1;

export function hartAddress(slot: u32): usize {
  return HART_SLOTS + <usize>slot * HART_BYTES;
}

/** Takes a slot, all registers zero, no reservation. Returns its number, 0 when all are taken. */
export function hartAlloc(): u32 {
  let slot = firstFree;
  if (slot != 0) {
    firstFree = load<u32>(hartAddress(slot));
  } else {
    if (neverUsed == HART_SLOT_LIMIT) return 0;
    slot = neverUsed++;
  }
  memory.fill(hartAddress(slot), 0, HART_BYTES);
  store<u64>(hartAddress(slot), u64.MAX_VALUE, HART_RESERVATION - HART);
  return slot;
}

export function hartFree(slot: u32): void {
  store<u32>(hartAddress(slot), firstFree);
  firstFree = slot;
}
