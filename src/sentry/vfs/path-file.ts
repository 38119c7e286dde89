import { defineState, extend } from '../../state/index.ts';
import { FileDescription, fileDescriptionState } from './file-description.ts';

/** A place held open by O_PATH: good for fstat, fchdir and as the directory of an *at call, for nothing else (EBADF). */
export class PathFile extends FileDescription {}

defineState(PathFile, 'PathFile', 1, extend(fileDescriptionState, {}));
