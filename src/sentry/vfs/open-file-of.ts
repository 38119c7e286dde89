import { panic } from '../../base/errors.ts';
import type { MappedFile } from '../mm/mapped-file.ts';
import { FileDescription } from './file-description.ts';

/** The open file behind a mapping. */
export function openFileOf(file: MappedFile): FileDescription {
  if (!(file instanceof FileDescription)) panic('a mapping of something that is no open file');
  return file;
}
