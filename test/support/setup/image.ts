import { buildImage } from '../../../scripts/build-image.mjs';

/** Builds the built-in images once, before the first test that runs one. */
export default async function setup(): Promise<void> {
  await buildImage('busybox');
}
