import { wrap } from 'comlink';
import type { Remote } from 'comlink';
import type { StoreWorker } from './worker.ts';

declare global {
  interface Window {
    /** What tests call. */
    stores: Remote<StoreWorker>;
  }
}

window.stores = wrap<StoreWorker>(new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' }));
