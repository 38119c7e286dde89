import { runBuild } from './run-build.ts';

/** Builds the command once, before the first test that runs it. */
export default function setup(): void {
  runBuild('cli');
}
