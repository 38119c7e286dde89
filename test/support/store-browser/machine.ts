/** A machine in a worker that keeps its checkpoints in this browser until it is killed. */

import { openBrowserStore } from '../../../src/host/web/store.ts';
import { Machine } from '../../../src/machine/machine.ts';

/** Beside the page: the core, and the image of the container. */
const CORE_URL = new URL('/core.wasm', self.location.origin);
const IMAGE_URL = new URL('/busybox.tar', self.location.origin);
const COUNTER = ['sh', '-c', 'n=0; while :; do n=$((n+1)); echo $n > /n; sleep 0.01; done'];
/** Checkpoints beyond which the oldest but two goes. */
const MOST = 6;

export class KeptMachine {
  /** Those that are kept, as far as known here: id, and the digest of the export. */
  readonly told: [string, string][] = [];
  private readonly machine = new Machine({ openStore: openBrowserStore });

  private isBooted = false;

  /** @returns  all that the store held, each restored in turn, and what was wrong with it */
  async open(name: string): Promise<{ found: [string, string][]; notices: string[] }> {
    const { machine } = this;
    await this.boot();
    const { checkpoints, notices } = await machine.openStore(name);
    const found: [string, string][] = [];
    for (const { id } of checkpoints) {
      found.push([id, await this.digest(id)]);
      await machine.restore(id);
    }
    this.create();
    return { found, notices };
  }

  /** @returns  why it is refused, empty when it is open now, and the checkpoints then: whether each is stored */
  async checkpointAndOpen(name: string): Promise<{ refusal: string; areStored: boolean[] }> {
    const { machine } = this;
    await this.boot();
    this.create();
    machine.runSlice(5);
    await machine.checkpoint({ leaveRunning: true });
    const refusal = await machine.openStore(name).then(() => '', (error: unknown) => (error instanceof Error ? error.message : String(error)));
    return { refusal, areStored: machine.listCheckpoints().map(({ isStored }) => isStored) };
  }

  async saveForever(): Promise<never> {
    const { machine } = this;
    for (;;) {
      machine.runSlice(5);
      const { id } = await machine.checkpoint({ leaveRunning: true });
      this.told.push([id, await this.digest(id)]);
      const kept = machine.listCheckpoints();
      if (kept.length > MOST) await machine.deleteCheckpoint(kept[2]!.id);
    }
  }

  private async boot(): Promise<void> {
    if (this.isBooted) return;
    this.isBooted = true;
    const [core, imageArchive] = await Promise.all([CORE_URL, IMAGE_URL].map(async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer())));
    await this.machine.boot({ core: core!, imageArchive: imageArchive!, memoryLimitBytes: 64 << 20 });
  }

  private create(): void {
    if (this.machine.state() !== null) return;
    this.machine.create({ argv: COUNTER, console: { columns: 80, rows: 24 } });
    this.machine.start();
  }

  private async digest(id: string): Promise<string> {
    const bytes = await crypto.subtle.digest('SHA-256', new Uint8Array(await this.machine.exportCheckpoint(id, 'file')));
    return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
