import {
  DISABLED_CHAR, ECHO, ECHOCTL, ECHOE, ECHOK, ECHOKE, ECHONL, ECHOPRT, IEXTEN, PARMRK, VEOF, VEOL, VEOL2, VERASE, VKILL, VLNEXT, VREPRINT, VWERASE,
} from '../../abi/termios.ts';
import type { LineDiscipline } from './line-discipline.ts';
import { isContinuation, isControl } from './output.ts';

const NEWLINE = 10;
const BACKSPACE = 8;
const SPACE = 32;
const TAB = 9;
const BACKSLASH = 0x5c;
const CARET = 0x5e;
const MARK = 0xff;

/**
 * Does what an editing character or an end of line does in canonical mode: takes back, shows again, ends the line.
 * @returns whether `byte` was one; if not, nothing has happened
 * @source  termios(3)
 */
export function editLine(line: LineDiscipline, byte: number): boolean {
  const { termios, termios: { lflag, cc } } = line.owner;
  const isExtended = (lflag & IEXTEN) !== 0;
  const isEchoed = (lflag & ECHO) !== 0;
  if (byte === NEWLINE) {
    if (isEchoed || (lflag & ECHONL) !== 0) line.echo.raw(NEWLINE);
    line.endLine(byte);
    return true;
  }
  if (byte === DISABLED_CHAR) return false;
  if (byte === cc[VERASE] || byte === cc[VKILL] || (byte === cc[VWERASE] && isExtended)) {
    erase(line, byte);
    return true;
  }
  if (byte === cc[VLNEXT] && isExtended) {
    line.isLiteralNext = true;
    if (isEchoed) {
      line.finishErasing();
      if ((lflag & ECHOCTL) !== 0) {
        line.echo.raw(CARET);
        line.echo.raw(BACKSPACE);
      }
    }
    return true;
  }
  if (byte === cc[VREPRINT] && isEchoed && isExtended) {
    line.finishErasing();
    line.echo.char(termios, byte);
    line.echo.raw(NEWLINE);
    for (let at = line.input.canonHead; at < line.input.head; at++) line.echo.char(termios, line.input.at(at));
    return true;
  }
  if (byte === cc[VEOF]) {
    line.endLine(DISABLED_CHAR);
    return true;
  }
  if (byte === cc[VEOL] || (byte === cc[VEOL2] && isExtended)) {
    if (isEchoed) line.echoTyped(byte);
    if (byte === MARK && (termios.iflag & PARMRK) !== 0) line.input.put(byte);
    line.endLine(byte);
    return true;
  }
  return false;
}

/** VERASE, VWERASE or VKILL: takes back a character, a word or the line. */
function erase(line: LineDiscipline, byte: number): void {
  const { input, echo } = line;
  const { termios, termios: { lflag, cc } } = line.owner;
  if (input.head === input.canonHead) return;
  const isOne = byte === cc[VERASE];
  const isWord = !isOne && byte === cc[VWERASE];
  const isEchoed = (lflag & ECHO) !== 0;
  if (!isOne && !isWord) {
    if (!isEchoed) {
      input.head = input.canonHead;
      return;
    }
    if ((lflag & ECHOK) === 0 || (lflag & ECHOKE) === 0 || (lflag & ECHOE) === 0) {
      input.head = input.canonHead;
      line.finishErasing();
      echo.char(termios, cc[VKILL]!);
      if ((lflag & ECHOK) !== 0) echo.raw(NEWLINE);
      return;
    }
  }
  let hasMetWord = false;
  while (input.head !== input.canonHead) {
    const start = startOfLastCharacter(line);
    const first = input.at(start);
    if (isContinuation(first, termios)) break;
    if (isWord) {
      if (isWordByte(first)) hasMetWord = true;
      else if (hasMetWord) break;
    }
    const lengthBytes = input.head - start;
    input.head = start;
    if (isEchoed) echoErased(line, start, lengthBytes, isOne);
    if (isOne) break;
  }
  if (input.head === input.canonHead && isEchoed) line.finishErasing();
}

/** Where the last character of the line being typed begins: under IUTF8 it may have several bytes. */
function startOfLastCharacter(line: LineDiscipline): number {
  let at = line.input.head - 1;
  while (at !== line.input.canonHead && isContinuation(line.input.at(at), line.owner.termios)) at--;
  return at;
}

/** Shows that the character of `lengthBytes` at `start` was taken back. */
function echoErased(line: LineDiscipline, start: number, lengthBytes: number, isOne: boolean): void {
  const { input, echo } = line;
  const { termios, termios: { lflag, cc } } = line.owner;
  const first = input.at(start);
  if ((lflag & ECHOPRT) !== 0) {
    if (!line.isErasing) {
      echo.raw(BACKSLASH);
      line.isErasing = true;
    }
    echo.char(termios, first);
    for (let i = 1; i < lengthBytes; i++) {
      echo.raw(input.at(start + i));
      echo.moveBack();
    }
  } else if (isOne && (lflag & ECHOE) === 0) {
    echo.char(termios, cc[VERASE]!);
  } else if (first === TAB) {
    echoErasedTab(line);
  } else {
    const columns = isControl(first) ? ((lflag & ECHOCTL) !== 0 ? 2 : 0) : 1;
    for (let i = 0; i < columns; i++) {
      echo.raw(BACKSPACE);
      echo.raw(SPACE);
      echo.raw(BACKSPACE);
    }
  }
}

/** Counts the columns of the line back to the tab before, or to its beginning. */
function echoErasedTab(line: LineDiscipline): void {
  const { termios } = line.owner;
  let columns = 0;
  let isAfterTab = false;
  for (let at = line.input.head; at !== line.input.canonHead && !isAfterTab; ) {
    const byte = line.input.at(--at);
    if (byte === TAB) isAfterTab = true;
    else if (isControl(byte)) columns += (termios.lflag & ECHOCTL) !== 0 ? 2 : 0;
    else if (!isContinuation(byte, termios)) columns++;
  }
  line.echo.eraseTab(columns, isAfterTab);
}

function isWordByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x5f ||
    (byte >= 0xc0 && byte !== 0xd7 && byte !== 0xf7)
  );
}
