/** RV64I: arithmetic. Each function returns what the slot's operation makes of `a`, the value of rs1; none can trap. */
import { SLOT_IMMEDIATE } from '../decode/slot';
import { extendWord, immediate, shift, x2 } from './operands';

@inline
export function li(slot: usize): u64 {
  return load<u64>(slot, SLOT_IMMEDIATE);
}

@inline
export function addi(slot: usize, a: u64): u64 {
  return a + immediate(slot);
}

@inline
export function slti(slot: usize, a: u64): u64 {
  return u64(<i64>a < immediate(slot));
}

@inline
export function sltiu(slot: usize, a: u64): u64 {
  return u64(a < <u64>immediate(slot));
}

@inline
export function xori(slot: usize, a: u64): u64 {
  return a ^ immediate(slot);
}

@inline
export function ori(slot: usize, a: u64): u64 {
  return a | immediate(slot);
}

@inline
export function andi(slot: usize, a: u64): u64 {
  return a & immediate(slot);
}

@inline
export function slli(slot: usize, a: u64): u64 {
  return a << shift(slot);
}

@inline
export function srli(slot: usize, a: u64): u64 {
  return a >> shift(slot);
}

@inline
export function srai(slot: usize, a: u64): u64 {
  return <i64>a >> shift(slot);
}

@inline
export function addiw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a + load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function slliw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a << load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function srliw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a >> load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function sraiw(slot: usize, a: u64): u64 {
  return extendWord(<i32>a >> load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function add(slot: usize, a: u64): u64 {
  return a + x2(slot);
}

@inline
export function sub(slot: usize, a: u64): u64 {
  return a - x2(slot);
}

@inline
export function sll(slot: usize, a: u64): u64 {
  return a << (x2(slot) & 63);
}

@inline
export function slt(slot: usize, a: u64): u64 {
  return u64(<i64>a < <i64>x2(slot));
}

@inline
export function sltu(slot: usize, a: u64): u64 {
  return u64(a < x2(slot));
}

@inline
export function xor(slot: usize, a: u64): u64 {
  return a ^ x2(slot);
}

@inline
export function srl(slot: usize, a: u64): u64 {
  return a >> (x2(slot) & 63);
}

@inline
export function sra(slot: usize, a: u64): u64 {
  return <i64>a >> (x2(slot) & 63);
}

@inline
export function or(slot: usize, a: u64): u64 {
  return a | x2(slot);
}

@inline
export function and(slot: usize, a: u64): u64 {
  return a & x2(slot);
}

@inline
export function addw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a + <u32>x2(slot));
}

@inline
export function subw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a - <u32>x2(slot));
}

@inline
export function sllw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a << (<u32>x2(slot) & 31));
}

@inline
export function srlw(slot: usize, a: u64): u64 {
  return extendWord(<u32>a >> (<u32>x2(slot) & 31));
}

@inline
export function sraw(slot: usize, a: u64): u64 {
  return extendWord(<i32>a >> (<u32>x2(slot) & 31));
}
