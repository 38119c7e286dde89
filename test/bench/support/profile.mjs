// @ts-check
/** Where the time goes: a sampled profile of work in this process, as a few lines. */
import { Session } from 'node:inspector';

const SAMPLE_US = 200;

/** @typedef {import('node:inspector').Profiler.Profile} Profile */

/**
 * The functions in which `work` spends most of its time, with their share.
 *
 * @param {() => void} work
 * @param {number} [count]  how many
 * @returns {string[]}
 */
export function whereTimeGoes(work, count = 6) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
  session.post('Profiler.start');
  /** @type {Profile | null} */
  let profile = null;
  try {
    work();
  } finally {
    session.post('Profiler.stop', (_error, result) => (profile = result?.profile ?? null));
    session.disconnect();
  }
  return profile === null ? [] : heaviest(profile, count);
}

/** @param {Profile} profile @param {number} count */
function heaviest({ nodes, samples = [] }, count) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const hits = new Map();
  for (const id of samples) {
    const name = names.get(id) ?? '';
    hits.set(name, (hits.get(name) ?? 0) + 1);
  }
  return [...hits]
    .sort((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name, samplesIn]) => `${((samplesIn / samples.length) * 100).toFixed(0).padStart(3)} % ${name}`);
}

/** @param {{ functionName: string, url: string, lineNumber: number }} frame */
function nameOf({ functionName, url, lineNumber }) {
  const name = functionName === '' ? '(no name)' : functionName;
  if (url.startsWith('wasm://')) return `core: ${name.replace(/^assembly\//, '')}`;
  const file = /\/(src|test)\/.*$/.exec(url)?.[0]?.slice(1);
  return file === undefined ? name : `${name} ${file}:${lineNumber + 1}`;
}
