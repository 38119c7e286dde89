/** What every checkpoint store does, as cases that run anywhere: under Vitest, and in a worker of a browser. */

import { StoreError } from '../../src/ports/checkpoint-store.ts';
import type { CheckpointStore, OpenStore, StoreFailure } from '../../src/ports/checkpoint-store.ts';

export interface ContractCase {
  /** A verb in the present, and its condition. */
  readonly name: string;
  /** @param name   of a store that is not there yet */
  run(open: OpenStore, name: string): Promise<void>;
}

export function blobName(seed: number): string {
  return `sha256:${seed.toString(16).padStart(64, '0')}`;
}

/** Bytes that differ from those of another seed, and at every position from their neighbours. */
export function pattern(seed: number, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = (seed * 2654435761 + 1) >>> 0;
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

export function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  if (a === null || b === null) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

export const CONTRACT: readonly ContractCase[] = [
  {
    name: 'is empty when it is new',
    run: (open, name) =>
      opened(open, name, async (store) => {
        check((await store.readManifest()) === null, 'a manifest');
        check((await store.listBlobs()).length === 0, 'blobs');
        check((await store.readBlob(blobName(1))) === null, 'a blob');
      }),
  },
  {
    name: 'gives back what was written, bit for bit, also after it was opened anew',
    async run(open, name) {
      const sizes = [0, 1, 4095, 65_536, 300_001, 3_000_000];
      const holdsAll = async (store: CheckpointStore) => {
        for (const [i, size] of sizes.entries()) check(sameBytes(await store.readBlob(blobName(i)), pattern(i, size)), `the blob of ${size} bytes`);
        check(sameBytes(await store.readManifest(), pattern(99, 1000)), 'the manifest');
        const names = sizes.map((_, i) => blobName(i));
        check((await store.listBlobs()).toSorted().join() === names.toSorted().join(), 'the names of blobs');
      };
      await opened(open, name, async (store) => {
        for (const [i, size] of sizes.entries()) await store.writeBlob(blobName(i), pattern(i, size));
        await store.writeManifest(pattern(98, 2000));
        await store.writeManifest(pattern(99, 1000));
        await holdsAll(store);
      });
      await opened(open, name, holdsAll);
    },
  },
  {
    name: 'forgets a deleted blob and no other; deleting one that is not there changes nothing',
    async run(open, name) {
      await opened(open, name, async (store) => {
        for (const i of [1, 2, 3]) await store.writeBlob(blobName(i), pattern(i, 100));
        await store.deleteBlob(blobName(2));
        await store.deleteBlob(blobName(2));
        await store.deleteBlob(blobName(7));
      });
      await opened(open, name, async (store) => {
        check((await store.listBlobs()).toSorted().join() === [blobName(1), blobName(3)].join(), 'the names of blobs');
        check((await store.readBlob(blobName(2))) === null, 'the deleted blob');
        check(sameBytes(await store.readBlob(blobName(3)), pattern(3, 100)), 'the blob that is left');
      });
    },
  },
  {
    name: 'takes effect in the order of calls, without waiting in between',
    run: (open, name) =>
      opened(open, name, async (store) => {
        const calls: Promise<unknown>[] = [];
        for (let i = 0; i < 20; i++) {
          calls.push(store.writeBlob(blobName(1), pattern(i, 20_000 - i * 900)), store.writeManifest(pattern(i, 500)));
          if (i % 3 === 0) calls.push(store.deleteBlob(blobName(1)));
        }
        const blob = store.readBlob(blobName(1));
        const manifest = store.readManifest();
        check(sameBytes(await blob, pattern(19, 20_000 - 19 * 900)), 'the last blob');
        check(sameBytes(await manifest, pattern(19, 500)), 'the last manifest');
        await Promise.all(calls);
      }),
  },
  {
    name: 'keeps its own copies: later changes of given and got bytes are not seen',
    run: (open, name) =>
      opened(open, name, async (store) => {
        const given = pattern(5, 5000);
        await store.writeBlob(blobName(5), given);
        await store.writeManifest(given);
        given.fill(0);
        (await store.readBlob(blobName(5)))?.fill(1);
        (await store.readManifest())?.fill(1);
        check(sameBytes(await store.readBlob(blobName(5)), pattern(5, 5000)), 'the blob');
        check(sameBytes(await store.readManifest(), pattern(5, 5000)), 'the manifest');
      }),
  },
  {
    name: 'keeps a view of a larger buffer as the bytes it shows',
    run: (open, name) =>
      opened(open, name, async (store) => {
        const around = pattern(6, 10_000);
        await store.writeBlob(blobName(6), around.subarray(1000, 1200));
        const got = await store.readBlob(blobName(6));
        check(sameBytes(got, around.slice(1000, 1200)), 'the blob');
        check(got?.buffer.byteLength === 200, `a buffer of ${got?.buffer.byteLength} bytes`);
      }),
  },
  {
    name: 'replaces a blob that it has',
    run: (open, name) =>
      opened(open, name, async (store) => {
        await store.writeBlob(blobName(1), pattern(1, 70_000));
        await store.writeBlob(blobName(1), pattern(2, 30));
        check(sameBytes(await store.readBlob(blobName(1)), pattern(2, 30)), 'the blob');
        check((await store.listBlobs()).length === 1, 'the names of blobs');
      }),
  },
  {
    name: 'tells what it holds',
    run: (open, name) =>
      opened(open, name, async (store) => {
        const before = await store.usage();
        for (let i = 0; i < 8; i++) await store.writeBlob(blobName(i), pattern(i, 500_000));
        const after = await store.usage();
        check(after.usedBytes > before.usedBytes, `${before.usedBytes} bytes before, ${after.usedBytes} after`);
        check(after.quotaBytes === null || after.quotaBytes > after.usedBytes, `a limit of ${after.quotaBytes}`);
      }),
  },
  {
    name: 'is one at a time: refused while it is open, had again after it was closed, whatever other stores do',
    async run(open, name) {
      const first = await open(name);
      const sentence = await refused('inUse', () => open(name));
      check(sentence.length > 40 && !sentence.includes('\n'), `the sentence ${sentence}`);
      await first.writeManifest(pattern(1, 10));
      const other = await open(`${name}-other`);
      check((await other.readManifest()) === null, 'the manifest of another store');
      await other.close();
      await first.close();
      await opened(open, name, async (store) => check(sameBytes(await store.readManifest(), pattern(1, 10)), 'the manifest'));
    },
  },
  {
    name: 'gives itself to one of many that open it at once',
    async run(open, name) {
      for (let round = 0; round < 2; round++) {
        const attempts = await Promise.allSettled(Array.from({ length: 6 }, () => open(name)));
        const stores = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
        for (const attempt of attempts) check(attempt.status === 'fulfilled' || failureOf(attempt.reason) === 'inUse', 'a refusal for another reason');
        check(stores.length === 1, `${stores.length} stores`);
        for (const store of stores) await store.close();
      }
    },
  },
  {
    name: 'finishes what was asked for before it closes, refuses what is asked for later',
    async run(open, name) {
      const store = await open(name);
      const writing = [store.writeBlob(blobName(1), pattern(1, 200_000)), store.writeManifest(pattern(2, 10))];
      await store.close();
      await store.close();
      await Promise.all(writing);
      for (const late of [() => store.readManifest(), () => store.writeManifest(pattern(3, 10)), () => store.listBlobs(), () => store.readBlob(blobName(1)),
        () => store.writeBlob(blobName(1), pattern(3, 10)), () => store.deleteBlob(blobName(1)), () => store.usage()]) {
        check(/closed/.test(await refused('failed', late)), 'the sentence of a closed store');
      }
      await opened(open, name, async (again) => {
        check(sameBytes(await again.readBlob(blobName(1)), pattern(1, 200_000)), 'the blob');
        check(sameBytes(await again.readManifest(), pattern(2, 10)), 'the manifest');
      });
    },
  },
  {
    name: 'refuses names that are none',
    async run(open, name) {
      for (const bad of ['', '.', '..', '../up', 'a/b', 'x'.repeat(65), 'a b', 'a\0b']) await refused('failed', () => open(bad));
      await opened(open, name, async (store) => {
        for (const bad of ['', 'manifest', `${blobName(1)}0`, `sha256:../${'0'.repeat(61)}`, blobName(1).toUpperCase(), blobName(1).slice(7)]) {
          await refused('failed', () => store.writeBlob(bad, pattern(1, 1)));
          await refused('failed', () => store.readBlob(bad));
          await refused('failed', () => store.deleteBlob(bad));
        }
        check((await store.listBlobs()).length === 0, 'blobs');
      });
    },
  },
];

async function opened(open: OpenStore, name: string, use: (store: CheckpointStore) => Promise<void>): Promise<void> {
  const store = await open(name);
  try {
    await use(store);
  } finally {
    await store.close();
  }
}

/** @returns  the sentence */
export async function refused(failure: StoreFailure, work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
  } catch (error) {
    check(failureOf(error) === failure, `${String(error)} where ${failure} was expected`);
    return error instanceof Error ? error.message : '';
  }
  throw new Error(`not refused: ${failure} was expected`);
}

function failureOf(error: unknown): StoreFailure | null {
  return error instanceof StoreError ? error.failure : null;
}

function check(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(`not as it should be: ${what}`);
}
