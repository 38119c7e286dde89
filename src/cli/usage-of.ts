import { usage } from './usage.ts';
import { containersUsage } from './usage-containers.ts';

/** One or more verbs with what is said of them, and the lines of their options. */
interface Entry {
  readonly verbs: readonly string[];
  readonly head: string;
  readonly options: readonly string[];
}

/**
 * What `stasis VERB --help` prints: of the whole usage, what is about that verb.
 * @param part  the word after `image`; where it is none of its verbs, all of them are told
 */
export function usageOf(verb: string, part: string | null = null): string {
  return `${linesOf(verb, part).join('\n')}\n`;
}

function linesOf(verb: string, part: string | null): string[] {
  const sections = usage.trimEnd().split('\n\n').map((section) => section.split('\n'));
  const synopsis = sections[0]!.map((line) => line.replace(/^usage:|^ +/, '').trim()).find((line) => line.startsWith(`stasis ${verb}`));
  if (synopsis === undefined) return ofContainers(verb);
  const at = sections.findIndex(([first]) => first!.startsWith(`${verb} `));
  const own = sections[at]!;
  const head = [`usage: ${synopsis}`, ''];
  if (verb === 'do') return [...head, ...own, '', ...sections[at + 1]!];
  const chosen = entriesOf(own).find(({ verbs }) => part !== null && verbs.includes(part));
  if (chosen === undefined) return [...head, ...own];
  const begin = own.findIndex((line) => line === chosen.head);
  return [...head, ...own.slice(begin, begin + 1 + chosen.options.length)];
}

function ofContainers(verb: string): string[] {
  const entries = entriesOf(containersUsage.trimEnd().split('\n'));
  const own = entries.filter(({ verbs }) => verbs.includes(verb));
  // What a container is made with is said once, at the last of the verbs that make one.
  const makes = verb === 'run' || verb === 'create' ? entries.find(({ verbs }) => verbs.includes('restore')) : undefined;
  const options = own.flatMap((entry) => entry.options);
  return [`usage: stasis [--root DIR] ${verb} [option]...`, '', ...own.slice(0, 1).map(({ head }) => head), ...(makes?.options ?? []), ...options];
}

/** Those of lines that begin with two spaces and names of verbs. */
function entriesOf(lines: readonly string[]): Entry[] {
  const starts = lines.flatMap((line, i) => (/^ {2}[a-z]/.test(line) ? [i] : []));
  return starts.map((start, i) => ({
    verbs: /^ {2}([a-z]+(?:, [a-z]+)*)/.exec(lines[start]!)![1]!.split(', '),
    head: lines[start]!,
    options: lines.slice(start + 1, starts[i + 1]),
  }));
}
