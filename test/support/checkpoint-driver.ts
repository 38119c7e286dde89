import { CheckpointFlow } from '../../src/container/checkpoint-flow.ts';
import type { CheckpointChoice } from '../../src/container/checkpoint-flow.ts';
import type { ContainerHarness } from './container-harness.ts';

const PIECE_MS = 20;

/** A checkpoint with its hooks and notices; time passes for the hooks only. @returns the image */
export function checkpoint(harness: ContainerHarness, choice: CheckpointChoice): Uint8Array {
  return checkpointFlow(harness, choice).result!.image;
}

export function checkpointFlow(harness: ContainerHarness, choice: CheckpointChoice): CheckpointFlow {
  const flow = new CheckpointFlow(harness.container, choice);
  while (!flow.isDone()) {
    if (flow.needsGuests()) harness.run(PIECE_MS);
    flow.step(Math.floor(harness.clock().realtimeMs), 4096);
  }
  return flow;
}

/** Runs guests for `ms`, and takes the checkpoints that they ask for. @returns their images */
export function runServing(harness: ContainerHarness, ms: number): Uint8Array[] {
  const images: Uint8Array[] = [];
  for (let passed = 0; passed < ms; passed += PIECE_MS) {
    harness.run(PIECE_MS);
    const request = harness.container.takeCheckpointRequest();
    if (request !== null) images.push(checkpoint(harness, { leaveRunning: request.leaveRunning }));
  }
  return images;
}
