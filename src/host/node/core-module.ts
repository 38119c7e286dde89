import { readFileSync } from 'node:fs';
import { ImageError } from '../../base/errors.ts';
import { assetPath } from './assets.ts';

/** Compiles the core that was built with this command. @errors ImageError where it was not */
export function loadCoreModule(): WebAssembly.Module {
  const path = assetPath('core.wasm');
  if (path === null) throw new ImageError('core.wasm', 'is not there; `npm run build` makes it');
  return new WebAssembly.Module(readFileSync(path));
}
