/**
 * Fields of 32-bit instructions. Register fields come out as byte offsets, number × 8.
 *
 * Source: The RISC-V Instruction Set Manual, volume I, 2.2 and 2.3.
 */

@inline
export function opcodeOf(word: u32): u32 {
  return word & 0x7f;
}

@inline
export function funct3Of(word: u32): u32 {
  return (word >> 12) & 7;
}

@inline
export function funct7Of(word: u32): u32 {
  return word >> 25;
}

@inline
export function rdOf(word: u32): u32 {
  return (word >> 4) & 0xf8;
}

@inline
export function rs1Of(word: u32): u32 {
  return (word >> 12) & 0xf8;
}

@inline
export function rs2Of(word: u32): u32 {
  return (word >> 17) & 0xf8;
}

@inline
export function rs3Of(word: u32): u32 {
  return (word >> 24) & 0xf8;
}

export function immediateI(word: u32): i32 {
  return <i32>word >> 20;
}

export function immediateS(word: u32): i32 {
  return ((<i32>word >> 25) << 5) | <i32>((word >> 7) & 0x1f);
}

export function immediateB(word: u32): i32 {
  return ((<i32>word >> 31) << 12) | <i32>(((word << 4) & 0x800) | ((word >> 20) & 0x7e0) | ((word >> 7) & 0x1e));
}

export function immediateU(word: u32): i32 {
  return <i32>(word & 0xffff_f000);
}

export function immediateJ(word: u32): i32 {
  return ((<i32>word >> 31) << 20) | <i32>((word & 0xf_f000) | ((word >> 9) & 0x800) | ((word >> 20) & 0x7fe));
}
