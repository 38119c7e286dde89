// @ts-check
/**
 * Holds the rules of the kernel, `src/sentry`, that a linter does not know: it is told and never asks, and its state is data.
 *
 *   no Date, Math.random, timers, console       time, chance and output enter and leave by ports
 *   no async, await, Promise, generators        no kernel state on the JavaScript stack
 *   no #private, get, set in classes            state is plain fields, which the schema names one by one
 *   no let or var at module level               two machines in one page share nothing
 */
import { relative } from 'node:path';
import { isMain } from './support/main.mjs';
import { root, rootPath } from './support/paths.mjs';
import { filesUnder } from './support/stamp.mjs';
import { lineOf, parseFile, walk } from './support/syntax.mjs';

/** @typedef {import('./support/syntax.mjs').Node} Node */

const GLOBALS = new Set([
  ...['Date', 'Promise', 'console', 'performance', 'queueMicrotask', 'globalThis', 'WeakRef', 'FinalizationRegistry'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'requestAnimationFrame', 'clearTimeout', 'clearInterval', 'crypto'],
]);

/** Where a name is only a name: the property of something, a key, or a part of an import or export. */
const NAMING_KEYS = new Set(['MemberExpression.property', 'Property.key', 'PropertyDefinition.key', 'MethodDefinition.key', 'TSPropertySignature.key', 'TSMethodSignature.key']);

/** @returns {string[]}  one line a breach: `path:line: what` */
export function checkKernel() {
  return filesUnder(rootPath('src/sentry'), /\.ts$/).flatMap(breachesIn);
}

/** @param {string} path */
function breachesIn(path) {
  const { text, program } = parseFile(path);
  /** @type {string[]} */
  const breaches = [];
  walk(program, (node, ancestors) => {
    const breach = breachOf(node, ancestors);
    if (breach !== null) breaches.push(`${relative(root, path)}:${lineOf(text, node.start)}: ${breach}`);
  });
  return breaches;
}

/** @param {Node} node @param {readonly Node[]} ancestors @returns {string | null} */
function breachOf(node, ancestors) {
  const parent = ancestors[ancestors.length - 1];
  switch (node.type) {
    case 'Identifier':
      return GLOBALS.has(String(node['name'])) && !isOnlyName(node, parent) ? `${node['name']} is not known to the kernel` : null;
    case 'MemberExpression':
      return isMathRandom(node) ? 'Math.random is not known to the kernel' : null;
    case 'AwaitExpression':
      return 'await: nothing in the kernel waits on the JavaScript stack';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node['async'] === true ? 'async: nothing in the kernel waits on the JavaScript stack' : null;
    case 'PrivateIdentifier':
      return '#private: state is plain fields';
    case 'MethodDefinition':
      return node['kind'] === 'get' || node['kind'] === 'set' ? `${node['kind']}: classes have fields and methods, no accessors` : null;
    case 'VariableDeclaration':
      return node['kind'] !== 'const' && isModuleLevel(ancestors) ? `${node['kind']} at module level: two machines would share it` : null;
    default:
      return null;
  }
}

/** @param {Node} node @param {Node | undefined} parent */
function isOnlyName(node, parent) {
  if (parent === undefined) return false;
  const key = Object.keys(parent).find((name) => parent[name] === node);
  return NAMING_KEYS.has(`${parent.type}.${key}`) && parent['computed'] !== true;
}

/** @param {Node} node */
function isMathRandom(node) {
  const object = /** @type {Node} */ (node['object']);
  const property = /** @type {Node} */ (node['property']);
  return object['name'] === 'Math' && property['name'] === 'random';
}

/** @param {readonly Node[]} ancestors */
function isModuleLevel(ancestors) {
  return ancestors.every(({ type }) => type === 'Program' || type === 'ExportNamedDeclaration');
}

if (isMain(import.meta.url)) {
  const breaches = checkKernel();
  for (const breach of breaches) process.stdout.write(`${breach}\n`);
  process.exit(breaches.length === 0 ? 0 : 1);
}
