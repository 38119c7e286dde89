/**
 * LZ4 blocks: decompression of input that may be hostile. No byte outside the two areas is read or written.
 *
 * @source  the LZ4 block format description
 */

/** What went wrong; all negative. */
export const LZ4_INPUT_ENDS: i32 = -1;
export const LZ4_OUTPUT_FULL: i32 = -2;
export const LZ4_BAD_DISTANCE: i32 = -3;

/** Copies `length` bytes forward, 16 at a time; writes up to 15 bytes more. The areas are 16 or more apart. */
@inline
function copyWide(out: usize, from: usize, length: usize): void {
  const end = out + length;
  do {
    v128.store(out, v128.load(from));
    from += 16;
    out += 16;
  } while (out < end);
}

/** Repeats the `distance` (1 to 15) bytes before `out` over the next `length`; writes up to 15 bytes more, and reads up to 16 before `out + 16`. */
function repeat(out: usize, distance: usize, length: usize): void {
  const end = out + length;
  let pattern: v128;
  if (distance == 1) {
    pattern = i8x16.splat(load<i8>(out - 1));
  } else if (distance == 2) {
    pattern = i16x8.splat(load<i16>(out - 2));
  } else if (distance == 4) {
    pattern = i32x4.splat(load<i32>(out - 4));
  } else if (distance == 8) {
    pattern = i64x2.splat(load<i64>(out - 8));
  } else {
    // one period byte by byte until 16 or more are between source and destination
    const from = out - distance;
    let period = distance;
    while (period < 16) period += distance;
    const stop = min(out + period - distance, end);
    for (let at = from; out < stop; at++, out++) store<u8>(out, load<u8>(at));
    if (out < end) copyWide(out, out - period, end - out);
    return;
  }
  do {
    v128.store(out, pattern);
    out += 16;
  } while (out < end);
}

/**
 * Decompresses one LZ4 block of `length` bytes at `src`.
 *
 * @param dstLength  bytes there is room for at `dst`; none after them is touched
 * @returns          bytes written, or a negative LZ4_ code; then what is at `dst` means nothing
 */
export function lz4Decompress(src: usize, length: u32, dst: usize, dstLength: u32): i32 {
  const srcEnd = src + length;
  const dstEnd = dst + dstLength;
  // within these, one step of the fast path reads at most 1 + 16 + 2 bytes and writes at most 14 + 32
  const srcFast = length > 32 ? srcEnd - 32 : src;
  const dstFast = dstLength > 64 ? dstEnd - 64 : dst;
  let out = dst;

  while (true) {
    if (src >= srcEnd) return LZ4_INPUT_ENDS;
    const token = <usize>load<u8>(src++);
    let literals = token >> 4;
    let more = token & 15;

    if (literals < 15 && src < srcFast && out < dstFast) {
      v128.store(out, v128.load(src));
      src += literals;
      out += literals;
      const distance = <usize>load<u16>(src);
      if (more < 15 && distance >= 16) {
        if (distance > out - dst) return LZ4_BAD_DISTANCE;
        src += 2;
        const from = out - distance;
        v128.store(out, v128.load(from));
        store<u32>(out, load<u32>(from, 16), 16);
        out += more + 4;
        continue;
      }
    } else {
      if (literals == 15) {
        let byte: usize;
        do {
          if (src >= srcEnd) return LZ4_INPUT_ENDS;
          byte = load<u8>(src++);
          literals += byte;
        } while (byte == 255);
      }
      if (literals > srcEnd - src) return LZ4_INPUT_ENDS;
      if (literals > dstEnd - out) return LZ4_OUTPUT_FULL;
      if (literals + 16 <= srcEnd - src && literals + 16 <= dstEnd - out) copyWide(out, src, literals);
      else memory.copy(out, src, literals);
      src += literals;
      out += literals;
      if (src == srcEnd) return <i32>(out - dst); // the last sequence has literals only
    }

    if (srcEnd - src < 2) return LZ4_INPUT_ENDS;
    const distance = <usize>load<u16>(src);
    src += 2;
    if (distance == 0 || distance > out - dst) return LZ4_BAD_DISTANCE;
    if (more == 15) {
      let byte: usize;
      do {
        if (src >= srcEnd) return LZ4_INPUT_ENDS;
        byte = load<u8>(src++);
        more += byte;
      } while (byte == 255);
    }
    more += 4;
    if (more > dstEnd - out) return LZ4_OUTPUT_FULL;
    if (more + 16 <= dstEnd - out) {
      if (distance >= 16) copyWide(out, out - distance, more);
      else repeat(out, distance, more);
    } else {
      for (let end = out + more, at = out; at < end; at++) store<u8>(at, load<u8>(at - distance));
    }
    out += more;
  }
}
