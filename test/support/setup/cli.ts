import { buildCli } from '../../../scripts/build.mjs';

/** Builds the command once, before the first test that runs it. */
export default async function setup(): Promise<void> {
  await buildCli();
}
