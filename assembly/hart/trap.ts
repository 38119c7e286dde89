/** Why `run` came back. */
import { TRAP_ADDRESS, TRAP_INSTRUCTION } from '../layout';

/** All fuel is used: not a trap. */
export const TRAP_FUEL: u32 = 0;
export const TRAP_ECALL: u32 = 1;
export const TRAP_EBREAK: u32 = 2;
/** TRAP_INSTRUCTION holds the instruction word. */
export const TRAP_ILLEGAL: u32 = 3;
/** TRAP_ADDRESS holds the address, in this cause and the ones below. */
export const TRAP_FAULT_READ: u32 = 4;
export const TRAP_FAULT_WRITE: u32 = 5;
export const TRAP_FAULT_EXEC: u32 = 6;
/** An AMO, LR or SC whose address is not a multiple of its size. */
export const TRAP_MISALIGNED_ATOMIC: u32 = 7;

/** No trap: what functions that can trap return when all went well. */
export const NO_TRAP: u32 = 0;

export function trapAt(cause: u32, address: u64): u32 {
  store<u64>(TRAP_ADDRESS, address);
  return cause;
}

export function trapIllegal(instruction: u32): u32 {
  store<u32>(TRAP_INSTRUCTION, instruction);
  return TRAP_ILLEGAL;
}
