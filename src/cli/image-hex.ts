import type { PagePair } from '../inspect/index.ts';
import { address } from './text-table.ts';

const LINE_BYTES = 16;
const PAGE_BYTES = 4096;

/** A page of two images side by side: the lines that differ, as `hexdump -C` shows them, with `...` where lines are the same. */
export function hexText({ before, after }: PagePair, at: number): string {
  const start = Math.floor(at / PAGE_BYTES) * PAGE_BYTES;
  const lines: string[] = [];
  let hasSame = false;
  for (let offset = 0; offset < PAGE_BYTES; offset += LINE_BYTES) {
    const one = before?.subarray(offset, offset + LINE_BYTES) ?? null;
    const other = after?.subarray(offset, offset + LINE_BYTES) ?? null;
    if (one !== null && other !== null && one.every((byte, i) => byte === other[i])) {
      if (!hasSame) lines.push('  ...');
      hasSame = true;
      continue;
    }
    hasSame = false;
    if (one !== null) lines.push(`- ${address(start + offset)}  ${line(one)}`);
    if (other !== null) lines.push(`+ ${address(start + offset)}  ${line(other)}`);
  }
  if (before === null) lines.unshift('before: not in memory');
  if (after === null) lines.unshift('after: not in memory');
  return `${lines.join('\n')}\n`;
}

function line(bytes: Uint8Array): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0'));
  const text = [...bytes].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
  return `${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}  |${text}|`;
}
