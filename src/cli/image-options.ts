import { UsageError } from './failure.ts';
import { parseAnywhere } from './options.ts';

/** Parts of a report that can be asked for. */
export const SECTIONS = ['summary', 'processes', 'threads', 'fds', 'maps', 'sockets', 'files', 'mounts'] as const;
export type Section = (typeof SECTIONS)[number];

/** What all verbs about images take. */
interface Common {
  /** Image files that the checkpoints may stand on. */
  readonly parents: readonly string[];
  /** A base image: an archive or directory; null for the built-in one, where it is the right one. */
  readonly base: string | null;
}

export type ImageCommand = Common & (
  | { readonly verb: 'inspect'; readonly input: string; readonly isJson: boolean; readonly pid: number | null; readonly sections: ReadonlySet<Section> }
  | { readonly verb: 'diff'; readonly before: string; readonly after: string; readonly isJson: boolean; readonly listsPages: boolean; readonly listsState: boolean; readonly hex: PageChoice | null }
  | { readonly verb: 'flatten'; readonly input: string; readonly output: string; readonly replaces: boolean }
  | { readonly verb: 'export'; readonly input: string; /** Null: a link is printed. */ readonly output: string | null; readonly name: string | null; readonly replaces: boolean }
  | { readonly verb: 'import'; readonly input: string; readonly output: string; readonly replaces: boolean }
);

/** A page of a process. */
export interface PageChoice {
  readonly pid: number;
  readonly address: number;
}

const COMMON = { parent: { type: 'string', multiple: true }, base: { type: 'string' } } as const;
const FORMAT = { format: { type: 'string', short: 'f' } } as const;
const OUTPUT = { force: { type: 'boolean' } } as const;
/** Guest addresses are below this. */
const ADDRESS_LIMIT = 2 ** 38;

/** Takes the arguments after `stasis image` apart. @errors UsageError */
export function parseImageCommand([verb, ...args]: readonly string[]): ImageCommand {
  switch (verb) {
    case 'inspect': {
      const { values, operands } = parseAnywhere(args, { ...COMMON, ...FORMAT, pid: { type: 'string' }, sections: { type: 'string' } });
      const [input] = named(operands, 'inspect', ['FILE']);
      const pid = values.pid === undefined ? null : wholeNumber('--pid', values.pid);
      return { verb, input: input!, isJson: isJson(values.format), pid, sections: sectionsOf(values.sections), ...common(values) };
    }
    case 'diff': {
      const options = { ...COMMON, ...FORMAT, pages: { type: 'boolean' }, state: { type: 'boolean' }, hex: { type: 'string' } } as const;
      const { values, operands } = parseAnywhere(args, options);
      const [before, after] = named(operands, 'diff', ['BEFORE', 'AFTER']);
      const hex = values.hex === undefined ? null : pageChoice(values.hex);
      const facts = { isJson: isJson(values.format), listsPages: values.pages === true, listsState: values.state === true, hex };
      if (hex !== null && facts.isJson) throw new UsageError('--hex prints a text: it goes without --format json');
      return { verb, before: before!, after: after!, ...facts, ...common(values) };
    }
    case 'flatten': {
      const { values, operands } = parseAnywhere(args, { ...COMMON, ...OUTPUT });
      if (operands.length < 2) throw new UsageError('image flatten: IN… and OUT are needed');
      const [input, ...rest] = operands;
      const { parents, base } = common(values);
      return { verb, input: input!, output: rest.at(-1)!, replaces: values.force === true, parents: [...parents, ...rest.slice(0, -1)], base };
    }
    case 'export': {
      const { values, operands } = parseAnywhere(args, { ...COMMON, ...OUTPUT, link: { type: 'boolean' }, name: { type: 'string' } });
      const [input, output] = named(operands, 'export', values.link === true ? ['IN'] : ['IN', 'OUT.tar']);
      return { verb, input: input!, output: output ?? null, name: values.name ?? null, replaces: values.force === true, ...common(values) };
    }
    case 'import': {
      const { values, operands } = parseAnywhere(args, { ...COMMON, ...OUTPUT });
      const [input, output] = named(operands, 'import', ['IN', 'OUT']);
      return { verb, input: input!, output: output!, replaces: values.force === true, ...common(values) };
    }
    case undefined:
      throw new UsageError('image: inspect, diff, flatten, export or import is needed');
    default:
      throw new UsageError(`image: there is no ${verb}, only inspect, diff, flatten, export and import`);
  }
}

function common(values: { readonly parent?: string[]; readonly base?: string }): Common {
  return { parents: values.parent ?? [], base: values.base ?? null };
}

function named(operands: readonly string[], verb: string, names: readonly string[]): readonly string[] {
  if (operands.length < names.length) throw new UsageError(`image ${verb}: ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} needed`);
  if (operands.length > names.length) throw new UsageError(`image ${verb}: ${operands[names.length]} is too many, ${names.join(' and ')} ${names.length === 1 ? 'is' : 'are'} taken`);
  return operands;
}

function isJson(format: string | undefined): boolean {
  if (format !== undefined && format !== 'table' && format !== 'json') throw new UsageError(`--format ${format}: table or json is possible`);
  return format === 'json';
}

function sectionsOf(text: string | undefined): ReadonlySet<Section> {
  if (text === undefined) return new Set(SECTIONS);
  const wanted = text.split(',').map((name) => name.trim()).filter((name) => name !== '');
  const unknown = wanted.find((name) => !isSection(name));
  if (unknown !== undefined || wanted.length === 0) throw new UsageError(`--sections ${text}: a list of ${SECTIONS.join(', ')} is needed`);
  return new Set(wanted.filter(isSection));
}

function isSection(name: string): name is Section {
  return SECTIONS.some((section) => section === name);
}

function pageChoice(text: string): PageChoice {
  const parts = /^(\d{1,9}):(?:0x)?([0-9a-f]{1,16})$/i.exec(text);
  const address = parts === null ? ADDRESS_LIMIT : Number.parseInt(parts[2]!, 16);
  if (parts === null || address >= ADDRESS_LIMIT) throw new UsageError(`--hex ${text}: PID:ADDRESS is needed, the address in hexadecimal as the list of pages shows it`);
  return { pid: Number(parts[1]), address };
}

function wholeNumber(option: string, text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new UsageError(`${option} ${text}: a number is needed`);
  return Number(text);
}
