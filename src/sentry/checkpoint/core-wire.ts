import { ImageError, panic } from '../../base/errors.ts';
import type { Core } from '../../core/core.ts';
import type { Tapes, WirePort } from '../../state/index.ts';

const HEADER_BYTES = 20;
const MAX_INT_BYTES = 8;
/** One byte of an LZ4 block stands for at most this many. */
const MAX_EXPANSION = 255;

/** What a negative answer of the core's decoder means. */
const REASONS: readonly string[] = ['', 'not a state stream', 'cut off', 'longer than its data', 'a block is damaged', 'its checksum is wrong', 'an integer is malformed'];

/** The encoder and decoder of the state stream, done by the core in its scratch buffer. */
export function coreWire(core: Core): WirePort {
  return {
    encodeTapes({ ints, bytes }: Tapes): Uint8Array {
      const bound = core.exports.wireBound(ints.length, bytes.length) >>> 0;
      const tape = scratch(core, ints.length * 8 + bytes.length + bound);
      const memory = core.bytes();
      memory.set(new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength), tape);
      memory.set(bytes, tape + ints.byteLength);
      const out = tape + ints.byteLength + bytes.length;
      const length = core.exports.wireEncode(tape, ints.length, bytes.length, out) >>> 0;
      if (length === 0) panic('state stream: a tape holds a number that is no integer of up to 2^53');
      return memory.slice(out, out + length);
    },

    decodeTapes(stream: Uint8Array, limitBytes: number): Tapes {
      if (stream.length < HEADER_BYTES) throw new ImageError('state stream', 'cut off');
      const header = new DataView(stream.buffer, stream.byteOffset, HEADER_BYTES);
      const intCount = header.getUint32(4, true);
      const intBytes = header.getUint32(8, true);
      const byteCount = header.getUint32(12, true);
      const rawBytes = intBytes + byteCount;
      if (intCount > intBytes || intBytes > intCount * MAX_INT_BYTES || rawBytes > stream.length * MAX_EXPANSION) {
        throw new ImageError('state stream', 'its header is damaged');
      }
      const decodedBytes = intCount * 8 + byteCount;
      if (decodedBytes > limitBytes) throw new ImageError('state stream', `decodes to ${decodedBytes} bytes, more than ${limitBytes}`);

      const ints = scratch(core, intCount * 8 + rawBytes + stream.length);
      const raw = ints + intCount * 8;
      const memory = core.bytes();
      memory.set(stream, raw + rawBytes);
      const code = core.exports.wireDecode(raw + rawBytes, stream.length, raw, rawBytes, ints, intCount);
      if (code !== 0) throw new ImageError('state stream', REASONS[-code] ?? `error ${code}`);
      return { ints: new Float64Array(memory.slice(ints, raw).buffer), bytes: memory.slice(raw + intBytes, raw + rawBytes) };
    },
  };
}

/** Linear address of a scratch buffer, or an ImageError when memory cannot grow for it. */
export function scratch(core: Core, bytes: number): number {
  const address = bytes > 0x7fff_ffff ? 0 : core.scratchAddress(Math.max(bytes, 1));
  if (address === 0) throw new ImageError('memory', `no room for a buffer of ${bytes} bytes`);
  return address;
}
