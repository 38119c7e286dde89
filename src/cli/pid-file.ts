import { writeFileSync } from 'node:fs';
import { CliError } from './failure.ts';
import { codeOf } from './root-directory.ts';

/** @param path  null: nothing is written @errors CliError */
export function writePid(path: string | null, pid: number): void {
  if (path === null) return;
  try {
    writeFileSync(path, String(pid));
  } catch (error) {
    throw new CliError(`the pid cannot be written to ${path} (${codeOf(error)})`);
  }
}
