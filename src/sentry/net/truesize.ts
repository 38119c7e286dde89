/**
 * What a message costs of a socket's buffer in Linux: its bytes rounded up to allocation units, with the bookkeeping beside them.
 * Programs see it as the point at which a socket is full.
 */

const SHARED_INFO_BYTES = 320;
const BUFFER_HEAD_BYTES = 256;
/** Bytes beside which the shared info still fits into one page. */
const ONE_PAGE_BYTES = 4096 - SHARED_INFO_BYTES;
const PAGE = 4096;
/** Most bytes of one message of a unix stream: a head of 16 KiB and 32 KiB of pages. */
export const STREAM_CHUNK_BYTES = 16_384 - SHARED_INFO_BYTES + 32_768;

/** Cost in bytes of a message of `lengthBytes`. */
export function truesizeOf(lengthBytes: number): number {
  if (lengthBytes <= ONE_PAGE_BYTES) {
    const needed = ((lengthBytes + 63) & ~63) + SHARED_INFO_BYTES;
    let allocated = 512;
    while (allocated < needed) allocated *= 2;
    return allocated + BUFFER_HEAD_BYTES;
  }
  const pagesBytes = Math.min(lengthBytes, Math.ceil((lengthBytes - ONE_PAGE_BYTES) / PAGE) * PAGE);
  return truesizeOf(lengthBytes - pagesBytes) + pagesBytes;
}
