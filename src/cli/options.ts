import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { UsageError } from './failure.ts';

export type OptionTable = NonNullable<ParseArgsConfig['options']>;

type Value<O> = O extends { type: 'boolean' } ? boolean : string;
/** What was given, by the option's name. */
export type Values<T extends OptionTable> = { readonly [K in keyof T]?: T[K] extends { multiple: true } ? Value<T[K]>[] : Value<T[K]> };

/** A command line that was taken apart. */
export interface Parsed<T extends OptionTable> {
  readonly values: Values<T>;
  /** Words that are no options. */
  readonly operands: readonly string[];
}

/** Options and operands in any order. @errors UsageError */
export function parseAnywhere<const T extends OptionTable>(args: readonly string[], options: T): Parsed<T> {
  const { values, positionals } = parse(withDoubleDashes(args, options), options, true);
  return { values, operands: positionals };
}

/**
 * Options end at `--` or at the first word that is none: what follows is for somebody else.
 * @errors UsageError
 */
export function parseLeading<const T extends OptionTable>(args: readonly string[], options: T): Parsed<T> {
  const dashed = withDoubleDashes(args, options);
  const { tokens } = parseArgs({ args: dashed, options, strict: false, allowPositionals: true, tokens: true });
  const end = tokens.find((token) => token.kind === 'option-terminator' || token.kind === 'positional')?.index ?? dashed.length;
  const { values } = parse(dashed.slice(0, end), options, false);
  return { values, operands: args.slice(args[end] === '--' ? end + 1 : end) };
}

function parse<const T extends OptionTable>(args: string[], options: T, allowPositionals: boolean): { values: Values<T>; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals });
    return { values: values as Values<T>, positionals };
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UsageError(error.message.split('. ')[0]!.replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase()).replace(/\.?\n[^]*$/, ''));
  }
}

/** runsc's way to write options, `-image-path`, is understood as well. */
function withDoubleDashes(args: readonly string[], options: OptionTable): string[] {
  const names = new Set(Object.keys(options).filter((name) => name.length > 1));
  return args.map((arg) => (names.has(/^-([a-z][a-z-]+)(=.*)?$/.exec(arg)?.[1] ?? '') ? `-${arg}` : arg));
}
