export { verifyChain } from './chain.ts';
export { factsOf, plainLine, plainText, type ExchangeFacts } from './facts.ts';
export { formatOf, importAny, type Format, type ImportedCheckpoint } from './import-any.ts';
export { DEFAULT_LIMITS, type ExchangeLimits } from './limits.ts';
export { decodeLink, encodeLink, isLink, LINK_PREFIX, type LinkedImage } from './link.ts';
export { importOci, type ImportedChain, type ImportOptions } from './read-oci.ts';
export { exportOci } from './write-oci.ts';
