import { EFAULT, EINVAL, ENAMETOOLONG } from '../../abi/errno.ts';
import { PAGE_BYTES, TASK_SIZE } from '../../abi/mman.ts';
import { SysError } from '../../base/errors.ts';
import { byteStringOf } from '../../base/bytes.ts';
import type { Core } from '../../core/core.ts';
import type { IoSource, IoTarget } from './io-buffer.ts';

const READ = 1;
const WRITE = 2;
/** IOV_MAX of readv(2). */
const MAX_SEGMENTS = 1024;
/** Most that one read or write moves (MAX_RW_COUNT). */
export const MAX_RW_BYTES = 0x7ffff000;

/**
 * Typed access to a guest's memory. Every call is EFAULT where the memory is not accessible. 64-bit values are
 * `number` where they are addresses, sizes or counts, `bigint` where all bits matter.
 */
export abstract class UserMemorySpace {
  core: Core;

  constructor(core: Core) {
    this.core = core;
  }

  /** Linear address of the byte at guest `address` for an access of 1 read, 2 write. @errors EFAULT; ENOMEM */
  abstract linear(address: number, access: number): number;

  readBytes(address: number, countBytes: number): Uint8Array {
    const result = new Uint8Array(countBytes);
    for (let done = 0; done < countBytes; ) {
      const at = this.linear(address + done, READ);
      const chunk = Math.min(countBytes - done, PAGE_BYTES - (at & (PAGE_BYTES - 1)));
      result.set(this.core.bytes().subarray(at, at + chunk), done);
      done += chunk;
    }
    return result;
  }

  writeBytes(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const at = this.linear(address + done, WRITE);
      const chunk = Math.min(bytes.length - done, PAGE_BYTES - (at & (PAGE_BYTES - 1)));
      this.core.bytes().set(chunk === bytes.length ? bytes : bytes.subarray(done, done + chunk), at);
      done += chunk;
    }
  }

  /** Fills `[address, address + countBytes)` with zeros. */
  zero(address: number, countBytes: number): void {
    for (let done = 0; done < countBytes; ) {
      const at = this.linear(address + done, WRITE);
      const chunk = Math.min(countBytes - done, PAGE_BYTES - (at & (PAGE_BYTES - 1)));
      this.core.bytes().fill(0, at, at + chunk);
      done += chunk;
    }
  }

  readU8(address: number): number {
    const at = this.linear(address, READ);
    return this.core.bytes()[at]!;
  }

  readU16(address: number): number {
    return this.readU8(address) | (this.readU8(address + 1) << 8);
  }

  readU32(address: number): number {
    if ((address & 3) === 0) {
      const at = this.linear(address, READ);
      return this.core.words()[at >>> 2]!;
    }
    return (this.readU16(address) | (this.readU16(address + 2) << 16)) >>> 0;
  }

  readI32(address: number): number {
    return this.readU32(address) | 0;
  }

  /** An unsigned 64-bit word; exact below 2⁵³. */
  readU64(address: number): number {
    const low = this.readU32(address);
    return this.readU32(address + 4) * 0x1_0000_0000 + low;
  }

  /** A signed 64-bit word; exact within ±2⁵³. */
  readI64(address: number): number {
    const low = this.readU32(address);
    return this.readI32(address + 4) * 0x1_0000_0000 + low;
  }

  /** An unsigned 64-bit word, all bits. */
  readBig(address: number): bigint {
    const low = this.readU32(address);
    return (BigInt(this.readU32(address + 4)) << 32n) | BigInt(low);
  }

  writeU8(address: number, value: number): void {
    const at = this.linear(address, WRITE);
    this.core.bytes()[at] = value;
  }

  writeU16(address: number, value: number): void {
    this.writeU8(address, value);
    this.writeU8(address + 1, value >>> 8);
  }

  writeU32(address: number, value: number): void {
    if ((address & 3) === 0) {
      const at = this.linear(address, WRITE);
      this.core.words()[at >>> 2] = value;
      return;
    }
    this.writeU16(address, value);
    this.writeU16(address + 2, value >>> 16);
  }

  writeI32(address: number, value: number): void {
    this.writeU32(address, value >>> 0);
  }

  /** An integer within ±2⁵³ as a 64-bit word. */
  writeU64(address: number, value: number): void {
    this.writeU32(address, value >>> 0);
    this.writeU32(address + 4, Math.floor(value / 0x1_0000_0000) >>> 0);
  }

  writeBig(address: number, value: bigint): void {
    this.writeU32(address, Number(value & 0xffff_ffffn));
    this.writeU32(address + 4, Number((value >> 32n) & 0xffff_ffffn));
  }

  writeI32s(address: number, values: readonly number[]): void {
    values.forEach((value, i) => this.writeI32(address + 4 * i, value));
  }

  /**
   * The bytes up to a NUL as a byte string.
   * @errors ENAMETOOLONG no NUL within `maxBytes`
   */
  readCString(address: number, maxBytes: number): string {
    let text = '';
    for (let done = 0; done < maxBytes; ) {
      const at = this.linear(address + done, READ);
      const chunk = Math.min(maxBytes - done, PAGE_BYTES - (at & (PAGE_BYTES - 1)));
      const bytes = this.core.bytes();
      const end = bytes.indexOf(0, at);
      if (end >= 0 && end < at + chunk) return text + byteStringOf(bytes, at, end);
      text += byteStringOf(bytes, at, at + chunk);
      done += chunk;
    }
    throw new SysError(ENAMETOOLONG, `no end of string within ${maxBytes} bytes`);
  }

  /** Words of a NULL-terminated array of pointers. */
  readPointers(address: number, maxCount: number): number[] {
    const pointers: number[] = [];
    for (let at = address; pointers.length <= maxCount; at += 8) {
      const pointer = this.readU64(at);
      if (pointer === 0) return pointers;
      pointers.push(pointer);
    }
    return pointers;
  }

  userTarget(address: number, lengthBytes: number): IoTarget {
    return new UserBuffer(this, address, clampLength(address, lengthBytes), WRITE);
  }

  userSource(address: number, lengthBytes: number): IoSource {
    return new UserBuffer(this, address, clampLength(address, lengthBytes), READ);
  }

  /** @errors EINVAL too many segments, or a negative or too large sum; EFAULT */
  iovTarget(iovAddress: number, count: number): IoTarget {
    return this.iovBuffer(iovAddress, count, WRITE);
  }

  iovSource(iovAddress: number, count: number): IoSource {
    return this.iovBuffer(iovAddress, count, READ);
  }

  iovBuffer(iovAddress: number, count: number, access: number): UserBuffer {
    if (count < 0 || count > MAX_SEGMENTS) throw new SysError(EINVAL, `iovec of ${count} segments`);
    const starts: number[] = [];
    const lengths: number[] = [];
    let total = 0;
    for (let i = 0; i < count; i++) {
      const start = this.readU64(iovAddress + 16 * i);
      const length = this.readI64(iovAddress + 16 * i + 8);
      if (length < 0) throw new SysError(EINVAL, 'iovec: negative length');
      if (length > 0 && start + length > TASK_SIZE) throw new SysError(EFAULT, 'iovec: beyond user space');
      starts.push(start);
      lengths.push(Math.min(length, MAX_RW_BYTES - total));
      total += lengths[i]!;
    }
    const buffer = new UserBuffer(this, 0, 0, access);
    buffer.starts = starts;
    buffer.lengths = lengths;
    buffer.remainingBytes = total;
    return buffer;
  }
}

