#!/usr/bin/env node
// @ts-check
/** The command. A package holds it built, in `dist/`; a fresh checkout builds it at the first call. */
import { existsSync } from 'node:fs';

const command = new URL('../dist/cli.js', import.meta.url);
if (!existsSync(command)) {
  process.stderr.write('stasis: builds itself first, once\n');
  try {
    const { buildCli } = await import('../scripts/build.mjs');
    await buildCli();
  } catch (error) {
    process.stderr.write(`stasis: cannot be built: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(128);
  }
}
await import(command.href);
