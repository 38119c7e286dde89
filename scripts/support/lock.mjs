// @ts-check
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { rootPath } from './paths.mjs';

const POLL_MS = 50;
const WAIT_LIMIT_MS = 600_000;

/**
 * Runs `work` while no other process of this checkout runs work under the same name.
 *
 * A lock is a file under `build/lock/` holding its owner's pid; one whose owner is gone is taken over.
 *
 * @template T
 * @param {string} name
 * @param {() => T} work  synchronous, or a promise: held until it settles
 * @returns {T}
 * @blocks until the other process is done
 */
export function withLock(name, work) {
  mkdirSync(rootPath('build/lock'), { recursive: true });
  const path = rootPath(`build/lock/${name}`);
  acquire(path, name);
  const release = () => rmSync(path, { force: true });
  let result;
  try {
    result = work();
  } catch (error) {
    release();
    throw error;
  }
  if (result instanceof Promise) return /** @type {T} */ (result.finally(release));
  release();
  return result;
}

/** @param {string} path @param {string} name */
function acquire(path, name) {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waitedMs = 0; ; waitedMs += POLL_MS) {
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
    }
    if (waitedMs >= WAIT_LIMIT_MS) throw new Error(`gave up waiting for ${path}, held for the build of ${name}`);
    if (!isHeld(path)) rmSync(path, { force: true });
    else Atomics.wait(cell, 0, 0, POLL_MS);
  }
}

/** @param {string} path */
function isHeld(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return false;
  }
  if (text === '') return true; // made, and about to be filled in
  try {
    process.kill(Number(text), 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
