import { resolve } from 'node:path';
import { isLink } from '../exchange/index.ts';
import { UsageError } from './failure.ts';

/** A checkpoint's place as its owner, which is somewhere else, finds it. @errors UsageError, in runsc's words */
export function imagePathOf(text: string | undefined): string {
  if (text === undefined || text === '') throw new UsageError('image-path flag must be provided');
  return isLink(text) ? text : resolve(text);
}
