/** Control and status registers that user mode can reach. */
import { HART_FFLAGS, HART_FRM, HART_RETIRED } from '../layout';

const CSR_FFLAGS: u32 = 0x001;
const CSR_FRM: u32 = 0x002;
const CSR_FCSR: u32 = 0x003;
const CSR_CYCLE: u32 = 0xc00;
const CSR_TIME: u32 = 0xc01;
const CSR_INSTRET: u32 = 0xc02;

const FFLAGS_MASK: u32 = 0x1f;
const FRM_MASK: u32 = 0x07;

/** Value of the time register at the start of the running slice. */
let timeBase: u64 = 0;
/** Instructions that take one tick of the time register. */
let instructionsPerTick: u64 = 1;

/**
 * Sets the time register (rdtime) for the next slice: `base` at its first instruction, one tick more every
 * `perTick` instructions. One tick is 100 ns (a timebase of 10 MHz, as qemu's machines have).
 */
export function setTime(base: u64, perTick: u32): void {
  timeBase = base;
  instructionsPerTick = perTick == 0 ? 1 : perTick;
}

/** Whether user mode may read (and, for `isWrite`, change) the register. */
export function csrExists(csr: u32, isWrite: bool): bool {
  if (csr >= CSR_FFLAGS && csr <= CSR_FCSR) return true;
  return !isWrite && csr >= CSR_CYCLE && csr <= CSR_INSTRET;
}

/** @param retiredInSlice  instructions retired since the slice began, the reading one not included */
export function csrRead(csr: u32, retiredInSlice: u64): u64 {
  switch (csr) {
    case CSR_FFLAGS:
      return load<u32>(HART_FFLAGS);
    case CSR_FRM:
      return load<u32>(HART_FRM);
    case CSR_FCSR:
      return (load<u32>(HART_FRM) << 5) | load<u32>(HART_FFLAGS);
    case CSR_TIME:
      return timeBase + retiredInSlice / instructionsPerTick;
    default:
      return load<u64>(HART_RETIRED) + retiredInSlice;
  }
}

export function csrWrite(csr: u32, value: u64): void {
  const bits = <u32>value;
  switch (csr) {
    case CSR_FFLAGS:
      store<u32>(HART_FFLAGS, bits & FFLAGS_MASK);
      break;
    case CSR_FRM:
      store<u32>(HART_FRM, bits & FRM_MASK);
      break;
    case CSR_FCSR:
      store<u32>(HART_FFLAGS, bits & FFLAGS_MASK);
      store<u32>(HART_FRM, (bits >> 5) & FRM_MASK);
      break;
    default:
      break;
  }
}
