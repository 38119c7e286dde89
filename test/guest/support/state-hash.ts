import { createHash } from 'node:crypto';
import { HART_BYTES, PAGE_BYTES } from '../../../src/core/layout.ts';
import { dumpSpace } from '../../../src/sentry/checkpoint/page-tables.ts';
import type { Kernel } from '../../../src/sentry/task/kernel.ts';
import { walkGraph } from '../../../src/state/index.ts';

const PTE_FLAGS = 15;
const FRAME_SHIFT = 12;

/**
 * Names all that a guest could ever see of a kernel: every object that a checkpoint would save, the registers, and what
 * each address space maps, with the pages' content in place of the frames' numbers, which are the core's affair.
 *
 * How often the kernel was restored is left out.
 *
 * @returns SHA-256 in hex
 */
export function stateHash(kernel: Kernel): string {
  const { core, generation } = kernel;
  const hash = createHash('sha256');
  for (const task of kernel.tasks.values()) {
    if (task.runState === 'exited') continue;
    const start = core.hartAddress(task.slot);
    task.savedRegisters = core.bytes().slice(start, start + HART_BYTES);
  }
  kernel.generation = 1;
  const frames: number[] = [];
  const { ints, bytes } = walkGraph(kernel, { saveFrame: (frame) => frames.push(frame) - frames.length });
  kernel.generation = generation;
  for (const task of kernel.tasks.values()) task.savedRegisters = new Uint8Array(0);
  hash.update(new Uint8Array(ints.buffer, ints.byteOffset, ints.byteLength)).update(bytes);
  for (const frame of frames) hash.update(core.frameBytes(frame));
  for (const mm of kernel.addressSpaces()) {
    const pairs = dumpSpace(core, mm.space);
    for (let i = 0; i < pairs.length; i += 2) {
      const pte = pairs[i + 1]!;
      hash.update(Uint32Array.of(pairs[i]!, pte & PTE_FLAGS)).update(core.frameBytes(pte >>> FRAME_SHIFT).subarray(0, PAGE_BYTES));
    }
  }
  return hash.digest('hex');
}
