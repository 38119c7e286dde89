import { describe, expect, it } from 'vitest';
import { beginWalk, defineState, frame, list, loadGraph, mapLater, optional, ref, u32, walkGraph } from '../../src/state/index.ts';
import { loadContext, plainWire } from './state-wire.ts';

class File {
  before = 1;
  pages = new Map<number, number>();
  after = 2;
}
class Files {
  files: File[] = [];
  shared: File | null = null;
}

defineState(File, 'test.later.File', 1, { before: u32, pages: mapLater(u32, frame), after: u32 });
defineState(Files, 'test.later.Files', 1, { files: list(ref<File>('test.later.File')), shared: optional(ref<File>('test.later.File')) });

function filled(): Files {
  const root = new Files();
  for (let i = 0; i < 4; i++) {
    const file = new File();
    file.before = 10 + i;
    for (let page = 0; page < i * 700; page++) file.pages.set(page * 3, page % 5 === 0 ? 0 : 1000 * i + page);
    root.files.push(file);
  }
  root.shared = root.files[2]!;
  return root;
}

/** Numbers frames as they are: image frames are the frames. */
const same = { saveFrame: (number: number) => number };

describe('beginWalk', () => {
  it('gives the tapes of walkGraph, whenever the rest is asked for', () => {
    const root = filled();
    const { ints, bytes } = walkGraph(root, same);
    const finish = beginWalk(root, same);
    root.files[1]!.before = 99; // taken down already
    root.files[3]!.after = 99;
    expect(finish()).toEqual({ ints, bytes });
  });

  it('meets the frames in maps left for later after all others, and not before they are asked for', () => {
    const root = filled();
    const met: number[] = [];
    const finish = beginWalk(root, { saveFrame: (number) => met.push(number) });
    expect(met).toEqual([]);
    const tapes = finish();
    expect(met.length).toBe(root.files.reduce((count, { pages }) => count + [...pages.values()].filter((number) => number !== 0).length, 0));
    const loaded = loadGraph(plainWire.encodeTapes(tapes), { ...loadContext(), loadFrame: (imageFrame: number) => met[imageFrame - 1]! }, Files);
    expect(loaded.files.map(({ pages }) => pages)).toEqual(root.files.map(({ pages }) => pages));
    expect(loaded.shared === loaded.files[2]).toBe(true);
  });
});
