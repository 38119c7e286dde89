import { ContainerError } from '../container/errors.ts';
import type { ImageDiff, ImageReport, PagePair } from '../inspect/index.ts';
import type { CheckpointInfo, StoreReport, StoreState } from './api.ts';
import type { Booted } from './boot.ts';

/** Those of a machine's calls that are about the checkpoints there are, whatever runs. See `MachineApi`. */
export abstract class CheckpointCalls {
  protected booted: Booted | null = null;

  listCheckpoints(): CheckpointInfo[] {
    return this.booted?.history.list() ?? [];
  }

  async renameCheckpoint(id: string, name: string): Promise<CheckpointInfo> {
    return this.requireBooted().checkpoints.rename(id, name);
  }

  async annotateCheckpoint(id: string, note: string): Promise<CheckpointInfo> {
    return this.requireBooted().checkpoints.annotate(id, note);
  }

  async deleteCheckpoint(id: string): Promise<{ freedBytes: number }> {
    return { freedBytes: await this.requireBooted().checkpoints.delete(id) };
  }

  async exportCheckpoint(id: string, format: 'file' | 'oci'): Promise<Uint8Array> {
    return this.requireBooted().checkpoints.export(id, format);
  }

  async importCheckpoint(name: string, bytes: Uint8Array): Promise<CheckpointInfo> {
    return this.requireBooted().checkpoints.import(name, bytes);
  }

  async checkpointLink(id: string): Promise<string> {
    return this.requireBooted().checkpoints.link(id);
  }

  async importLink(fragment: string): Promise<CheckpointInfo> {
    return this.requireBooted().checkpoints.import('', fragment);
  }

  async inspect(id: string): Promise<ImageReport> {
    return this.requireBooted().inspection.inspect(id);
  }

  async diff(beforeId: string, afterId: string): Promise<ImageDiff> {
    return this.requireBooted().inspection.diff(beforeId, afterId);
  }

  async pagePair(beforeId: string, afterId: string, pid: number, address: number): Promise<PagePair> {
    return this.requireBooted().inspection.pagePair(beforeId, afterId, pid, address);
  }

  async openStore(name: string): Promise<StoreReport> {
    return this.requireBooted().history.openStore(name);
  }

  async storeState(): Promise<StoreState | null> {
    const { history, autosave } = this.requireBooted();
    const state = await history.storeState();
    return state === null ? null : { ...state, problem: state.problem ?? autosave.problem, autosaveSeconds: autosave.seconds };
  }

  protected requireBooted(): Booted {
    if (this.booted === null) throw new ContainerError('the machine is not booted');
    return this.booted;
  }
}
