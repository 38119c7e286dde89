/**
 * A: LR, SC and the AMOs. Harts take turns, so each is atomic by itself. They return NO_TRAP or the cause.
 *
 * SC stores if the reservation is for its address and memory still holds what LR loaded. That is what qemu does in user
 * mode too; it needs no one to watch the address, and survives a switch between the two.
 */
import { SLOT_AUX, SLOT_IMMEDIATE, SLOT_RD } from '../decode/slot';
import { setX } from '../hart/registers';
import { NO_TRAP, TRAP_FAULT_WRITE, TRAP_MISALIGNED_ATOMIC, trapAt } from '../hart/trap';
import { HART_RESERVATION, HART_RESERVED_VALUE } from '../layout';
import { loadSlow, loaded, writable } from '../memory/access';
import { x1, x2 } from './operands';

const NO_RESERVATION: u64 = u64.MAX_VALUE;

function setDestination(slot: usize, value: u64): void {
  const rd = load<u8>(slot, SLOT_RD);
  if (rd != 0) setX(rd, value);
}

/** Sign-extends a word; a doubleword is what it is. */
function extend(value: u64, bytes: u32): u64 {
  return bytes == 4 ? <u64>(<i64>(<i32>value)) : value;
}

function read(address: usize, bytes: u32): u64 {
  return bytes == 4 ? <u64>(<i64>load<i32>(address)) : load<u64>(address);
}

function write(address: usize, bytes: u32, value: u64): void {
  if (bytes == 4) store<u32>(address, <u32>value);
  else store<u64>(address, value);
}

export function loadReserved(slot: usize): u32 {
  const va = x1(slot);
  const bytes = load<u32>(slot, SLOT_AUX);
  if ((va & (bytes - 1)) != 0) return trapAt(TRAP_MISALIGNED_ATOMIC, va);
  const cause = loadSlow(va, bytes);
  if (cause != NO_TRAP) return cause;
  const value = extend(loaded(), bytes);
  store<u64>(HART_RESERVATION, va);
  store<u64>(HART_RESERVED_VALUE, value);
  setDestination(slot, value);
  return NO_TRAP;
}

export function storeConditional(slot: usize): u32 {
  const va = x1(slot);
  const bytes = load<u32>(slot, SLOT_AUX);
  if ((va & (bytes - 1)) != 0) return trapAt(TRAP_MISALIGNED_ATOMIC, va);
  let isStored = false;
  if (load<u64>(HART_RESERVATION) == va) {
    const address = writable(va);
    if (address == 0) return trapAt(TRAP_FAULT_WRITE, va);
    isStored = read(address, bytes) == extend(load<u64>(HART_RESERVED_VALUE), bytes);
    if (isStored) write(address, bytes, x2(slot));
  }
  store<u64>(HART_RESERVATION, NO_RESERVATION);
  setDestination(slot, isStored ? 0 : 1);
  return NO_TRAP;
}

export function readModifyWrite(slot: usize): u32 {
  const va = x1(slot);
  const bytes = load<u32>(slot, SLOT_AUX);
  if ((va & (bytes - 1)) != 0) return trapAt(TRAP_MISALIGNED_ATOMIC, va);
  const address = writable(va);
  if (address == 0) return trapAt(TRAP_FAULT_WRITE, va);
  const old = read(address, bytes);
  write(address, bytes, combine(load<u32>(slot, SLOT_IMMEDIATE), old, extend(x2(slot), bytes)));
  setDestination(slot, old);
  return NO_TRAP;
}

/** @param kind  funct5 of the instruction */
function combine(kind: u32, old: u64, operand: u64): u64 {
  switch (kind) {
    case 0x00:
      return old + operand;
    case 0x01:
      return operand;
    case 0x04:
      return old ^ operand;
    case 0x08:
      return old | operand;
    case 0x0c:
      return old & operand;
    case 0x10:
      return <i64>old < <i64>operand ? old : operand;
    case 0x14:
      return <i64>old > <i64>operand ? old : operand;
    case 0x18: // both are sign-extended, which keeps the unsigned order
      return old < operand ? old : operand;
    default:
      return old > operand ? old : operand;
  }
}
