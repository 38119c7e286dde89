/** Base64 in the alphabet of URLs, without padding. @source RFC 4648, section 5 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const CHUNK_BYTES = 3 << 12;

export function toBase64Url(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) text += btoa(String.fromCharCode(...bytes.subarray(at, at + CHUNK_BYTES)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Null for a text that is none: another letter, a length or last bits that no bytes have. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  const unusedBits = (text.length * 6) % 8;
  if (unusedBits > 0 && (ALPHABET.indexOf(text.at(-1)!) & ((1 << unusedBits) - 1)) !== 0) return null;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}
