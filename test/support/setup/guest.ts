import { buildGuestPrograms } from '../../../scripts/build-guest.mjs';

/** Compiles the guest programs once; without the cross compiler their tests are skipped, and one sentence says so. */
export default function setup(): void {
  const { sentence } = buildGuestPrograms();
  if (sentence !== null) process.stderr.write(`${sentence}\n`);
}
