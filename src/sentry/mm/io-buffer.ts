/**
 * Where a file's read puts bytes: a guest's buffers (scattered or not), or the kernel's own.
 *
 * A file first decides how many bytes it can give, calls `prepare` with that, and then puts exactly the number
 * that `prepare` returned. So a bad buffer is found before anything is consumed.
 */
export interface IoTarget {
  /** Bytes that still fit. */
  readonly remainingBytes: number;
  /**
   * Makes up to `countBytes` of the buffer writable now; returns how many are (fewer where the memory ends).
   * @errors EFAULT when not even the first byte is writable and countBytes > 0
   */
  prepare(countBytes: number): number;
  /** Appends `source[start..start+countBytes)`. */
  put(source: Uint8Array, start: number, countBytes: number): void;
}

/** Where a file's write takes bytes from. The same protocol as `IoTarget`. */
export interface IoSource {
  readonly remainingBytes: number;
  /** @errors EFAULT when not even the first byte is readable and countBytes > 0 */
  prepare(countBytes: number): number;
  /** Moves the next `countBytes` to `target[start..)`. */
  take(target: Uint8Array, start: number, countBytes: number): void;
}

/** A buffer of the kernel's own, as target or source. */
export class KernelBuffer implements IoTarget, IoSource {
  bytes: Uint8Array;
  position = 0;
  remainingBytes: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.remainingBytes = bytes.length;
  }

  prepare(countBytes: number): number {
    return Math.min(countBytes, this.remainingBytes);
  }

  put(source: Uint8Array, start: number, countBytes: number): void {
    this.bytes.set(source.subarray(start, start + countBytes), this.position);
    this.position += countBytes;
    this.remainingBytes -= countBytes;
  }

  take(target: Uint8Array, start: number, countBytes: number): void {
    target.set(this.bytes.subarray(this.position, this.position + countBytes), start);
    this.position += countBytes;
    this.remainingBytes -= countBytes;
  }
}
