import { walkGraph } from '../../state/index.ts';
import type { Kernel } from '../task/kernel.ts';

/**
 * Frees what a kernel holds in its core, which others use too: page tables, register slots, and the reference of every frame
 * that its state names. Nothing of it runs, and no byte of a frame is looked at or changed. The kernel is of no use any more.
 */
export function releaseKernel(kernel: Kernel): void {
  const { core } = kernel;
  releaseTasks(kernel);
  const letGo = (frame: number): number => {
    core.frameUnref(frame);
    return frame;
  };
  walkGraph(kernel, { saveFrame: letGo });
}

/** Frees page tables and register slots alone. */
export function releaseTasks(kernel: Kernel): void {
  const { core } = kernel;
  for (const mm of kernel.addressSpaces()) {
    if (mm.space !== 0) core.spaceDestroy(mm.space);
    mm.space = 0;
  }
  for (const task of kernel.tasks.values()) {
    if (task.runState === 'exited') continue;
    if (task.slot !== 0) core.hartFree(task.slot);
    task.slot = 0;
  }
}
