/** What the page work offers through the door of the core. */
export { pageIsZero } from './zero';
export { pagesEqual } from './compare';
export { hash64, hash64High } from './hash';
export { crc32c } from './checksum';
export { deltaEncode, deltaDecode } from './delta';
export { lz4Compress } from './compress';
export { lz4Decompress } from './decompress';
export { wireBound, wireEncode, wireDecode } from './wire';
export { spaceDump, spaceLoad } from './tables';
