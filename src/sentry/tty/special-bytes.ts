import {
  DISABLED_CHAR, ECHO, ICANON, ICRNL, IEXTEN, IGNCR, INLCR, ISIG, IXON, VEOF, VEOL, VEOL2, VERASE, VINTR, VKILL, VLNEXT, VQUIT, VREPRINT, VSTART,
  VSTOP, VSUSP, VWERASE,
} from '../../abi/termios.ts';
import type { Termios } from './termios.ts';

const NEWLINE = 10;
const RETURN = 13;

/** Which bytes need a closer look under `termios`: 1 at the place of each that does. */
export function specialBytes(termios: Termios): Uint8Array {
  const { iflag, lflag, cc } = termios;
  const special = new Uint8Array(256);
  const mark = (...places: number[]): void => {
    for (const place of places) special[cc[place]!] = 1;
  };
  if ((lflag & ICANON) !== 0) {
    mark(VERASE, VKILL, VEOF, VEOL);
    if ((lflag & IEXTEN) !== 0) mark(VWERASE, VLNEXT, VEOL2);
    if ((lflag & IEXTEN) !== 0 && (lflag & ECHO) !== 0) mark(VREPRINT);
  }
  if ((iflag & IXON) !== 0) mark(VSTART, VSTOP);
  if ((lflag & ISIG) !== 0) mark(VINTR, VQUIT, VSUSP);
  special[DISABLED_CHAR] = 0;
  if ((iflag & (IGNCR | ICRNL)) !== 0) special[RETURN] = 1;
  if ((iflag & INLCR) !== 0 || (lflag & ICANON) !== 0) special[NEWLINE] = 1;
  return special;
}
