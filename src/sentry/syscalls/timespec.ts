import { EINVAL } from '../../abi/errno.ts';
import { NS_PER_MICROSECOND, NS_PER_SECOND } from '../../abi/time.ts';
import { SysError } from '../../base/errors.ts';
import type { UserMemorySpace } from '../mm/user-memory.ts';

/** Longest time that is counted exactly: what lies beyond is taken for this, some 104 days. */
export const MAX_NS = 2 ** 53 - 1;
const MAX_SECONDS = BigInt(Number.MAX_SAFE_INTEGER);

/** Reads a timespec of 16 bytes as ns. @errors EINVAL negative, or a second or more of ns; EFAULT */
export function readTimespec(memory: UserMemorySpace, address: number, call: string): bigint {
  const seconds = BigInt.asIntN(64, memory.readBig(address));
  const nanoseconds = BigInt.asIntN(64, memory.readBig(address + 8));
  if (seconds < 0n || nanoseconds < 0n || nanoseconds >= BigInt(NS_PER_SECOND)) throw new SysError(EINVAL, `${call}: no valid timespec`);
  return (seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * BigInt(NS_PER_SECOND) + nanoseconds;
}

/** Reads a timeval of 16 bytes as ns. @errors EINVAL negative, or a second or more of µs; EFAULT */
export function readTimeval(memory: UserMemorySpace, address: number, call: string): bigint {
  const seconds = BigInt.asIntN(64, memory.readBig(address));
  const microseconds = BigInt.asIntN(64, memory.readBig(address + 8));
  if (seconds < 0n || microseconds < 0n || microseconds >= 1_000_000n) throw new SysError(EINVAL, `${call}: no valid timeval`);
  return (seconds > MAX_SECONDS ? MAX_SECONDS : seconds) * BigInt(NS_PER_SECOND) + microseconds * BigInt(NS_PER_MICROSECOND);
}

/** A span of time in ns as an exact number, cut off at MAX_NS. */
export function clampNs(ns: bigint): number {
  return ns > BigInt(MAX_NS) ? MAX_NS : Number(ns);
}

export function writeTimespec(memory: UserMemorySpace, address: number, ns: bigint): void {
  memory.writeBig(address, ns / BigInt(NS_PER_SECOND));
  memory.writeBig(address + 8, ns % BigInt(NS_PER_SECOND));
}

/** Writes ns as a timeval, rounded down. */
export function writeTimeval(memory: UserMemorySpace, address: number, ns: bigint): void {
  memory.writeBig(address, ns / BigInt(NS_PER_SECOND));
  memory.writeBig(address + 8, (ns % BigInt(NS_PER_SECOND)) / BigInt(NS_PER_MICROSECOND));
}
