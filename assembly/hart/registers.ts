/**
 * Registers of the running hart. Instructions name a register by its byte offset, number × 8, as decoded slots hold it:
 * an access is then one load at a constant base.
 */
import { HART_F, HART_X } from '../layout';

@inline
export function getX(offset: usize): u64 {
  return load<u64>(offset, HART_X);
}

@inline
export function setX(offset: usize, value: u64): void {
  store<u64>(offset, value, HART_X);
}

@inline
export function getF(offset: usize): u64 {
  return load<u64>(offset, HART_F);
}

@inline
export function setF(offset: usize, value: u64): void {
  store<u64>(offset, value, HART_F);
}
