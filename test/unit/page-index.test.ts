import { describe, expect, it } from 'vitest';
import { PageIndex } from '../../src/sentry/checkpoint/page-index.ts';

/** An index of pages, each a letter that stands for its bytes. */
class Pages {
  private readonly letters: string[] = [];
  private readonly index: PageIndex;

  constructor(limit: number) {
    this.index = new PageIndex(limit);
  }

  /** @returns what it repeats, as `findOrAdd` says */
  add(letter: string, low: number, high: number): number {
    this.letters.push(letter);
    return this.index.findOrAdd(low, high, this.letters.length, (other) => this.letters[other - 1] === letter);
  }
}

describe('PageIndex', () => {
  it('takes pages of one hash for the same only where their bytes are', () => {
    const pages = new Pages(6);
    expect(pages.add('a', 7, 9)).toBe(0);
    expect(pages.add('b', 7, 9)).toBe(0);
    expect(pages.add('c', 7, 9)).toBe(0);
    expect(pages.add('b', 7, 9)).toBe(2);
    expect(pages.add('c', 7, 9)).toBe(3);
    expect(pages.add('a', 7, 9)).toBe(1);
  });

  it('tells hashes apart that agree in one half, or in their slot', () => {
    const pages = new Pages(4);
    expect(pages.add('a', 1, 1)).toBe(0);
    expect(pages.add('b', 1, 2)).toBe(0);
    expect(pages.add('c', 17, 1)).toBe(0);
    expect(pages.add('b', 1, 2)).toBe(2);
  });

  it('finds each of as many pages as it was made for, again', () => {
    const pages = new Pages(2000);
    const letters = Array.from({ length: 1000 }, (_, i) => String.fromCharCode(0x4e00 + i));
    // Four hashes a slot: every look-up walks.
    const added = () => letters.map((letter, i) => pages.add(letter, i >> 2, i));
    expect(added()).toEqual(letters.map(() => 0));
    expect(added()).toEqual(letters.map((_, i) => i + 1));
  });
});
