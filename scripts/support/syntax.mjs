// @ts-check
/** Reads source files as syntax trees. */
import { readFileSync } from 'node:fs';
import { parseSync } from 'vite';

/** A node of a tree: ESTree with TypeScript's additions. @typedef {{ type: string, start: number, end: number, [key: string]: unknown }} Node */

/**
 * @param {string} path  absolute
 * @returns {{ text: string, program: Node }}
 */
export function parseFile(path) {
  const text = readFileSync(path, 'utf8');
  const { program, errors } = parseSync(path, text, { lang: path.endsWith('.mjs') ? 'js' : 'ts' });
  const first = errors[0];
  if (first !== undefined) throw new Error(`${path}: ${first.message}`);
  return { text, program: /** @type {Node} */ (/** @type {unknown} */ (program)) };
}

/**
 * Calls `visit` for every node below `node`, itself included, parents first.
 *
 * @param {Node} node
 * @param {(node: Node, ancestors: readonly Node[]) => void} visit
 * @param {Node[]} [ancestors]
 */
export function walk(node, visit, ancestors = []) {
  visit(node, ancestors);
  ancestors.push(node);
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) {
      for (const item of value) if (isNode(item)) walk(item, visit, ancestors);
    } else if (isNode(value)) {
      walk(value, visit, ancestors);
    }
  }
  ancestors.pop();
}

/** @param {unknown} value @returns {value is Node} */
function isNode(value) {
  return typeof value === 'object' && value !== null && typeof (/** @type {Node} */ (value).type) === 'string';
}

/** @param {string} text @param {number} offset  of a character in it; lines count from 1 */
export function lineOf(text, offset) {
  return text.slice(0, offset).split('\n').length;
}
