// @ts-check
/** Imported by a script that itself imports TypeScript: from then on Node loads `.ts` files, their types stripped. */
import { register } from 'node:module';

register('./typescript-hooks.mjs', import.meta.url);
