/** Fetches with a count of what has arrived. */

export interface Progress {
  receivedBytes: number;
  /** Null where the server does not say, or says the size of a compressed transfer. */
  totalBytes: number | null;
}

/** @errors  Error, one sentence: the address and what the server answered, or that it could not be reached. */
export async function download(url: string, onProgress: (progress: Progress) => void): Promise<Uint8Array<ArrayBuffer>> {
  const response = await reach(url);
  if (response.body === null) return new Uint8Array(await response.arrayBuffer());
  const totalBytes = totalOf(response);
  const chunks: Uint8Array[] = [];
  let receivedBytes = 0;
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    receivedBytes += value.length;
    onProgress({ receivedBytes, totalBytes });
  }
  return joined(chunks, receivedBytes);
}

async function reach(url: string): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    throw new Error(`${url}: the server cannot be reached`);
  }
  if (!response.ok) throw new Error(`${url}: the server answered ${response.status}`);
  return response;
}

function totalOf(response: Response): number | null {
  if (response.headers.has('content-encoding')) return null;
  const text = response.headers.get('content-length');
  return text === null ? null : Number(text);
}

function joined(chunks: readonly Uint8Array[], lengthBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(lengthBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
