import { diffFiles } from './diff-files.ts';
import { diffPages } from './diff-pages.ts';
import { diffProcesses, pairProcesses } from './diff-processes.ts';
import { diffState } from './diff-state.ts';
import { lookingInto } from './image.ts';
import type { InspectedImage } from './image.ts';
import { summaryOf } from './inspect.ts';
import { PageComparison } from './page-content.ts';
import { processReports } from './processes.ts';
import { STATE_DIFF_LIMIT } from './report.ts';
import type { ImageDiff, ImageSummary } from './report.ts';

/**
 * How two images differ, whichever they are: of one chain, of different branches, of different containers.
 *
 * @errors ImageError for an image whose content contradicts itself, and for damaged pages
 */
export function diffOf(before: InspectedImage, after: InspectedImage): ImageDiff {
  return lookingInto('section kernel', () => {
    const comparison = new PageComparison(before, after);
    const pairs = pairProcesses(processReports(before), processReports(after));
    const processes = diffProcesses(pairs);
    const files = diffFiles(before, after, comparison);
    const { pages, count, bytes } = diffPages(before, after, pairs, comparison);
    const state = diffState(before, after, comparison);
    const summaries = { before: summaryOf(before), after: summaryOf(after) };
    return {
      ...summaries,
      notes: notesOn(summaries.before, summaries.after, before.base === null || after.base === null, count > pages.length ? count : null, state.length),
      processes, files, pages,
      totals: { pages: count, pageBytes: bytes, processes: processes.length, files: files.length },
      state,
    };
  });
}

function notesOn(before: ImageSummary, after: ImageSummary, isBaseMissing: boolean, morePages: number | null, stateFields: number): string[] {
  const notes: string[] = [];
  if (before.baseImage !== after.baseImage) {
    notes.push(`They lie over different base images, ${before.baseImage ?? 'none'} and ${after.baseImage ?? 'none'}: files that are as these have them are not compared.`);
  }
  if (before.containerId !== after.containerId) notes.push(`They are of different containers, "${before.containerId}" and "${after.containerId}": processes are matched by pid.`);
  if (isBaseMissing && (before.baseImage ?? after.baseImage) !== null) notes.push('The base image is not there: pages of its files are compared by name only.');
  if (morePages !== null) notes.push(`${morePages} pages differ; only the first are listed.`);
  if (stateFields === STATE_DIFF_LIMIT) notes.push(`More than ${STATE_DIFF_LIMIT} fields of the kernel differ; only the first are listed.`);
  return notes;
}
