/**
 * The reader's checkpoints beyond the moment: the store of this browser, autosave, names and notes, and what goes out and comes in
 * as files and links.
 */

import type { MachineClient } from '../../src/bridge/machine-client.ts';
import { count } from './format.ts';
import { withCheckpoints, withLine } from './model-events.ts';
import type { PageModel } from './model.ts';
import type { Ask } from './playground.ts';
import { sentenceOf } from './sentence.ts';

const STORE_NAME = 'playground';
const AUTOSAVE_SECONDS = 10;
const AUTOSAVE_KEY = 'stasis-autosave';
/** A file that is larger is refused before it is read. */
const LARGEST_IMPORT_BYTES = 1 << 30;

export class Keeper {
  private readonly modelNow: () => PageModel;
  private readonly change: (next: (model: PageModel) => PageModel) => void;
  private readonly ask: Ask;
  private client: MachineClient | null = null;
  private isOpen = false;
  private isRefreshing = false;
  private isStale = false;
  private wantedId: string | null = null;

  constructor(modelNow: () => PageModel, change: (next: (model: PageModel) => PageModel) => void, ask: Ask) {
    this.modelNow = modelNow;
    this.change = change;
    this.ask = ask;
  }

  /**
   * Restores what autosave kept last, if the reader had switched it on: what init started goes on, execs are gone.
   *
   * @returns  false when there is nothing to bring back; the reason is in Events where it is a failure
   */
  async bringBack(client: MachineClient): Promise<boolean> {
    if (!wantsAutosave()) return false; // the store is opened later: it need not keep a first start waiting
    const autosaveId = await this.open(client);
    if (autosaveId === null) return false;
    try {
      await client.machine.restore(autosaveId, { policy: 'kill' });
      return true;
    } catch (error) {
      this.tell(sentenceOf(error), 'failure');
      return false;
    }
  }

  /** Opens the store, once. Where that fails the sentence says why, and checkpoints are kept in memory. @returns what autosave kept */
  async open(client: MachineClient): Promise<string | null> {
    if (this.isOpen) return null;
    this.isOpen = true;
    this.client = client;
    try {
      const { autosaveId, notices } = await client.machine.openStore(STORE_NAME);
      for (const notice of notices) this.tell(notice, 'failure');
      if (wantsAutosave()) await client.machine.setAutosave(AUTOSAVE_SECONDS);
      await this.refresh();
      return autosaveId;
    } catch (error) {
      const sentence = sentenceOf(error);
      this.tell(sentence, 'failure');
      this.change((model) => ({ ...model, refusal: { of: 'store', sentence } }));
      return null;
    }
  }

  /** Reads the machine's list of checkpoints and the state of the store again. */
  async refresh(): Promise<void> {
    const { client } = this;
    if (client === null) return;
    this.isStale = this.isRefreshing;
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    try {
      const [checkpoints, store] = await Promise.all([client.machine.listCheckpoints(), client.machine.storeState()]);
      this.change((model) => ({ ...withCheckpoints(model, checkpoints), store }));
    } catch (error) {
      this.tell(sentenceOf(error), 'failure');
    } finally {
      this.isRefreshing = false;
    }
    if (this.isStale) await this.refresh();
  }

  /** Switches autosave, and remembers that for the next visit. */
  async setAutosave(isOn: boolean): Promise<void> {
    await this.ask('store', async ({ machine }) => {
      await machine.setAutosave(isOn ? AUTOSAVE_SECONDS : null);
      rememberAutosave(isOn);
      // A browser whose disk runs low drops what nobody asked it to keep. Some ask the reader, who need not answer.
      if (isOn) void navigator.storage?.persist().catch(() => false);
      if (isOn) await machine.autosave();
    });
    await this.refresh();
  }

  /** To be called when the page is hidden: it may not come back. */
  saveNow(): void {
    if (this.modelNow().store?.autosaveSeconds == null) return;
    this.client?.machine.autosave().catch((error: unknown) => this.tell(sentenceOf(error), 'failure'));
  }

  async rename(id: string, name: string): Promise<void> {
    await this.ask('timeline', ({ machine }) => machine.renameCheckpoint(id, name));
    await this.refresh();
  }

  async annotate(id: string, note: string): Promise<void> {
    await this.ask('timeline', ({ machine }) => machine.annotateCheckpoint(id, note));
    await this.refresh();
  }

  async delete(id: string): Promise<void> {
    await this.ask('timeline', ({ machine }) => machine.deleteCheckpoint(id));
    await this.refresh();
  }

