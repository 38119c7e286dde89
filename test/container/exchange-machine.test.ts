/** Checkpoints that go from machine to machine, and whatever else arrives in their place: the container that runs is not touched by it. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { encodeLink, exportOci, factsOf } from '../../src/exchange/index.ts';
import { Machine } from '../../src/machine/machine.ts';
import { readImage, writeImage } from '../../src/sentry/checkpoint/image.ts';
import { core, SENTENCE } from '../support/exchange-chain.ts';
import { dockerArchive, entry, ociArchive, textEntry } from '../support/oci-archive.ts';

const TERMINAL = { columns: 80, rows: 24 };
const module = new WebAssembly.Module(readFileSync(rootPath('build/core.wasm')));
const busybox = readFileSync(rootPath('public/busybox.tar'));

/** A machine with a shell, which is given time only when it is asked something. */
class Shell {
  readonly machine = new Machine();
  private readonly decoder = new TextDecoder();
  private output = '';

  static async boot(imageArchive: Uint8Array = busybox): Promise<Shell> {
    const shell = new Shell();
    await shell.machine.boot({ core: module, imageArchive, memoryLimitBytes: 64 << 20 });
    return shell;
  }

  static async start(): Promise<Shell> {
    const shell = await Shell.boot();
    shell.machine.create({ argv: ['/bin/sh'], console: TERMINAL });
    shell.machine.start();
    return shell;
  }

