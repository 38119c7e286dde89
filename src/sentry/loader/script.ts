import { ENOEXEC } from '../../abi/errno.ts';
import type { ByteString } from '../../base/bytes.ts';
import { byteStringOf } from '../../base/bytes.ts';
import { SysError } from '../../base/errors.ts';

/** Bytes of a file that decide what it is (BINPRM_BUF_SIZE). */
export const HEAD_BYTES = 256;

/** The interpreter of a `#!` line, and its one argument. */
export interface ScriptLine {
  readonly interpreter: ByteString;
  readonly argument: ByteString | null;
}

/**
 * Reads a `#!` line; everything after the interpreter is one argument, without blanks around it.
 * @returns null when `head` is not a script
 * @errors ENOEXEC no interpreter named, or its name is cut off at 256 bytes
 */
export function parseScript(head: Uint8Array): ScriptLine | null {
  if (head.length < 2 || head[0] !== 0x23 || head[1] !== 0x21) return null;
  const text = byteStringOf(head, 2, Math.min(head.length, HEAD_BYTES));
  const newline = text.indexOf('\n');
  const line = (newline >= 0 ? text.slice(0, newline) : text).replace(/\0.*$/s, '');
  const match = /^[ \t]*([^ \t]+)(?:[ \t]+(.*?))?[ \t]*$/s.exec(line);
  if (match === null) throw new SysError(ENOEXEC, 'script: no interpreter after #!');
  const isCut = newline < 0 && head.length >= HEAD_BYTES && match[2] === undefined && !/[ \t]$/.test(line);
  if (isCut) throw new SysError(ENOEXEC, 'script: the interpreter name is longer than 256 bytes');
  return { interpreter: match[1]!, argument: match[2] === undefined || match[2] === '' ? null : match[2] };
}
