import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { rootPath } from '../../scripts/support/paths.mjs';
import { byteStringFromText, Container, Machine, readImageArchive, textFromByteString } from '../../src/index.ts';
import type { ContainerHost, Watched } from '../../src/index.ts';

const core = readFileSync(rootPath('build/core.wasm'));
const archive = readFileSync(rootPath('public/busybox.tar'));

describe('the package', () => {
  it('runs, checkpoints and restores a container with what it offers', async () => {
    const { tree, config } = await readImageArchive(archive, 'busybox.tar');
    const host: ContainerHost = {
      coreModule: new WebAssembly.Module(core),
      memoryLimitBytes: 64 << 20,
      entropy: { bytes: (count) => crypto.getRandomValues(new Uint8Array(count)) },
      base: tree,
      realtimeNs: () => 1_700_000_000_000_000_000n,
      hostEnd: () => ({ label: 'test' }),
    };
    const first = Container.create(host, {
      id: 'c', hostname: 'c', argv: ['sh', '-c', byteStringFromText('echo begün; read x; echo "after $x"')],
      environment: config.env, cwd: '/', user: '', terminal: null, protectsInit: true,
    });
    const started = first.start();
    first.step({ budget: 50_000_000, maxTraps: Infinity });
    expect(outputOf(first, started)).toBe('begün\n');

    const save = first.beginCheckpoint(0);
    while (!save.step(1000)) continue;
    const { container } = Container.restore(host, save.finish().image, { policy: 'kill', clock: 'continue' });
    const [restored] = container.watchedProcesses();
    container.terminals().pushInput(restored!.hostFileIds[0]!, new TextEncoder().encode('restore\n'));
    container.step({ budget: 50_000_000, maxTraps: Infinity });
    expect(outputOf(container, restored!)).toBe('after restore\n');
    expect(container.takeEnded()).toMatchObject([{ status: 0 }]);
  });

  it('offers the machine of the page', async () => {
    const machine = new Machine();
    await machine.boot({ core, imageArchive: archive });
    machine.create({ argv: ['echo', 'hello'] });
    const { terminalId } = machine.start();
    for (let turns = 0; turns < 200 && machine.state()?.status !== 'stopped'; turns++) machine.runSlice(10);
    expect(new TextDecoder().decode(machine.takeTerminalOutput(terminalId!, 100))).toBe('hello\r\n');
    expect(machine.state()).toMatchObject({ status: 'stopped', exitStatus: 0 });
  });
});

function outputOf(container: Container, { hostFileIds }: Watched): string {
  return textFromByteString(hostFileIds.map((id) => String.fromCharCode(...(container.terminals().takeOutput(id, 10_000) ?? []))).join(''));
}
