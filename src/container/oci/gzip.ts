import { ImageError } from '../../base/errors.ts';

/** Deflate never packs better than this: bounds what a small, hostile file may claim to hold. */
const DEFLATE_RATIO_LIMIT = 1032;

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
export async function gunzip(bytes: Uint8Array, place: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  let content = new Uint8Array(Math.min(lengthHint(bytes), limitBytes));
  let used = 0;
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new DecompressionStream('gzip'));
  const reader = stream.getReader();
  for (;;) {
    let chunk: Uint8Array | undefined;
    try {
      chunk = (await reader.read()).value;
    } catch {
      throw new ImageError(place, `its gzip data is damaged or cut off after ${used} bytes of content`);
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

/** The content's length as the last four bytes tell it, so that it is mostly stored once. */
function lengthHint(bytes: Uint8Array): number {
  if (bytes.length < 18) return 0;
  const at = bytes.length - 4;
  const said = (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
  return Math.min(said, bytes.length * DEFLATE_RATIO_LIMIT);
}
