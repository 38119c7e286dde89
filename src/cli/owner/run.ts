import { Container } from '../../container/container.ts';
import { NodeClock } from '../../host/node/clock.ts';
import type { ContainerPlan } from '../container-options.ts';
import type { RootDirectory } from '../root-directory.ts';
import { Volumes } from '../volumes.ts';
import { machineHost } from './machine.ts';
import { own } from './own.ts';
import { PassedEnds } from './passed-ends.ts';

export interface RunChoice {
  readonly root: RootDirectory;
  readonly pidFile: string | null;
  readonly isBackground: boolean;
  /** Whether init is run at once: not by `create`. */
  readonly starts: boolean;
  readonly ready: () => void;
}

/** Makes the container of a plan in this process, and owns it. @returns exit status @errors as `own`; ImageError, CliError */
export function runPlan(plan: ContainerPlan, choice: RunChoice): Promise<number> {
  const { id } = plan.spec;
  const volumes = new Volumes(plan.volumes);
  const passed = new PassedEnds(plan.passed);
  const clock = new NodeClock();
  const host = machineHost({ id, base: plan.root.tree, memoryBytes: plan.memoryBytes, clock, volumes, passed });
  for (const notice of plan.notices) process.stderr.write(`stasis: ${notice}\n`);
  return own({ ...choice, bundle: plan.bundle, host, clock, volumes, passed, container: Container.create(host, plan.spec) });
}
