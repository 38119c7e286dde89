import { buildCore } from '../../../scripts/build-core.mjs';

/** Builds the core once, before the first test that runs it. */
export default function setup(): void {
  buildCore();
}
