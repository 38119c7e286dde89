/**
 * Rounding modes and exception flags.
 *
 * The flags are sticky: nothing but a write of the CSR clears one. The fast paths rest on that: while NX is
 * set, an operation that can raise nothing but NX has no flag left to compute.
 *
 * @source The RISC-V Instruction Set Manual, volume I, chapter "F": fcsr
 */

import { HART_FFLAGS, HART_FRM } from '../layout';

/** Inexact: the result was rounded. */
export const FLAG_NX: u32 = 1;
/** Underflow: inexact, and still below the smallest normal number after rounding with an unbounded exponent. */
export const FLAG_UF: u32 = 2;
/** Overflow. */
export const FLAG_OF: u32 = 4;
/** Division of a finite number by zero. */
export const FLAG_DZ: u32 = 8;
/** Invalid operation. */
export const FLAG_NV: u32 = 16;

/** To nearest, ties to even. */
export const RNE: u32 = 0;
/** Towards zero. */
export const RTZ: u32 = 1;
/** Down, towards −∞. */
export const RDN: u32 = 2;
/** Up, towards +∞. */
export const RUP: u32 = 3;
/** To nearest, ties away from zero. */
export const RMM: u32 = 4;
/** In an instruction's rm field: the mode is in frm. */
export const DYNAMIC: u32 = 7;

/** Returns the mode an instruction with field `rm` rounds in; above RMM when it is reserved: an illegal instruction. */
@inline
export function roundingMode(rm: u32): u32 {
  return rm == DYNAMIC ? load<u32>(HART_FRM) : rm;
}

/** Returns whether an instruction with field `rm` has a mode to round in. */
@inline
export function isModeValid(rm: u32): bool {
  return roundingMode(rm) <= RMM;
}

/** Sets `flags`; those set before stay. */
@inline
export function raise(flags: u32): void {
  store<u32>(HART_FFLAGS, load<u32>(HART_FFLAGS) | flags);
}

/** Returns whether NX is set already, so that an inexact result need not be told from an exact one. */
@inline
export function isInexactSticky(): bool {
  return (load<u32>(HART_FFLAGS) & FLAG_NX) != 0;
}
