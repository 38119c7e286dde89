// @ts-check
/** The table that every benchmark prints. */

/** @typedef {{ name: string, value: string, target: string, isMet: boolean | null }} Row */

/** @param {Row} row */
export function formatRow({ name, value, target, isMet }) {
  const verdict = isMet === null ? '' : isMet ? 'OK' : 'MISSED';
  return `${name.padEnd(34)} ${value.padEnd(66)} ${target.padEnd(24)} ${verdict}`.trimEnd();
}

/** @param {Row} row */
export function printRow(row) {
  process.stdout.write(`${formatRow(row)}\n`);
}

/** @param {string} line */
export function printNote(line) {
  process.stdout.write(`    ${line}\n`);
}

/** A time with three digits: 1.23 µs, 45.6 ms, 2 s. @param {number} ms @returns {string} */
export function formatMs(ms) {
  if (ms < 0) return `-${formatMs(-ms)}`;
  const [value, unit] = ms < 0.001 ? [ms * 1e6, 'ns'] : ms < 1 ? [ms * 1e3, 'µs'] : ms < 1000 ? [ms, 'ms'] : [ms / 1e3, 's'];
  return `${Number(value.toPrecision(3))} ${unit}`;
}

/** @param {readonly number[]} numbers */
export function geometricMean(numbers) {
  return Math.exp(numbers.reduce((sum, n) => sum + Math.log(n), 0) / numbers.length);
}
