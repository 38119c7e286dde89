/**
 * Records what F and D instructions do on qemu, for `float.test.ts`. Run by hand when operands or instructions change:
 *
 *   node --import ./scripts/support/typescript.mjs test/core/vectors/generate-float.ts [count] [seed] [file]
 *
 * Needs riscv64-linux-gnu-gcc and qemu-riscv64-static. Every instruction with a rounding field is run twice, with the
 * mode in the instruction and with the mode in frm; the two must agree.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DYNAMIC, floatInstructions, roundingModesOf, wordWithRounding } from './float-instructions.ts';
import { operandsFor, Random } from './float-operands.ts';
import { packVectors, type FloatVectors } from './float-vectors.ts';

const REQUEST_BYTES = 32;
const ANSWER_BYTES = 24;
const FFLAGS = 0x1f;
const FRM_SHIFT = 5;

interface Request {
  word: number;
  fcsr: number;
  operands: bigint[];
}

function buildExecutor(directory: string): string {
  const path = join(directory, 'executor');
  const source = fileURLToPath(new URL('./float-executor.c', import.meta.url));
  execFileSync('riscv64-linux-gnu-gcc', ['-O2', '-static', '-o', path, source]);
  return path;
}

/** Runs the requests and returns a view of their answers. */
function runRequests(executor: string, requests: Request[]): DataView {
  const input = new DataView(new ArrayBuffer(requests.length * REQUEST_BYTES));
  requests.forEach(({ word, fcsr, operands }, i) => {
    input.setUint32(i * REQUEST_BYTES, word, true);
    input.setUint32(i * REQUEST_BYTES + 4, fcsr, true);
    operands.forEach((operand, k) => input.setBigUint64(i * REQUEST_BYTES + 8 + 8 * k, operand, true));
  });
  const output = execFileSync('qemu-riscv64-static', [executor], {
    input: new Uint8Array(input.buffer),
    maxBuffer: requests.length * ANSWER_BYTES + 4096,
  });
  if (output.length !== requests.length * ANSWER_BYTES) throw new Error(`executor: ${output.length} bytes for ${requests.length} requests`);
  return new DataView(output.buffer, output.byteOffset, output.length);
}

function record(executor: string, countEach: number, seed: bigint): FloatVectors[] {
  const random = new Random(seed);
  return floatInstructions.map((instruction) => {
    const count = instruction.hasRounding ? countEach : countEach >> 1;
    const executions = Array.from({ length: count }, () => operandsFor(random, instruction));
    const modes = roundingModesOf(instruction).map((rm) => {
      const fixed = executions.map((operands) => ({ word: wordWithRounding(instruction, rm), fcsr: 0, operands }));
      const dynamic = executions.map((operands) => ({
        word: wordWithRounding(instruction, DYNAMIC),
        fcsr: rm << FRM_SHIFT,
        operands,
      }));
      const answers = runRequests(executor, [...fixed, ...dynamic]);
      const results = new BigUint64Array(count);
      const flags = new Uint8Array(count);
      for (let i = 0; i < 2 * count; i++) {
        const result = answers.getBigUint64(i * ANSWER_BYTES + (instruction.result === 'x' ? 8 : 0), true);
        const raised = answers.getUint8(i * ANSWER_BYTES + 16) & FFLAGS;
        if (i < count) {
          results[i] = result;
          flags[i] = raised;
        } else if (results[i - count] !== result || flags[i - count] !== raised) {
          throw new Error(`${instruction.name}, mode ${rm}: in frm and in the instruction differ`);
        }
      }
      return { rm, results, flags };
    });
    const operands = instruction.operands.map((_, k) => BigUint64Array.from(executions, (each) => each[k] ?? 0n));
    return { instruction, count, operands, modes };
  });
}

const [count = '300', seed = '1', file = fileURLToPath(new URL('./float.bin.gz', import.meta.url))] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), 'float-vectors-'));
try {
  const vectors = record(buildExecutor(directory), Number(count), BigInt(seed));
  writeFileSync(file, packVectors(vectors));
  const total = vectors.reduce((sum, each) => sum + each.count * each.modes.length, 0);
  process.stdout.write(`${total} vectors of ${vectors.length} instructions\n`);
} finally {
  rmSync(directory, { recursive: true });
}