  /** What the shell answers to a line; only itself, without echo and prompt. */
  async ask(line: string): Promise<string> {
    const consoleId = this.machine.state()!.consoleId!;
    const from = this.output.length;
    this.machine.terminalInput(consoleId, new TextEncoder().encode(`${line}; echo "[""end]"\n`));
    const endMs = Date.now() + 20_000;
    while (!this.output.slice(from).includes('[end]')) {
      if (Date.now() > endMs) throw new Error(`no answer to ${line}: ${this.output.slice(from)}`);
      this.machine.runSlice(5);
      for (let bytes = this.machine.takeTerminalOutput(consoleId, 65_536); bytes.length > 0; bytes = this.machine.takeTerminalOutput(consoleId, 65_536)) {
        this.output += this.decoder.decode(bytes);
      }
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    const said = this.output.slice(from).replaceAll('\r', '');
    return said.slice(said.indexOf('\n') + 1, said.indexOf('[end]')).trim();
  }
}

const shells: Shell[] = [];
afterEach(() => {
  for (const { machine } of shells.splice(0)) if (machine.state() !== null) machine.delete({ force: true });
});

async function started(): Promise<Shell> {
  const shell = await Shell.start();
  shells.push(shell);
  return shell;
}

async function booted(imageArchive?: Uint8Array): Promise<Shell> {
  const shell = await Shell.boot(imageArchive);
  shells.push(shell);
  return shell;
}

/** A shell that knows x=7, and its checkpoint, which is a difference to one before. */
async function chained(): Promise<{ shell: Shell; id: string }> {
  const shell = await started();
  await shell.ask('x=6');
  await shell.machine.checkpoint({ leaveRunning: true, name: 'first' });
  await shell.ask('x=7; echo kept > /tmp/file');
  const { id, isDifference } = await shell.machine.checkpoint({ leaveRunning: true, name: 'second', note: 'with a file' });
  expect(isDifference).toBe(true);
  return { shell, id };
}

describe('Machine.exportCheckpoint', () => {
  for (const format of ['file', 'oci', 'link'] as const) {
    it(`gives another machine the same container, as ${format}`, async () => {
      const { shell, id } = await chained();
      const other = await booted();
      const info = format === 'link' ? await other.machine.importLink(await shell.machine.checkpointLink(id)) : await other.machine.importCheckpoint('', await shell.machine.exportCheckpoint(id, format));
      expect(info).toMatchObject({ name: format === 'file' ? 'imported' : 'second', note: format === 'oci' ? 'with a file' : '', isDifference: format === 'oci' });
      await other.machine.restore(info.id);
      expect(await other.ask('echo $x; cat /tmp/file')).toBe('7\nkept');
      // What it takes from there on is a difference to what came, and goes on to the next machine.
      await other.ask('x=8');
      const next = await other.machine.checkpoint({ leaveRunning: true });
      expect(next).toMatchObject({ isDifference: true, parentId: info.id });
      const third = await booted();
      const arrived = await third.machine.importCheckpoint('again', await other.machine.exportCheckpoint(next.id, 'oci'));
      expect(arrived.name).toBe(next.name);
      await third.machine.restore(arrived.id);
      expect(await third.ask('echo $x; cat /tmp/file')).toBe('8\nkept');
      expect(await shell.ask('echo $x')).toBe('7');
    });
  }

  it('gives images once to a machine that has them already', async () => {
    const { shell, id } = await chained();
    const archive = await shell.machine.exportCheckpoint(id, 'oci');
    const before = (await shell.machine.listCheckpoints()).map((info) => info.digest);
    const info = await shell.machine.importCheckpoint('', archive);
    expect(before).toContain(info.digest);
    expect(info.freedByDeletingBytes).toBe(0);
    await shell.machine.restore(info.id);
    expect(await shell.ask('echo $x')).toBe('7');
  });
});

describe('Machine.renameCheckpoint and annotateCheckpoint', () => {
  it('take what can be shown anywhere, of a length that can be imported again', async () => {
    const { shell: { machine }, id } = await chained();
    expect((await machine.renameCheckpoint(id, ' a\x1b[31m\nb\u202e ')).name).toBe('a\ufffd[31m b\ufffd');
    for (const empty of ['', ' \n ']) await expect(machine.renameCheckpoint(id, empty)).rejects.toThrow(/^checkpoint a.* cannot be called "": a name has at least one character$/);
    await expect(machine.renameCheckpoint(id, 'x'.repeat(201))).rejects.toThrow(/^a name for checkpoint a.* is 201 characters long, at most 200 are possible$/);
    expect((await machine.renameCheckpoint(id, 'x'.repeat(200))).name).toHaveLength(200);
    expect((await machine.annotateCheckpoint(id, 'one\ntwo\x07')).note).toBe('one\ntwo\ufffd');
    await expect(machine.annotateCheckpoint(id, 'x'.repeat(10_001))).rejects.toThrow(/ 10001 characters long, at most 10000 are possible$/);
    expect((await booted().then(({ machine: other }) => machine.exportCheckpoint(id, 'oci').then((bytes) => other.importCheckpoint('file', bytes)))).note).toBe('one\ntwo\ufffd');
  });
});

describe('Machine.importCheckpoint', () => {
  it('refuses what is no checkpoint, or a damaged one, and what runs goes on', async () => {
    const { shell, id } = await chained();
    const { machine } = shell;
    const file = await machine.exportCheckpoint(id, 'file');
    const archive = await machine.exportCheckpoint(id, 'oci');
    const link = await machine.checkpointLink(id);
    const layer = [entry('etc/', { type: 'directory' }), textEntry('etc/hostname', 'x')];
    const flipped = (bytes: Uint8Array, at: number) => Uint8Array.from(bytes, (byte, i) => (i === at ? byte ^ 4 : byte));
    const facts = factsOf(readImage(file, core).metadata, 'x', '');
    const forged = writeImage({ ...parts(file), metadata: { ...parts(file).metadata, parent: `sha256:${'0'.repeat(64)}` } }, core);

    const list = JSON.stringify(await machine.listCheckpoints());
    const state = machine.state();
    const sources: [string, Uint8Array | string][] = [
      ['nothing', new Uint8Array(0)],
      ['a text', new TextEncoder().encode('hello')],
      ['a container image', ociArchive([layer])],
      ['a container image of docker', dockerArchive([layer])],
      ['half a file', file.subarray(0, file.length >> 1)],
      ['half an archive', archive.subarray(0, archive.length >> 1)],
      ['half a link', link.slice(0, link.length >> 1)],
      ['a changed file', flipped(file, 900)],
      ['a changed archive', flipped(archive, 9000)],
      ['a changed link', link.slice(0, 500) + (link[500] === 'a' ? 'b' : 'a') + link.slice(501)],
      ['a difference without what it stands on', forged],
      ['the same in an archive', await exportOci([forged], facts)],
      ['the same in a link', await encodeLink(forged)],
      ['a damaged image in an archive that is whole', await exportOci([flipped(file, 900)], facts)],
    ];
    for (const [what, source] of sources) {
      const attempt = typeof source === 'string' ? machine.importLink(source) : machine.importCheckpoint('it', source);
      await expect(attempt, what).rejects.toThrow(SENTENCE);
      expect(JSON.stringify(await machine.listCheckpoints()), what).toBe(list);
      expect(machine.state(), what).toEqual(state);
    }
    expect(await shell.ask('echo $x; cat /tmp/file')).toBe('7\nkept');
  });

  it('refuses a checkpoint over another container image', async () => {
    const { shell, id } = await chained();
    const other = await booted(ociArchive([[entry('bin/', { type: 'directory' }), textEntry('bin/sh', 'none')]]));
    for (const format of ['file', 'oci'] as const) {
      const bytes = await shell.machine.exportCheckpoint(id, format);
      await expect(other.machine.importCheckpoint('it', bytes)).rejects.toThrow(/^base image: the checkpoint lies over sha256:\w+, this machine has sha256:\w+: open it over the image that it was made with$/);
    }
    expect(await other.machine.listCheckpoints()).toEqual([]);
  });
});

describe('Machine.restore', () => {
  it('of an imported image whose state contradicts itself leaves what runs as it is', async () => {
    const { shell, id } = await chained();
    const { machine } = shell;
    const { metadata, sections } = parts(await machine.exportCheckpoint(id, 'file'));
    const state = machine.state();
    for (const [index, name] of ['kernel', 'page-tables', 'page-map', 'page-data'].entries()) {
      const cut = sections.map((section) => (section.name === name ? { name, pieces: section.pieces.map((piece) => piece.subarray(0, piece.length >> 1)) } : section));
      const { id: imported } = await machine.importCheckpoint(`cut ${index}`, writeImage({ metadata, sections: cut }, core));
      await expect(machine.restore(imported), name).rejects.toThrow(/^restore: cut \d, [^\n]+; c1 goes on unchanged$/);
      expect(machine.state(), name).toEqual(state);
    }
    expect(await shell.ask('echo $x; cat /tmp/file')).toBe('7\nkept');
  });
});

/** An image taken apart, to be put together again with good checksums. */
function parts(bytes: Uint8Array): Parameters<typeof writeImage>[0] {
  const { metadata, sections } = readImage(bytes, core);
  return { metadata, sections: [...sections].map(([name, data]) => ({ name, pieces: [data] })) };
}
