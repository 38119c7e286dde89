/** Parts of texts of /proc. */

import type { ByteString } from '../../../base/bytes.ts';

/** Clock ticks a second in what /proc tells (USER_HZ). */
export const TICKS_PER_SECOND = 100;
const NS_PER_TICK = 1_000_000_000 / TICKS_PER_SECOND;

export function ticks(ns: number): number {
  return Math.floor(ns / NS_PER_TICK);
}

/** Seconds with two decimals, as in /proc/uptime. */
export function seconds(ns: number): string {
  const hundredths = Math.floor(ns / 10_000_000);
  return `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, '0')}`;
}

/** `Name:` and a number of KiB in the columns of /proc/meminfo: the number ends in column 24. */
export function kilobytes(name: string, value: number): string {
  return `${`${name}:`.padEnd(16)}${String(value).padStart(8)} kB\n`;
}

/** An address with at least 8 digits. */
export function address(value: number): string {
  return value.toString(16).padStart(8, '0');
}

/** A 64-bit set in 16 hexadecimal digits. */
export function wideHex(value: bigint): string {
  return BigInt.asUintN(64, value).toString(16).padStart(16, '0');
}

/** The number a setting was given: optional blanks around it. Null when it is none. */
export function decimal(text: ByteString): number | null {
  const trimmed = text.replace(/[\s\0]+$/, '').trimStart();
  return /^-?[0-9]{1,15}$/.test(trimmed) ? Number(trimmed) : null;
}
