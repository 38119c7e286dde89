/**
 * The three kinds of failure, never mixed:
 *
 *  - `SysError`    the guest's answer: −errno in a0
 *  - `panic`       our bug: stops the machine and leaves a dump
 *  - `ImageError`  the user's file: shown to the user, the running machine is untouched
 */

/**
 * An errno on its way to the guest.
 *
 * Thrown often (every ENOENT of a path search), so it is no `Error`: nothing captures a stack.
 */
export class SysError {
  /** One of the E* constants of `src/abi/errno.ts`; positive. */
  readonly errno: number;
  /** What was attempted and the values, without a full stop; shown by strace and dumps only. */
  readonly message: string;

  constructor(errno: number, message = '') {
    this.errno = errno;
    this.message = message;
  }

  toString(): string {
    return `SysError ${this.errno}${this.message === '' ? '' : `: ${this.message}`}`;
  }
}

/** A broken invariant of ours: the machine stops and leaves a dump. */
export class KernelPanic extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'KernelPanic';
  }
}

/** Stops the machine: `message` names what was found and the values that contradict each other. */
export function panic(message: string): never {
  throw new KernelPanic(message);
}

/**
 * A file of the user's that cannot be used: damaged, foreign, too large, or made for another version.
 *
 * `message` is one sentence that names the place and the reason: `checkpoint image: layout: made for core layout 7, this is 9`.
 */
export class ImageError extends Error {
  /** The section or field at fault, e.g. `manifest.version`, `section kernel`, `layout`. */
  readonly field: string;
  /** Why it is refused, without the field and without a full stop. */
  readonly reason: string;

  constructor(field: string, reason: string) {
    super(`${field}: ${reason}`);
    this.name = 'ImageError';
    this.field = field;
    this.reason = reason;
  }
}
