import { describe, expect, it } from 'vitest';
import { isOfLaterFormat, readManifest, writeManifest } from '../../src/container/store-manifest.ts';
import type { StoreManifest } from '../../src/container/store-manifest.ts';

const digests = ['a', 'b'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
const facts = { name: 'größer', note: '', leftRunning: true, pauseMs: 0.25, totalMs: 8, isAutosave: false };
const manifest: StoreManifest = {
  lastNumber: 7,
  checkpoints: [
    { entry: { ...facts, id: 'k1', parentId: null, digest: digests[0] }, images: [digests[0]] },
    { entry: { ...facts, id: 'k7', parentId: 'k1', digest: digests[1], isAutosave: true }, images: [digests[1], digests[0]] },
  ],
};
const text = new TextDecoder().decode(writeManifest(manifest));

describe('readManifest', () => {
  it('reads what was written', () => {
    expect(readManifest(writeManifest(manifest))).toEqual(manifest);
  });

  for (const [from, to, sentence] of [
    ['{', '', 'list: is not JSON'],
    ['"kind":"stasis-checkpoint-list"', '"kind":"x"', 'list.kind: is not stasis-checkpoint-list'],
    ['"format":1', '"format":0', 'list.format: is not 1'],
    ['"lastNumber":7', '"lastNumber":-1', 'list.lastNumber: is no number of 0 or more'],
    ['"checkpoints":[', '"others":[', 'list.checkpoints: is no list'],
    ['"id":"k7"', '"id":"7"', 'list.checkpoints[1].id: is malformed'],
    ['"id":"k7"', '"id":"k1"', 'list.checkpoints: names an id twice'],
    ['"parentId":"k1"', '"parentId":1', 'list.checkpoints[1].parentId: is no text'],
    [`"digest":"${digests[0]}"`, '"digest":"sha256:1"', 'list.checkpoints[0].digest: is malformed'],
    [`"digest":"${digests[0]}"`, `"digest":"${digests[1]}"`, 'list.checkpoints[0].images: does not begin with the image itself'],
    [`"images":["${digests[0]}"]`, '"images":[]', 'list.checkpoints[0].images: is no list of digests'],
    ['"name":"größer"', '"name":null', 'list.checkpoints[0].name: is no text'],
    ['"note":""', '"note":{}', 'list.checkpoints[0].note: is no text'],
    ['"leftRunning":true', '"leftRunning":"yes"', 'list.checkpoints[0].leftRunning: is neither true nor false'],
    ['"isAutosave":false', '"isAutosave":0', 'list.checkpoints[0].isAutosave: is neither true nor false'],
    ['"pauseMs":0.25', '"pauseMs":"0.25"', 'list.checkpoints[0].pauseMs: is no number of 0 or more'],
    ['"totalMs":8', '"totalMs":-8', 'list.checkpoints[0].totalMs: is no number of 0 or more'],
  ] as const) {
    it(`refuses ${to === '' ? 'what is no JSON' : to.slice(0, 40)}`, () => {
      expect(text).toContain(from);
      expect(() => readManifest(new TextEncoder().encode(text.replace(from, to)))).toThrow(sentence);
    });
  }

  it('knows a list of a later format, and no other', () => {
    const of = (format: string): boolean => isOfLaterFormat(new TextEncoder().encode(text.replace('"format":1', `"format":${format}`)));
    expect([of('2'), of('1'), of('"2"'), isOfLaterFormat(Uint8Array.of(1))]).toEqual([true, false, false, false]);
  });
});
