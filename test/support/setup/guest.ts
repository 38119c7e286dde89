import { buildGuestPrograms } from '../../../scripts/build-guest.mjs';

/** Every project of the test runner loads this file anew, in the one process: what was said is known to the process. */
const SAID = Symbol.for('stasis.test.guest-sentence');
const shared: typeof globalThis & { [SAID]?: true } = globalThis;

/** Compiles the guest programs once; without the cross compiler their tests are skipped, and one sentence says so. */
export default function setup(): void {
  const { sentence } = buildGuestPrograms();
  if (sentence === null || shared[SAID] === true) return;
  shared[SAID] = true;
  process.stderr.write(`${sentence}\n`);
}
