/** The marks beside words: shape first, colour second. A mark never stands without its word. */

import { svg, html } from 'lit';
import type { TemplateResult } from 'lit';

const SHAPES = {
  init: svg`<circle cx="5" cy="5" r="3.6"/>`,
  exec: svg`<path d="M5 .4 9.6 5 5 9.6.4 5z"/>`,
  doomed: svg`<path stroke-dasharray="2 1.6" d="M5 .8 9.2 5 5 9.2.8 5z"/>`,
  killed: svg`<path d="M1.6 1.6l6.8 6.8M8.4 1.6 1.6 8.4"/>`,
  survived: svg`<path d="M1 5.4l2.8 2.8L9 2.4"/>`,
  stopped: svg`<path d="M1.5 1.5h7v7h-7z"/>`,
} as const;

export type MarkName = keyof typeof SHAPES;

const COLOURS: Record<MarkName, string> = {
  init: 'c-init',
  exec: 'c-exec',
  doomed: 'c-exec line',
  killed: 'c-ash line',
  survived: 'c-ok line',
  stopped: 'c-ash line',
};

/** A mark of 10 × 10 px in its own colour; styled by `markStyles`. */
export function mark(name: MarkName): TemplateResult {
  return html`<svg class="m ${COLOURS[name]}" viewBox="0 0 10 10" aria-hidden="true">${SHAPES[name]}</svg>`;
}
