/**
 * Records what instructions do on qemu, for `isa.test.ts`. Run by hand when vectors change:
 *
 *   node --import ./scripts/support/typescript.mjs test/core/vectors/generate-isa.ts
 *
 * Needs riscv64-linux-gnu-gcc and qemu-riscv64-static.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vectorCount } from './isa-cases.ts';
import { blockProgram, vectorProgram } from './isa-program.ts';
import { BLOCK_SEED, hashBlocks, writeRecording } from './isa-recording.ts';
import { legalityWords } from './legality-words.ts';

const QEMU = 'qemu-riscv64-static';
/** Exactly the extensions the core has. */
const CPU = ['-cpu', 'rv64,zba=true,zbb=true,zbc=false,zbs=true'];
const MAX_BYTES = 1 << 26;

function runUnderQemu(directory: string, elf: Uint8Array): Uint8Array {
  const path = join(directory, 'program');
  writeFileSync(path, elf, { mode: 0o755 });
  return execFileSync(QEMU, [...CPU, path], { maxBuffer: MAX_BYTES });
}

/** One bit a word. */
function recordLegality(directory: string): Uint8Array {
  const executor = join(directory, 'legality');
  const source = fileURLToPath(new URL('./legality-executor.c', import.meta.url));
  execFileSync('riscv64-linux-gnu-gcc', ['-O1', '-static', '-mno-relax', '-o', executor, source]);
  const words = legalityWords();
  const answers = execFileSync(QEMU, [...CPU, executor], { input: new Uint8Array(words.buffer), maxBuffer: MAX_BYTES });
  if (answers.length !== words.length) throw new Error(`legality: ${answers.length} answers for ${words.length} words`);
  const bits = new Uint8Array(Math.ceil(words.length / 8));
  answers.forEach((isIllegal, i) => {
    bits[i >> 3] = (bits[i >> 3] ?? 0) | (isIllegal << (i & 7));
  });
  return bits;
}

const directory = mkdtempSync(join(tmpdir(), 'isa-vectors-'));
try {
  writeRecording('vectors', runUnderQemu(directory, vectorProgram()));
  writeRecording('blocks', hashBlocks(runUnderQemu(directory, blockProgram(BLOCK_SEED))));
  writeRecording('legality', recordLegality(directory));
  process.stdout.write(`${vectorCount} vectors\n`);
} finally {
  rmSync(directory, { recursive: true });
}
