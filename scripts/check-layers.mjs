// @ts-check
/**
 * Holds the layers: a file imports only from its own folder and from those below it in the list, types included, and
 * no circle of files imports each other's code.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isMain } from './support/main.mjs';
import { root, rootPath } from './support/paths.mjs';
import { filesUnder } from './support/stamp.mjs';
import { lineOf, parseFile, walk } from './support/syntax.mjs';

/** @typedef {import('./support/syntax.mjs').Node} Node */

/** Highest first. Folders on one line do not know each other. A path ending in `/*` stands for the files directly in it. */
const LAYERS = [
  ['web', 'src/cli'],
  ['src/*'], // the package's entry
  ['src/worker'],
  ['src/bridge'],
  ['src/machine'],
  ['src/inspect', 'src/exchange'],
  ['src/container'],
  ['src/sentry/*', 'src/sentry/checkpoint'],
  ['src/sentry/sched'],
  ['src/sentry/syscalls'],
  ['src/sentry/task'],
  ['src/sentry/fs', 'src/sentry/tty', 'src/sentry/net', 'src/sentry/loader'],
  ['src/sentry/vfs'],
  ['src/sentry/mm'],
  ['src/sentry/wait', 'src/sentry/auth'],
  ['src/host'],
  ['src/state', 'src/core'],
  ['src/ports'],
  ['src/abi'],
  ['src/base'],
];

/** The same for the core's own sources: from the first on, each knows only those before it. */
const CORE_LAYERS = [
  ['assembly/index.ts'],
  ['assembly/snapshot'],
  ['assembly/translate'],
  ['assembly/run'],
  ['assembly/execute'],
  ['assembly/decode'],
  ['assembly/float'],
  ['assembly/memory'],
  ['assembly/hart'],
  ['assembly/base', 'assembly/layout.ts'],
];

/** One import, by paths relative to the checkout. @typedef {{ from: string, to: string, line: number, isTypeOnly: boolean }} Import */

/** @returns {string[]}  one line a breach: `path:line: what` */
export function checkLayers() {
  const paths = ['src', 'web', 'assembly'].flatMap((folder) => filesUnder(rootPath(folder), /\.ts$/));
  const imports = paths.flatMap(importsIn);
  return [...imports.flatMap((item) => breachOf(item) ?? []), ...circles(imports.filter(({ isTypeOnly }) => !isTypeOnly))];
}

/** @param {string} path @returns {Import[]} */
function importsIn(path) {
  return path.startsWith(rootPath('assembly')) ? coreImportsIn(path) : moduleImportsIn(path);
}

/** The core's sources are AssemblyScript, which no parser of JavaScript reads: their import lines are. @param {string} path @returns {Import[]} */
function coreImportsIn(path) {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^;'"]*?from\s*['"](\.[^'"]*)['"]/gm)].flatMap((match) => {
    const to = resolved(path, match[1] ?? '');
    return to === null ? [] : [{ from: relative(root, path), to: relative(root, to), line: lineOf(text, match.index), isTypeOnly: false }];
  });
}

/** @param {string} path @returns {Import[]} */
function moduleImportsIn(path) {
  const { text, program } = parseFile(path);
  /** @type {Import[]} */
  const found = [];
  walk(program, (node) => {
    const source = /** @type {Node | null | undefined} */ (node['source']);
    if (!/^(Import|Export)(Declaration|NamedDeclaration|AllDeclaration|Expression)$/.test(node.type) || !source) return;
    const specifier = String(source['value'] ?? '').replace(/\?.*$/, '');
    if (!specifier.startsWith('.')) return;
    const to = resolved(path, specifier);
    if (to === null) return; // the type check says so better
    found.push({
      from: relative(root, path),
      to: relative(root, to),
      line: lineOf(text, node.start),
      isTypeOnly: isTypeOnly(node),
    });
  });
  return found;
}

/** @param {Node} node */
function isTypeOnly(node) {
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = /** @type {Node[]} */ (node['specifiers'] ?? []);
  return specifiers.length > 0 && specifiers.every((one) => one['importKind'] === 'type' || one['exportKind'] === 'type');
}

/** @param {string} from  absolute @param {string} specifier @returns {string | null} */
function resolved(from, specifier) {
  const path = join(dirname(from), specifier);
  return [path, `${path}.ts`, `${path}/index.ts`].find((candidate) => candidate.endsWith('.ts') && existsSync(candidate)) ?? null;
}

/** @param {Import} item @returns {string | null} */
function breachOf({ from, to, line }) {
  if (from.startsWith('assembly/')) return to.startsWith('assembly/') ? breachIn(CORE_LAYERS, from, to, line) : `${from}:${line}: the core imports ${to}`;
  if (to.startsWith('assembly/')) return from.startsWith('src/core/') ? null : `${from}:${line}: imports ${to}; the core's door is src/core`;
  return breachIn(LAYERS, from, to, line);
}

/** @param {string[][]} layers @param {string} from @param {string} to @param {number} line */
function breachIn(layers, from, to, line) {
  const source = placeOf(layers, from);
  const target = placeOf(layers, to);
  if (source === null || target === null) return `${from}:${line}: imports ${to}; ${source === null ? from : to} is in no layer`;
  if (source.folder === target.folder || source.level < target.level) return null;
  const relation = source.level === target.level ? 'beside' : 'above';
  return `${from}:${line}: imports ${to}; ${target.folder} is ${relation} ${source.folder}`;
}

/** @param {string[][]} layers @param {string} path @returns {{ level: number, folder: string } | null} */
function placeOf(layers, path) {
  for (const [level, folders] of layers.entries()) {
    for (const folder of folders) {
      const isIn = folder.endsWith('/*') ? dirname(path) === folder.slice(0, -2) : path === folder || path.startsWith(`${folder}/`);
      if (isIn) return { level, folder };
    }
  }
  return null;
}

/** Each circle once, as the files on it. @param {readonly Import[]} imports */
function circles(imports) {
  /** @type {Map<string, string[]>} */
  const targets = new Map();
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to]);
  /** @type {string[]} */
  const found = [];
  /** @type {Set<string>} */
  const done = new Set();
  /** @param {string} file @param {string[]} way */
  const visit = (file, way) => {
    const at = way.indexOf(file);
    if (at >= 0) {
      found.push(`${file}: imports itself by way of ${[...way.slice(at + 1), file].join(', ')}`);
      return;
    }
    if (done.has(file)) return;
    for (const target of targets.get(file) ?? []) visit(target, [...way, file]);
    done.add(file);
  };
  for (const file of targets.keys()) visit(file, []);
  return found;
}

if (isMain(import.meta.url)) {
  const breaches = checkLayers();
  for (const breach of breaches) process.stdout.write(`${breach}\n`);
  process.exit(breaches.length === 0 ? 0 : 1);
}
