/** Addresses from here on are no longer exact as numbers. */
const INEXACT = 2 ** 53;

/**
 * An address or a size of the guest's that is kept for later, unchecked. Those that no number tells apart are one: nothing
 * can be mapped there.
 */
export function keptAddress(address: number): number {
  return Math.min(address, INEXACT);
}
