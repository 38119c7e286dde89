/**
 * A checkpoint as the fragment of a link: `stasis1=` and, in base64url,
 *
 *    0        1                9              13             17       18
 *    ├────────┼────────────────┼──────────────┼──────────────┼────────┼──────┬──────┐
 *    │ method │ 8 bytes of     │ length of    │ length of    │ length │ name │ body │
 *    │        │ SHA-256        │ the image    │ the body     │ of name│      │      │
 *    └────────┴────────────────┴──────────────┴──────────────┴────────┴──────┴──────┘
 *
 * Lengths are u32, little-endian, that of the name, in UTF-8, u8. The digest is that of all that follows it, so that damage
 * is seen before anything is unpacked. A fragment never leaves the browser: no server sees what a link holds.
 */
import { ImageError } from '../base/errors.ts';
import { inflate } from '../container/oci/gzip.ts';
import { sha256 } from '../container/oci/sha256.ts';
import { fromBase64Url, toBase64Url } from './base64url.ts';
import { plainLine } from './facts.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { ExchangeLimits } from './limits.ts';

export const LINK_PREFIX = 'stasis1=';

const STORED = 0;
const DEFLATED = 1;
const SUM_AT = 1;
const SUM_BYTES = 8;
const IMAGE_BYTES_AT = SUM_AT + SUM_BYTES;
const BODY_BYTES_AT = IMAGE_BYTES_AT + 4;
const NAME_BYTES_AT = BODY_BYTES_AT + 4;
const NAME_AT = NAME_BYTES_AT + 1;
const NAME_LIMIT_BYTES = 255;

export interface LinkedImage {
  readonly image: Uint8Array;
  /** What the checkpoint was called; '' where the link does not say. */
  readonly name: string;
}

/**
 * Puts an image into a fragment.
 *
 * @param image  a full one: a link has room for no others
 * @param name   left out of the link's bytes where it is too long for it
 * @returns      the fragment without `#`
 * @errors       ImageError 'link' where it would be longer than `limits.linkCharacters`, or the image than `limits.linkImageBytes`
 */
export async function encodeLink(image: Uint8Array, name = '', limits: ExchangeLimits = DEFAULT_LIMITS): Promise<string> {
  if (image.length > limits.linkImageBytes) throw tooLarge(image.length, limits);
  const deflated = await deflate(image);
  const isSmaller = deflated.length < image.length;
  const body = isSmaller ? deflated : image;
  const nameBytes = shortUtf8(name);
  const bytes = new Uint8Array(NAME_AT + nameBytes.length + body.length);
  const view = new DataView(bytes.buffer);
  bytes[0] = isSmaller ? DEFLATED : STORED;
  view.setUint32(IMAGE_BYTES_AT, image.length, true);
  view.setUint32(BODY_BYTES_AT, body.length, true);
  bytes[NAME_BYTES_AT] = nameBytes.length;
  bytes.set(nameBytes, NAME_AT);
  bytes.set(body, NAME_AT + nameBytes.length);
  bytes.set(sumOf(bytes), SUM_AT);
  const fragment = LINK_PREFIX + toBase64Url(bytes);
  if (fragment.length > limits.linkCharacters) throw tooLarge(image.length, limits);
  return fragment;
}

/**
 * Takes an image out of a fragment, or of a whole link. What is in the image is not looked at.
 *
 * @errors ImageError 'link' for a text that is none, is of another version, cut off, damaged or too large
 */
