export { readImageArchive, type ImageConfig, type OciImage, type ReadImageOptions } from './read-image.ts';
export { readTar, type TarEntry, type TarEntryType } from './tar.ts';
export { writeTar } from './tar-writer.ts';
