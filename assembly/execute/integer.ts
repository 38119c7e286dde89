/** RV64I: arithmetic. Each function does what the slot says; none can trap. */
import { SLOT_IMMEDIATE } from '../decode/slot';
import { immediate, setRd, setRdWord, shift, x1, x2 } from './operands';

@inline
export function li(slot: usize): void {
  setRd(slot, load<u64>(slot, SLOT_IMMEDIATE));
}

@inline
export function mv(slot: usize): void {
  setRd(slot, x1(slot));
}

@inline
export function addi(slot: usize): void {
  setRd(slot, x1(slot) + immediate(slot));
}

@inline
export function slti(slot: usize): void {
  setRd(slot, u64(<i64>x1(slot) < immediate(slot)));
}

@inline
export function sltiu(slot: usize): void {
  setRd(slot, u64(x1(slot) < <u64>immediate(slot)));
}

@inline
export function xori(slot: usize): void {
  setRd(slot, x1(slot) ^ immediate(slot));
}

@inline
export function ori(slot: usize): void {
  setRd(slot, x1(slot) | immediate(slot));
}

@inline
export function andi(slot: usize): void {
  setRd(slot, x1(slot) & immediate(slot));
}

@inline
export function slli(slot: usize): void {
  setRd(slot, x1(slot) << shift(slot));
}

@inline
export function srli(slot: usize): void {
  setRd(slot, x1(slot) >> shift(slot));
}

@inline
export function srai(slot: usize): void {
  setRd(slot, <i64>x1(slot) >> shift(slot));
}

@inline
export function addiw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) + load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function slliw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) << load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function srliw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) >> load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function sraiw(slot: usize): void {
  setRdWord(slot, <i32>x1(slot) >> load<u32>(slot, SLOT_IMMEDIATE));
}

@inline
export function add(slot: usize): void {
  setRd(slot, x1(slot) + x2(slot));
}

@inline
export function sub(slot: usize): void {
  setRd(slot, x1(slot) - x2(slot));
}

@inline
export function sll(slot: usize): void {
  setRd(slot, x1(slot) << (x2(slot) & 63));
}

@inline
export function slt(slot: usize): void {
  setRd(slot, u64(<i64>x1(slot) < <i64>x2(slot)));
}

@inline
export function sltu(slot: usize): void {
  setRd(slot, u64(x1(slot) < x2(slot)));
}

@inline
export function xor(slot: usize): void {
  setRd(slot, x1(slot) ^ x2(slot));
}

@inline
export function srl(slot: usize): void {
  setRd(slot, x1(slot) >> (x2(slot) & 63));
}

@inline
export function sra(slot: usize): void {
  setRd(slot, <i64>x1(slot) >> (x2(slot) & 63));
}

@inline
export function or(slot: usize): void {
  setRd(slot, x1(slot) | x2(slot));
}

@inline
export function and(slot: usize): void {
  setRd(slot, x1(slot) & x2(slot));
}

@inline
export function addw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) + <u32>x2(slot));
}

@inline
export function subw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) - <u32>x2(slot));
}

@inline
export function sllw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) << (<u32>x2(slot) & 31));
}

@inline
export function srlw(slot: usize): void {
  setRdWord(slot, <u32>x1(slot) >> (<u32>x2(slot) & 31));
}

@inline
export function sraw(slot: usize): void {
  setRdWord(slot, <i32>x1(slot) >> (<u32>x2(slot) & 31));
}