export async function decodeLink(text: string, limits: ExchangeLimits = DEFAULT_LIMITS): Promise<LinkedImage> {
  // A link may be longer than its fragment by an address; whatever is longer than both is not even searched.
  if (text.length > limits.linkCharacters + ADDRESS_CHARACTERS) throw new ImageError('link', `is ${text.length} characters long, at most ${limits.linkCharacters} are taken`);
  const bytes = bytesIn(fragmentOf(text), limits);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < NAME_AT) throw new ImageError('link', `is cut off after ${bytes.length} bytes`);
  const method = bytes[0]!;
  const imageBytes = view.getUint32(IMAGE_BYTES_AT, true);
  const nameEnd = NAME_AT + bytes[NAME_BYTES_AT]!;
  const wholeBytes = nameEnd + view.getUint32(BODY_BYTES_AT, true);
  if (bytes.length < wholeBytes) throw new ImageError('link', `is cut off: it has ${bytes.length} bytes of ${wholeBytes}`);
  if (bytes.length > wholeBytes) throw new ImageError('link', `goes on after its end: it has ${bytes.length} bytes, it was made with ${wholeBytes}`);
  if (!sumOf(bytes).every((byte, i) => byte === bytes[SUM_AT + i])) throw new ImageError('link', 'is damaged: its checksum is wrong');
  if (imageBytes > limits.linkImageBytes) throw new ImageError('link', `holds an image of ${imageBytes} bytes, at most ${limits.linkImageBytes} are taken`);
  const body = bytes.subarray(nameEnd);
  const image = await unpacked(method, body, imageBytes);
  if (image.length !== imageBytes) throw new ImageError('link', `unpacks to ${image.length} bytes, it says ${imageBytes}`);
  return { image, name: plainLine(new TextDecoder().decode(bytes.subarray(NAME_AT, nameEnd))) };
}

/** Says whether a text is a link with a checkpoint, of whatever version, or the fragment of one. */
export function isLink(text: string): boolean {
  return /^\s*(?:[a-z][a-z0-9+.-]*:[^#\s]*#|#)?stasis[0-9]+=/i.test(text.slice(0, ADDRESS_CHARACTERS));
}

/** Longest address looked at before a fragment. */
const ADDRESS_CHARACTERS = 4096;

function fragmentOf(text: string): string {
  const trimmed = text.trim();
  return trimmed.slice(trimmed.slice(0, ADDRESS_CHARACTERS).indexOf('#') + 1);
}

function bytesIn(fragment: string, { linkCharacters }: ExchangeLimits): Uint8Array {
  const version = /^stasis([0-9]{1,9})=/.exec(fragment)?.[1];
  if (version === undefined) throw new ImageError('link', `holds no checkpoint: it does not begin with ${LINK_PREFIX}`);
  if (!fragment.startsWith(LINK_PREFIX)) throw new ImageError('link', `is of version ${version}, this program reads 1`);
  if (fragment.length > linkCharacters) throw new ImageError('link', `is ${fragment.length} characters long, at most ${linkCharacters} are taken`);
  const bytes = fromBase64Url(fragment.slice(LINK_PREFIX.length));
  if (bytes === null) throw new ImageError('link', 'is damaged or cut off: it is no base64url');
  return bytes;
}

function unpacked(method: number, body: Uint8Array, imageBytes: number): Promise<Uint8Array> | Uint8Array {
  if (method === STORED) return body.slice();
  if (method === DEFLATED) return inflate(body, 'deflate-raw', 'link', imageBytes, imageBytes);
  throw new ImageError('link', `is packed by method ${method}, this program knows ${STORED} and ${DEFLATED}`);
}

function sumOf(bytes: Uint8Array): Uint8Array {
  const summed = bytes.slice();
  summed.fill(0, SUM_AT, SUM_AT + SUM_BYTES);
  return sha256(summed).subarray(0, SUM_BYTES);
}

/** The name in UTF-8; empty where it is too long. */
function shortUtf8(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  return bytes.length <= NAME_LIMIT_BYTES ? bytes : new Uint8Array(0);
}

async function deflate(bytes: Uint8Array): Promise<Uint8Array> {
  const packed = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function tooLarge(imageBytes: number, { linkCharacters }: ExchangeLimits): ImageError {
  return new ImageError('link', `the checkpoint is too large for one: ${imageBytes} bytes do not fit into ${linkCharacters} characters; export it as a file`);
}
