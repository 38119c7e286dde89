import type { ByteString } from '../base/bytes.ts';
import { byteStringFromText } from '../base/bytes.ts';

const DEFAULT_PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What a process's environment is made of. */
export interface EnvironmentParts {
  readonly ofImage: readonly ByteString[];
  /** `NAME=value` of the command line, as text. */
  readonly env: readonly string[];
  /** Only those of the command line. */
  readonly clearsEnv: boolean;
  readonly usesTerminal: boolean;
}

/** Defaults, then the image's, then those of the command line; the last of a name counts. */
export function environmentOf({ ofImage, env, clearsEnv, usesTerminal }: EnvironmentParts): ByteString[] {
  const entries = clearsEnv ? [] : [DEFAULT_PATH, ...(usesTerminal ? [terminalVariable()] : []), ...ofImage];
  const byName = new Map<string, ByteString>();
  for (const entry of [...entries, ...env.map(byteStringFromText)]) byName.set(entry.slice(0, entry.indexOf('=')), entry);
  return [...byName.values()];
}

/** TERM, as this process has it. */
export function terminalVariable(): string {
  return `TERM=${process.env['TERM'] ?? 'xterm'}`;
}
