/** Files that leave the page and come in; loaded when the first one does. */

import type { ImageReport } from '../../src/inspect/report.ts';
import { count, countOf, fileSize } from './format.ts';

const ENDINGS = { file: 'stasis', oci: 'oci.tar' } as const;

/** `lunch.stasis`, `lunch.oci.tar`. */
export function exportName(name: string, format: 'file' | 'oci'): string {
  return `${name.replace(/[^\w.-]+/g, '-') || 'checkpoint'}.${ENDINGS[format]}`;
}

/** The name a checkpoint gets from the file it came in: without its endings. */
export function importName(fileName: string): string {
  return fileName.replace(/(\.oci)?\.(stasis|tar|img|bin)$/i, '') || 'imported';
}

/** Why a file was not taken in, with its name: the machine knows its bytes only, as `file`. */
export function importFailure(fileName: string, sentence: string): string {
  return sentence.startsWith('file: ') ? `import: ${fileName} ${sentence.slice('file: '.length)}` : `import: ${fileName}, ${sentence}`;
}

/** Lets the browser save `bytes` under `name`. */
export function saveFile(name: string, bytes: Uint8Array): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the bytes only once it has begun.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** What a checkpoint that was read whole holds. */
export function verdictOf(name: string, { summary, processes, files }: ImageReport): string {
  const pages = Object.values(summary.pages).reduce((sum, value) => sum + value, 0);
  return `verify: ${name} is whole, ${fileSize(summary.chainBytes)} with what it stands on: ${countOf(processes.length, 'process')}, ${count(pages)} pages, ${countOf(files.length, 'file')} unlike the image; ${summary.digest}`;
}
