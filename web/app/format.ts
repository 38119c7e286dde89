/** Counts, sizes and times as the page writes them: with units, and digits grouped by commas. */

/** `1,413`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** `1 FD`, `3 FDs`. */
export function countOf(value: number, unit: string): string {
  return `${count(value)} ${unit}${value === 1 ? '' : unit.endsWith('s') ? 'es' : 's'}`;
}

/** Sizes of files: powers of ten, `96 kB`, `1.9 MB`. */
export function fileSize(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 999_500) return `${significant(bytes / 1e3)} kB`;
  if (bytes < 999_500_000) return `${significant(bytes / 1e6)} MB`;
  return `${significant(bytes / 1e9)} GB`;
}

/** Sizes of memory: powers of two, `5.5 MiB`. */
export function memorySize(bytes: number): string {
  if (bytes < 2 ** 20) return `${significant(bytes / 2 ** 10)} KiB`;
  if (bytes < 2 ** 30) return `${significant(bytes / 2 ** 20)} MiB`;
  return `${significant(bytes / 2 ** 30)} GiB`;
}

/** `0.31 ms`, `6.2 ms`, `42 ms`, `3.1 s`, `12 min 04 s`. */
export function duration(ms: number): string {
  if (ms < 0.995) return `${ms.toFixed(2)} ms`;
  if (ms < 999.5) return `${significant(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${two(seconds % 60)} s`;
  return `${count(Math.floor(minutes / 60))} h ${two(minutes % 60)} min`;
}

/** Time of day, `09:58:07`. */
export function clock(atMs: number): string {
  const at = new Date(atMs);
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Speed in millions of instructions a second. */
export function mips(value: number): string {
  return `${value < 10 ? value.toFixed(1) : count(value)} MIPS`;
}

function significant(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
