import {
  B38400, CBAUD, CREAD, CS8, ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ICANON, ICRNL, IEXTEN, ISIG, IXON, NCCS, ONLCR, OPOST, TERMIO_BYTES,
  TERMIO_CONTROLS, TERMIOS2_BYTES, TERMIOS_BYTES,
} from '../../abi/termios.ts';
import { bytes, defineState, u32, u8 } from '../../state/index.ts';

const DEFAULT_BAUD = 38_400;
/** Rates of B0, B50, … B38400 and, after CBAUDEX (0o10000), of B57600 and up. */
const BAUD_RATES = [0, 50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400];
const EXTENDED_BAUD_RATES = [
  0, 57_600, 115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000, 2_500_000, 3_000_000, 3_500_000, 4_000_000,
];
const CBAUDEX = 0o10000;
/** Speed is in c_ospeed, not in c_cflag (termios2). */
const BOTHER = CBAUDEX;

/** Modes, control characters and speeds of a terminal: termios(3). */
export class Termios {
  iflag = ICRNL | IXON;
  oflag = OPOST | ONLCR;
  cflag = B38400 | CS8 | CREAD;
  lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
  line = 0;
  /** Control characters by VINTR, VQUIT, …; 0 switches one off. */
  cc = Uint8Array.of(3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0);
  /** Baud. */
  inputSpeed = DEFAULT_BAUD;
  outputSpeed = DEFAULT_BAUD;

  copy(): Termios {
    const copy = new Termios();
    Object.assign(copy, this);
    copy.cc = this.cc.slice();
    return copy;
  }
}

defineState(Termios, 'Termios', 1, {
  iflag: u32, oflag: u32, cflag: u32, lflag: u32, line: u8, cc: bytes, inputSpeed: u32, outputSpeed: u32,
});

/** `struct termios`, or `struct termios2` when `countBytes` is TERMIOS2_BYTES. */
export function encodeTermios(termios: Termios, countBytes: number): Uint8Array {
  const result = new Uint8Array(countBytes);
  const view = new DataView(result.buffer);
  view.setUint32(0, termios.iflag, true);
  view.setUint32(4, termios.oflag, true);
  view.setUint32(8, termios.cflag, true);
  view.setUint32(12, termios.lflag, true);
  result[16] = termios.line;
  result.set(termios.cc, 17);
  if (countBytes === TERMIOS2_BYTES) {
    view.setUint32(TERMIOS_BYTES, termios.inputSpeed, true);
    view.setUint32(TERMIOS_BYTES + 4, termios.outputSpeed, true);
  }
  return result;
}

/** What `encodeTermios` wrote; speeds of a `struct termios` follow from its c_cflag. */
export function decodeTermios(source: Uint8Array): Termios {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const termios = new Termios();
  termios.iflag = view.getUint32(0, true);
  termios.oflag = view.getUint32(4, true);
  termios.cflag = view.getUint32(8, true);
  termios.lflag = view.getUint32(12, true);
  termios.line = source[16]!;
  termios.cc = source.slice(17, 17 + NCCS);
  const speed = speedOf(termios.cflag);
  if (source.length === TERMIOS2_BYTES) {
    termios.inputSpeed = view.getUint32(TERMIOS_BYTES, true);
    termios.outputSpeed = (termios.cflag & CBAUD) === BOTHER ? view.getUint32(TERMIOS_BYTES + 4, true) : speed;
  } else {
    termios.inputSpeed = speed;
    termios.outputSpeed = speed;
  }
  return termios;
}

/** `struct termio` of System V: 16-bit flags and the first eight control characters. */
export function encodeTermio(termios: Termios): Uint8Array {
  const result = new Uint8Array(TERMIO_BYTES);
  const view = new DataView(result.buffer);
  view.setUint16(0, termios.iflag & 0xffff, true);
  view.setUint16(2, termios.oflag & 0xffff, true);
  view.setUint16(4, termios.cflag & 0xffff, true);
  view.setUint16(6, termios.lflag & 0xffff, true);
  result[8] = termios.line;
  result.set(termios.cc.subarray(0, TERMIO_CONTROLS), 9);
  return result;
}

/** `base` with what a `struct termio` sets: the low halves of the flags and eight control characters. */
export function decodeTermio(source: Uint8Array, base: Termios): Termios {
  const view = new DataView(source.buffer, source.byteOffset, source.length);
  const termios = base.copy();
  termios.iflag = ((base.iflag & 0xffff0000) | view.getUint16(0, true)) >>> 0;
  termios.oflag = ((base.oflag & 0xffff0000) | view.getUint16(2, true)) >>> 0;
  termios.cflag = ((base.cflag & 0xffff0000) | view.getUint16(4, true)) >>> 0;
  termios.lflag = ((base.lflag & 0xffff0000) | view.getUint16(6, true)) >>> 0;
  termios.line = source[8]!;
  termios.cc.set(source.subarray(9, 9 + TERMIO_CONTROLS));
  return termios;
}

function speedOf(cflag: number): number {
  const code = cflag & 0o17;
  return (cflag & CBAUDEX) !== 0 ? EXTENDED_BAUD_RATES[code]! : BAUD_RATES[code]!;
}
