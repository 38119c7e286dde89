/** What the elements have in common: marks, controls, numbers, focus. Values are roles of `styles/tokens.css`, never raw. */

import { css } from 'lit';

export const sharedStyles = css`
  *,
  *::before,
  *::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1, h2, h3, p, ul, ol, dl, dd, pre { margin: 0; padding: 0; }
  ul, ol { list-style: none; }
  h1, h2, h3 { font-size: inherit; font-weight: var(--weight-strong); }
  b { font-weight: var(--weight-strong); }
  svg { display: block; }
  button, input { font: inherit; color: inherit; }
  button { background: none; border: 0; padding: 0; cursor: pointer; text-align: inherit; }
  button:disabled { cursor: default; }
  code, kbd { font-family: var(--font-mono); font-size: .923em; }
  kbd { font-size: var(--text-xs); color: var(--ink-3); }
  :focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
  [tabindex='-1']:is(h2):focus { outline: none; }
  ::selection { background: var(--term-selection); }

  .m { width: 10px; height: 10px; flex: none; fill: currentColor; stroke: none; overflow: visible; }
  .m.line { fill: none; stroke: currentColor; stroke-width: 1.5; }
  .c-init { color: var(--origin-init); }
  .c-exec { color: var(--origin-exec); }
  .c-ash { color: var(--killed); }
  .c-ok { color: var(--survived); }
  .quiet { color: var(--ink-2); }
  .label { color: var(--ink-3); }

  .num { font-family: var(--font-mono); font-size: var(--text-s); font-variant-numeric: tabular-nums; white-space: nowrap; }
  .vh { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }

  .btn {
    display: inline-flex; align-items: center; justify-content: center; gap: var(--s2); height: 32px; padding: 0 var(--s3);
    border: var(--hair) solid var(--edge); border-radius: var(--radius); white-space: nowrap; transition: background var(--t-press);
  }
  .btn:hover:enabled { background: var(--surface-raised); }
  .btn.fill { background: var(--ink); color: var(--ink-inverse); border-color: var(--ink); font-weight: var(--weight-strong); }
  .btn.fill:hover:enabled { background: var(--ink-2); border-color: var(--ink-2); }
  .btn.fill kbd { color: inherit; opacity: .75; }
  .btn:disabled { color: var(--ink-3); border-color: var(--line-strong); }
  .btn.fill:disabled { background: var(--surface-raised); border-color: var(--line-strong); }
  .link {
    color: var(--ink); text-decoration: underline; text-decoration-color: var(--line-strong); text-underline-offset: 3px;
    text-decoration-thickness: 1px;
  }
  .link:hover:enabled { text-decoration-color: currentColor; }
  .link:disabled { color: var(--ink-3); }
  @media (max-width: 600px) { .link { min-height: var(--hit); } }
`;

/** A panel of the inspector: its head, and the sentence that stands where there is nothing yet. */
export const panelStyles = css`
  :host { display: block; min-width: 0; padding: 10px var(--s4) 12px; }
  header { display: flex; align-items: baseline; gap: var(--s2); margin-bottom: 6px; }
  header .num { margin-left: auto; color: var(--ink-3); }
  .none { color: var(--ink-2); font-size: var(--text-s); text-wrap: pretty; }
  @media (max-width: 600px) {
    :host { padding-top: 0; }
    header h2 { display: none; }
    header { min-height: 0; margin-bottom: var(--s2); }
    header .num { margin-left: 0; }
  }
`;
