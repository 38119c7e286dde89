/** A restore with another spec than the image's: what must match, what takes effect. */
import { describe, expect, it } from 'vitest';
import type { ContainerSpec } from '../../src/container/spec.ts';
import { ContainerHarness } from '../support/container-harness.ts';

const PREFIX = 'dev.gvisor.internal.checkpoint.';
const before = ContainerHarness.start({ argv: ['/bin/sh', '-c', 'while :; do sleep 1; done'], annotations: { 'dev.gvisor.spec.mount.data.type': 'bind', 'org.example': 'x' } });
before.run(100);
const image = before.image();

function restored(change: Partial<ContainerSpec>, specValidation?: 'enforce' | 'warning' | 'ignore'): ContainerHarness {
  const options = { spec: { ...before.container.spec, ...change } };
  return ContainerHarness.restore(image, before.clock(), specValidation === undefined ? options : { ...options, specValidation });
}

function said(harness: ContainerHarness, command: string): string {
  const session = harness.exec(['sh', '-c', command]);
  harness.run(200);
  return session.output();
}

describe('A23, TestSpecValidation: a restore with another spec', () => {
  const annotations = before.container.spec.annotations!;
  const refused: readonly (readonly [string, Partial<ContainerSpec>])[] = [
    ['Args', { argv: ['/bin/sh', '-c', 'true'] }],
    ['Args', { argv: ['/bin/ash', '-c', 'while :; do sleep 1; done'] }],
    ['Terminal', { terminal: { rows: 24, columns: 80 } }],
    ['Cwd', { cwd: '/tmp' }],
    ['User', { user: 'nobody' }],
    ['Annotations', { annotations: { ...annotations, 'dev.gvisor.spec.mount.data.type': 'tmpfs' } }],
    ['Process', { protectsInit: false }],
  ];
  for (const [field, change] of refused) {
    it(`is refused for another ${field} (${JSON.stringify(change)}), warned of, or let through`, () => {
      const words = `"${field}" does not match across checkpoint restore for container: "__no_name_0", checkpoint `;
      const wrapper = 'failed to handle restore spec validation: failed to validate restore spec: failed to validate spec for container "__no_name_0": ';
      expect(() => restored(change)).toThrow(wrapper + words);
      expect(() => restored(change, 'enforce')).toThrow(wrapper + words);
      const warned = restored(change, 'warning');
      expect(warned.warnings).toHaveLength(1);
      expect(warned.warnings[0]).toContain(words);
      expect(restored(change, 'ignore').warnings).toEqual([]);
    });
  }

  it('names the values in gVisor’s words', () => {
    expect(() => restored({ argv: ['/bin/sh', '-c', 'true'] })).toThrow('checkpoint [/bin/sh -c while :; do sleep 1; done] restore [/bin/sh -c true]');
  });

  it('names the container by its annotation', () => {
    const named = ContainerHarness.start({ argv: ['sleep', '1000'], annotations: { 'io.kubernetes.cri.container-name': 'web' } });
    named.run(50);
    const other = { ...named.container.spec, cwd: '/tmp' };
    expect(() => named.restored({ spec: other })).toThrow('failed to validate spec for container "web": "Cwd" does not match across checkpoint restore for container: "web", checkpoint / restore /tmp');
  });

  const accepted: readonly (readonly [string, Partial<ContainerSpec>])[] = [
    ['the program in another directory', { argv: ['/usr/bin/sh', '-c', 'while :; do sleep 1; done'] }],
    ['another environment', { environment: ['PATH=/bin', 'NEW=1'] }],
    ['another hostname', { hostname: 'elsewhere' }],
    ['another id', { id: 'c2' }],
    ['other annotations that are not gVisor’s', { annotations: { ...annotations, 'org.example': 'y' } }],
    ['other internal annotations', { annotations: { ...annotations, [`${PREFIX}enable`]: 'true' } }],
  ];
  for (const [what, change] of accepted) {
    it(`accepts ${what}`, () => {
      const after = restored(change);
      expect(after.warnings).toEqual([]);
      after.run(1100);
      expect(after.container.ps()[0]).toMatchObject({ pid: 1, command: 'sh' });
    });
  }

  it('gives new processes and /proc/gvisor/spec_environ the new environment', () => {
    const after = restored({ environment: ['PATH=/bin', 'NEW=1'] });
    expect(said(after, "echo $NEW; tr '\\0' '\\n' < /proc/gvisor/spec_environ")).toBe('1\nPATH=/bin\nNEW=1\n');
    expect(said(after, "tr '\\0' '\\n' < /proc/1/environ | grep -c NEW")).toBe('0\n');
  });

  it('gives the new hostname, unless a program had set one', () => {
    expect(said(restored({ hostname: 'elsewhere' }), 'hostname')).toBe('elsewhere\n');
    const harness = ContainerHarness.start({ argv: ['sh', '-c', 'hostname own; exec sleep 1000'] });
    harness.run(100);
    const after = harness.restored({ spec: { ...harness.container.spec, hostname: 'elsewhere' } });
    expect(said(after, 'hostname')).toBe('own\n');
  });

  it('binds the host files by the new id, and the next checkpoint has it', () => {
    const after = restored({ id: 'c2' });
    expect(after.container.terminals().hostFiles().map((file) => file.hostKey.container)).toEqual(['c2', 'c2', 'c2']);
    expect(() => after.restored({ missingKeys: ['c2:host:1'] })).toThrow('no host FD available for c2:host:1');
    expect(() => ContainerHarness.restore(image, before.clock(), { spec: { ...before.container.spec, id: 'c2' }, missingKeys: ['c2:host:1'] })).toThrow('no host FD available for c2:host:1');
  });

  it('gives programs inside what the new annotations let them do', () => {
    expect(said(restored({}), 'stat -c %a /proc/gvisor/checkpoint')).toBe('444\n');
    expect(said(restored({ annotations: { ...annotations, [`${PREFIX}enable`]: 'true' } }), 'stat -c %a /proc/gvisor/checkpoint')).toBe('666\n');
  });

  it('keeps the hooks of the image', () => {
    const harness = ContainerHarness.start({ argv: ['sleep', '1000'], annotations: { [`${PREFIX}save-restore-exec-argv`]: 'touch /restored' } });
    harness.run(50);
    const after = harness.restored({ spec: { ...harness.container.spec, annotations: {} } });
    after.run(100);
    expect(said(after, 'ls /restored')).toBe('/restored\n');
  });

  it('is refused for a validation that is none', () => {
    const unknown: string = 'strict';
    expect(() => restored({}, unknown as 'enforce')).toThrow('cannot restore: there is no spec validation "strict", only enforce, warning, ignore');
  });
});
