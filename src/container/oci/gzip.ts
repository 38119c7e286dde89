import { ImageError } from '../../base/errors.ts';

/** Deflate never packs better than this: bounds what a small, hostile file may claim to hold. */
const DEFLATE_RATIO_LIMIT = 1032;

/** Packed bytes given to the platform at once: 16 MiB at the most when unpacked. */
const SLICE_BYTES = 16 << 10;

/** Says whether `bytes` begin like a gzip file. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** Says whether `bytes` begin like a Zstandard frame. */
export function isZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd;
}

/**
 * Unpacks a gzip file.
 *
 * @param place       what a message calls it
 * @param limitBytes  more than this is refused as soon as it is seen, before it takes memory
 * @returns           the content, its own buffer
 * @errors            ImageError when it is damaged, cut off or too large
 * @source            RFC 1952
 */
export function gunzip(bytes: Uint8Array, place: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  return inflate(bytes, 'gzip', place, limitBytes, lengthHint(bytes));
}

/**
 * Unpacks what was packed by deflate, with gzip's frame (`gzip`) or bare (`deflate-raw`).
 *
 * @param hintBytes  about how long the content will be; whatever it says, a wrong one costs time only
 * @errors           as `gunzip`
 * @source           RFC 1951
 */
export async function inflate(
  bytes: Uint8Array, format: 'gzip' | 'deflate-raw', place: string, limitBytes: number, hintBytes = 0,
): Promise<Uint8Array<ArrayBuffer>> {
  let content = new Uint8Array(Math.min(hintBytes, limitBytes));
  let used = 0;
  const reader = slices(bytes).pipeThrough(new DecompressionStream(format)).getReader();
  for (;;) {
    let chunk: Uint8Array | undefined;
    try {
      chunk = (await reader.read()).value;
    } catch {
      throw new ImageError(place, `its ${format === 'gzip' ? 'gzip' : 'packed'} data is damaged or cut off after ${used} bytes of content`);
    }
    if (chunk === undefined) return used === content.length ? content : content.slice(0, used);
    if (used + chunk.length > limitBytes) {
      await reader.cancel();
      throw new ImageError(place, `unpacks to more than ${limitBytes} bytes`);
    }
    if (used + chunk.length > content.length) {
      const larger = new Uint8Array(Math.min(limitBytes, Math.max(used + chunk.length, content.length * 2)));
      larger.set(content.subarray(0, used));
      content = larger;
    }
    content.set(chunk, used);
    used += chunk.length;
  }
}

/** `bytes` in slices so short that what one of them can unpack to, at once and before anybody looks, is no harm. */
function slices(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (at >= bytes.length) controller.close();
        else controller.enqueue(bytes.slice(at, at + SLICE_BYTES));
        at += SLICE_BYTES;
      },
    },
    { highWaterMark: 0 },
  );
}

/** The content's length as the last four bytes tell it, so that it is mostly stored once. */
function lengthHint(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  const at = bytes.length - 4;
  const said = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  return Math.min(said, bytes.length * DEFLATE_RATIO_LIMIT);
}
