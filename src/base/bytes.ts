/**
 * Byte strings: the kernel's own form of names, paths, arguments and environment. Each character of such a
 * JavaScript string is one byte (0..255), so that any name a guest can make survives unchanged.
 */

/** A string whose characters are bytes. */
export type ByteString = string;

const CHUNK = 0x2000;

/** The bytes of `bytes[start..end)` as a byte string. */
export function byteStringOf(bytes: Uint8Array, start = 0, end = bytes.length): ByteString {
  if (end - start <= CHUNK) return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[]);
  let text = '';
  for (let at = start; at < end; at += CHUNK) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(end, at + CHUNK)) as unknown as number[]);
  }
  return text;
}

/** The bytes that `text` stands for. */
export function bytesOf(text: ByteString): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** UTF-8 bytes of `text` as a byte string: the way in at the outer edge. */
export function byteStringFromText(text: string): ByteString {
  return byteStringOf(new TextEncoder().encode(text));
}

/** `text` read as UTF-8, with replacement characters where it is not: the way out at the outer edge. */
export function textFromByteString(text: ByteString): string {
  return new TextDecoder().decode(bytesOf(text));
}
