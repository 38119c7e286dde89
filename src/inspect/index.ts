export { openImage } from './image.ts';
export type { ImageFile, InspectedImage, InspectedLayer } from './image.ts';
export { diffOf } from './diff.ts';
export { reportOf, summaryOf } from './inspect.ts';
export { pageAt, pagePair } from './page-pair.ts';
export type * from './report.ts';
