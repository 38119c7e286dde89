import { buildSite } from '../../../scripts/build.mjs';

/** Builds the site once, before the first test that opens it in a browser. */
export default async function setup(): Promise<void> {
  await buildSite();
}