function clampLength(address: number, lengthBytes: number): number {
  const length = Math.min(lengthBytes, MAX_RW_BYTES);
  if (length > 0 && address + length > TASK_SIZE) throw new SysError(EFAULT, 'buffer beyond user space');
  return length;
}

const NO_SEGMENTS: readonly number[] = [];

/** A guest's buffer, in one or more segments, as target of a read or source of a write. Lives within one syscall. */
export class UserBuffer implements IoTarget, IoSource {
  memory: UserMemorySpace;
  access: number;
  /** The next byte, and the bytes from there to the end of its segment. */
  address: number;
  leftBytes: number;
  remainingBytes: number;
  /** Segments of an iovec, those from `next` on not yet begun. */
  starts = NO_SEGMENTS;
  lengths = NO_SEGMENTS;
  next = 0;

  constructor(memory: UserMemorySpace, address: number, lengthBytes: number, access: number) {
    this.memory = memory;
    this.address = address;
    this.leftBytes = lengthBytes;
    this.remainingBytes = lengthBytes;
    this.access = access;
  }

  prepare(countBytes: number): number {
    const wanted = Math.min(countBytes, this.remainingBytes);
    let { address, leftBytes, next } = this;
    let ready = 0;
    while (ready < wanted) {
      while (leftBytes === 0) {
        address = this.starts[next]!;
        leftBytes = this.lengths[next]!;
        next++;
      }
      try {
        this.memory.linear(address, this.access);
      } catch (error) {
        if (ready > 0 && error instanceof SysError) return ready;
        throw error;
      }
      const chunk = Math.min(leftBytes, wanted - ready, PAGE_BYTES - (address % PAGE_BYTES));
      ready += chunk;
      address += chunk;
      leftBytes -= chunk;
    }
    return ready;
  }

  put(source: Uint8Array, start: number, countBytes: number): void {
    const core = this.memory.core;
    const isCoreMemory = source === core.bytes();
    for (let done = 0; done < countBytes; ) {
      const chunk = this.nextChunk(countBytes - done);
      const at = this.memory.linear(this.address, WRITE);
      const bytes = core.bytes();
      if (isCoreMemory) bytes.copyWithin(at, start + done, start + done + chunk);
      else if (chunk <= 8) for (let i = 0; i < chunk; i++) bytes[at + i] = source[start + done + i]!;
      else bytes.set(source.subarray(start + done, start + done + chunk), at);
      this.advance(chunk);
      done += chunk;
    }
  }

  take(target: Uint8Array, start: number, countBytes: number): void {
    const core = this.memory.core;
    const isCoreMemory = target === core.bytes();
    for (let done = 0; done < countBytes; ) {
      const chunk = this.nextChunk(countBytes - done);
      const at = this.memory.linear(this.address, READ);
      const bytes = core.bytes();
      if (isCoreMemory) bytes.copyWithin(start + done, at, at + chunk);
      else if (chunk <= 8) for (let i = 0; i < chunk; i++) target[start + done + i] = bytes[at + i]!;
      else target.set(bytes.subarray(at, at + chunk), start + done);
      this.advance(chunk);
      done += chunk;
    }
  }

  /** Bytes up to the end of the segment and of the page, at most `maxBytes`. */
  nextChunk(maxBytes: number): number {
    while (this.leftBytes === 0) {
      this.address = this.starts[this.next]!;
      this.leftBytes = this.lengths[this.next]!;
      this.next++;
    }
    return Math.min(maxBytes, this.leftBytes, PAGE_BYTES - (this.address % PAGE_BYTES));
  }

  advance(countBytes: number): void {
    this.address += countBytes;
    this.leftBytes -= countBytes;
    this.remainingBytes -= countBytes;
  }
}