  /** Reads a checkpoint whole, as a restore would, and says what it holds. */
  async verify(id: string): Promise<void> {
    const name = this.nameOf(id);
    const report = await this.ask('timeline', ({ machine }) => machine.inspect(id));
    if (report === null) return;
    const { verdictOf } = await import('./exchange.ts');
    this.tell(verdictOf(name, report), 'news');
  }

  /** Reads which execs a checkpoint holds: they can be named to be kept, whether they run now or not. Null: nobody asks any more. */
  async lookForExecs(id: string | null): Promise<void> {
    const { client } = this;
    this.wantedId = id;
    if (id === null || client === null) {
      this.change((model) => ({ ...model, frozenExecs: null }));
      return;
    }
    try {
      const { processes } = await client.machine.inspect(id);
      const execs = processes.filter(({ origin, state }) => origin === 'exec' && state !== 'Z').map(({ pid, command }) => ({ pid, command }));
      if (this.wantedId === id) this.change((model) => ({ ...model, frozenExecs: { checkpointId: id, execs } }));
    } catch (error) {
      this.tell(sentenceOf(error), 'failure');
    }
  }

  /** Gives the reader a file. */
  async export(id: string, format: 'file' | 'oci'): Promise<void> {
    const name = this.nameOf(id);
    await this.ask('timeline', async ({ machine }) => {
      const [{ saveFile, exportName }, bytes] = await Promise.all([import('./exchange.ts'), machine.exportCheckpoint(id, format)]);
      saveFile(exportName(name, format), bytes);
      this.tell(`export: ${exportName(name, format)}, ${count(bytes.length)} bytes`, 'quiet');
    });
  }

  /** Makes a link that holds the checkpoint, and copies it where the browser allows. */
  async share(id: string): Promise<void> {
    const name = this.nameOf(id);
    this.change((model) => ({ ...model, link: null }));
    const fragment = await this.ask('timeline', ({ machine }) => machine.checkpointLink(id));
    if (fragment === null) return;
    const text = `${location.href.replace(/#.*$/, '')}#${fragment}`;
    const isCopied = await navigator.clipboard?.writeText(text).then(() => true, () => false) ?? false;
    this.change((model) => ({ ...model, link: { checkpointId: id, text, isCopied } }));
    this.tell(`link: ${name}, ${count(text.length)} characters${isCopied ? ', copied' : ''}`, 'quiet');
  }

  /** Takes in a file: whatever `export` gives. It is checked whole before it is on the timeline. */
  async import(file: File): Promise<void> {
    await this.ask('import', async ({ machine }) => {
      const { importFailure, importName } = await import('./exchange.ts');
      if (file.size > LARGEST_IMPORT_BYTES) throw new Error(`import: ${file.name} has ${file.size} bytes, and at most ${LARGEST_IMPORT_BYTES} are taken`);
      const bytes = new Uint8Array(await file.arrayBuffer());
      const { id } = await machine.importCheckpoint(importName(file.name), bytes).catch((error: unknown) => {
        throw new Error(importFailure(file.name, sentenceOf(error)));
      });
      this.change((model) => ({ ...model, importedId: id }));
    });
    await this.refresh();
  }

  /** Takes in the checkpoint that the page's address holds; the address loses it then, so that a reload does not take it again. */
  async importLink(fragment: string): Promise<void> {
    await this.ask('import', async ({ machine }) => {
      const { id } = await machine.importLink(fragment);
      history.replaceState(null, '', location.pathname + location.search);
      this.change((model) => ({ ...model, importedId: id }));
    });
    await this.refresh();
  }

  private nameOf(id: string): string {
    return this.modelNow().checkpoints.find((checkpoint) => checkpoint.id === id)?.name ?? id;
  }

  private tell(sentence: string, weight: 'news' | 'quiet' | 'failure'): void {
    this.change((model) => withLine(model, Date.now(), sentence, weight));
  }
}

/** What the reader chose at an earlier visit; off where storage is denied. */
function wantsAutosave(): boolean {
  try {
    return localStorage.getItem(AUTOSAVE_KEY) === 'on';
  } catch {
    return false;
  }
}

function rememberAutosave(isOn: boolean): void {
  try {
    if (isOn) localStorage.setItem(AUTOSAVE_KEY, 'on');
    else localStorage.removeItem(AUTOSAVE_KEY);
  } catch {
    // Storage is denied: the choice holds for this page only.
  }
}
