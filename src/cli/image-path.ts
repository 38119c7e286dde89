import { resolve } from 'node:path';
import { UsageError } from './failure.ts';

/** A directory as the owner of a container, which is somewhere else, finds it. @errors UsageError, in runsc's words */
export function imagePathOf(text: string | undefined): string {
  if (text === undefined || text === '') throw new UsageError('image-path flag must be provided');
  return resolve(text);
}
