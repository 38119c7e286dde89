import { runBuild } from './run-build.ts';

/** Builds the site once, before the first test that opens it in a browser. */
export default function setup(): void {
  runBuild('site');
}
