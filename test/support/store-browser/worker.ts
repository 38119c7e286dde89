/** A worker that opens browser stores for tests. */

import { expose } from 'comlink';
import { openBrowserStore } from '../../../src/host/web/store.ts';
import { StoreError } from '../../../src/ports/checkpoint-store.ts';
import type { CheckpointStore } from '../../../src/ports/checkpoint-store.ts';
import { CONTRACT, blobName, pattern, sameBytes } from '../store-contract.ts';
import { NO_GENERATION, keepForever, recover } from '../store-keeper.ts';
import type { Generation } from '../store-keeper.ts';
import { KeptMachine } from './machine.ts';

let store: CheckpointStore | null = null;
let generation: Generation = NO_GENERATION;
let keptNumber = 0;
const machine = new KeptMachine();

const api = {
  /** Runs a case of the contract. @returns  what is wrong with it, empty when nothing is */
  async runCase(index: number): Promise<string> {
    try {
      await CONTRACT[index]!.run(openBrowserStore, `contract-${index}`);
      return '';
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    }
  },

  /** @returns  `failure: sentence`, empty when it is open now */
  async open(name: string): Promise<string> {
    return failureOf(async () => {
      store = await openBrowserStore(name);
    });
  },

  async close(): Promise<void> {
    await store?.close();
    store = null;
  },

  async recover(): Promise<{ number: number; swept: number }> {
    const found = await recover(store!);
    generation = found.generation;
    return { number: generation.number, swept: found.swept };
  },

  /** Saves until it is killed. @returns  once the first save is whole */
  async keepForever(): Promise<void> {
    await new Promise<void>((resolve) => {
      void keepForever(store!, generation, (number) => {
        keptNumber = number;
        resolve();
      });
    });
  },

  /** The last generation that was kept whole, as far as known here. */
  keptNumber: (): number => keptNumber,

  writeBlob: (seed: number, sizeBytes: number): Promise<string> => failureOf(() => store!.writeBlob(blobName(seed), pattern(seed, sizeBytes))),
  writeManifest: (seed: number, sizeBytes: number): Promise<string> => failureOf(() => store!.writeManifest(pattern(seed, sizeBytes))),
  holdsBlob: async (seed: number, sizeBytes: number): Promise<boolean> => sameBytes(await store!.readBlob(blobName(seed)), pattern(seed, sizeBytes)),
  holdsManifest: async (seed: number, sizeBytes: number): Promise<boolean> => sameBytes(await store!.readManifest(), pattern(seed, sizeBytes)),

  /** Boots a machine on the store, and restores each checkpoint that is in it. */
  openMachine: (name: string) => machine.open(name),
  checkpointAndOpen: (name: string) => machine.checkpointAndOpen(name),
  saveForever(): void {
    void machine.saveForever();
  },
  told: (): [string, string][] => machine.told,
};

export type StoreWorker = typeof api;

async function failureOf(work: () => Promise<void>): Promise<string> {
  try {
    await work();
    return '';
  } catch (error) {
    return error instanceof StoreError ? `${error.failure}: ${error.message}` : String(error);
  }
}

expose(api);
