/** A page on both sides as rows of eight bytes: those that differ, with their neighbours. */

export const ROW_BYTES = 8;

export interface HexRow {
  /** Of its first byte. */
  address: number;
  /** Null on the side that has no page; one of both is there. */
  before: Uint8Array | null;
  after: Uint8Array | null;
  isSame: boolean;
  /** Rows left out before this one. */
  skipped: number;
}

/**
 * @param address  of the page
 * @param context  how many rows beside one that differs are shown; Infinity: all
 */
export function hexRows(address: number, before: Uint8Array | null, after: Uint8Array | null, context: number): HexRow[] {
  const sizeBytes = (before ?? after)?.length ?? 0;
  const rows: HexRow[] = [];
  for (let at = 0; at < sizeBytes; at += ROW_BYTES) {
    const [a, b] = [before?.subarray(at, at + ROW_BYTES) ?? null, after?.subarray(at, at + ROW_BYTES) ?? null];
    const isSame = a !== null && b !== null && a.every((byte, index) => byte === b[index]);
    rows.push({ address: address + at, before: a, after: b, isSame, skipped: 0 });
  }
  if (context === Infinity) return rows;
  const shown = new Set<number>();
  rows.forEach(({ isSame, before: a, after: b }, index) => {
    if (isSame || !hasContent(a, b)) return;
    for (let near = index - context; near <= index + context; near++) shown.add(near);
  });
  const kept: HexRow[] = [];
  let skipped = 0;
  rows.forEach((row, index) => {
    if (!shown.has(index)) {
      skipped++;
      return;
    }
    kept.push({ ...row, skipped });
    skipped = 0;
  });
  return kept;
}

/** A row of a page that only one side has is worth showing where it is not zero. */
function hasContent(before: Uint8Array | null, after: Uint8Array | null): boolean {
  return (before !== null && after !== null) || (before ?? after ?? []).some((byte) => byte !== 0);
}

/** How many bytes differ; where one side has no page, those that are not zero. */
export function differingBytes(before: Uint8Array | null, after: Uint8Array | null): number {
  const either = before ?? after;
  if (either === null) return 0;
  return either.reduce((sum, _, index) => sum + ((before?.[index] ?? 0) === (after?.[index] ?? 0) ? 0 : 1), 0);
}
