import { textFromByteString } from '../base/bytes.ts';
import type { Json } from '../sentry/checkpoint/image.ts';
import { fileReports, mountReports } from './files.ts';
import { lookingInto } from './image.ts';
import type { InspectedImage } from './image.ts';
import { processReports } from './processes.ts';
import type { ImageReport, ImageSummary } from './report.ts';
import { socketReports } from './sockets.ts';

/** The ways in which a page is told, as the image counts them. */
const PAGE_KINDS = ['zero', 'base', 'duplicate', 'compressed', 'raw', 'parent', 'delta'] as const;

/** What is in an image. @errors ImageError for an image whose content contradicts itself */
export function reportOf(image: InspectedImage): ImageReport {
  return lookingInto('section kernel', () => ({
    summary: summaryOf(image),
    processes: processReports(image),
    sockets: socketReports(image.kernel),
    files: fileReports(image),
    mounts: mountReports(image),
  }));
}

export function summaryOf({ layers, kernel }: InspectedImage): ImageSummary {
  const [{ file, image }] = layers;
  const { metadata } = image;
  return {
    digest: file.digest,
    imageBytes: file.bytes.length,
    chainBytes: layers.reduce((sum, layer) => sum + layer.file.bytes.length, 0),
    chainImages: layers.length,
    sections: [...image.sections].map(([name, data]) => ({ name, bytes: data.length })),
    createdMs: metadata.createdMs,
    generation: metadata.generation,
    baseImage: metadata.baseImage,
    parent: metadata.parent,
    containerId: fieldOf(metadata.container, 'id'),
    hostname: textFromByteString(kernel.names.hostname),
    pages: Object.fromEntries(PAGE_KINDS.map((kind) => [kind, metadata.counts[kind] ?? 0])),
  };
}

/** A text field of how the container was created; '' where it has none. */
function fieldOf(container: Json, name: string): string {
  if (typeof container !== 'object' || container === null || Array.isArray(container)) return '';
  const value: unknown = Reflect.get(container, name);
  return typeof value === 'string' ? value : '';
}
