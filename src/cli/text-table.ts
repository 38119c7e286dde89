/** Text for people: columns, trees, sizes, and names that guests chose. */

/** Rows as aligned columns, two blanks apart; the last column is as long as it is. */
export function columns(rows: readonly (readonly (string | number)[])[], indent = ''): string[] {
  const cells = rows.map((row) => row.map(String));
  const widths: number[] = [];
  for (const row of cells) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return cells.map((row) => indent + row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i]!))).join('  ').trimEnd());
}

/** A name that a guest chose, without what a terminal would obey. */
export function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    const code = character.codePointAt(0)!;
    return code <= 0xff ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** `17 B`, `33.6 kB`, `1.2 MB`. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  for (const [unit, scale] of [['kB', 1e3], ['MB', 1e6], ['GB', 1e9]] as const) if (bytes < scale * 999.5 || unit === 'GB') return `${Number((bytes / scale).toPrecision(3))} ${unit}`;
  return `${bytes} B`;
}

/** `1 page`, `2 pages`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number} ${number === 1 ? one : many}`;
}

export function address(value: number, digits = 8): string {
  return value.toString(16).padStart(digits, '0');
}

/** A node of a tree, and its lines below the first. */
export interface Branch {
  readonly title: string;
  readonly lines: readonly string[];
  readonly children: readonly Branch[];
}

/** Trees drawn with lines. */
export function drawTree(branches: readonly Branch[]): string[] {
  return branches.flatMap((branch) => draw(branch, '', ''));
}

function draw({ title, lines, children }: Branch, first: string, rest: string): string[] {
  const own = rest + (children.length > 0 ? '│   ' : '    ');
  return [
    first + title,
    ...lines.map((line) => (own + line).trimEnd()),
    ...children.flatMap((child, i) => (i === children.length - 1 ? draw(child, `${rest}└── `, `${rest}    `) : draw(child, `${rest}├── `, `${rest}│   `))),
  ];
}
