/** The layout of `<stasis-page>` at its three widths: all at once, panels below, one terminal with sheets. */

import { css } from 'lit';

export const pageStyles = css`
  :host { display: block; }
  .skip { position: absolute; left: var(--s2); top: -60px; z-index: 9; padding: var(--s2) var(--s3); background: var(--ink); color: var(--ink-inverse); }
  .skip:focus { top: var(--s2); }
  .app {
    display: grid; height: 100dvh; min-height: 560px;
    grid-template: 'top top' var(--bar) 'main insp' minmax(0, 1fr) 'time time' auto / minmax(0, 1fr) clamp(404px, 33.5vw, 490px);
  }
  stasis-top-bar { grid-area: top; }
  main { grid-area: main; display: flex; flex-direction: column; min-width: 0; min-height: 0; background: var(--surface-term); }

  .rim {
    display: flex; align-items: center; gap: var(--s3); flex: none; height: 32px; padding: 0 var(--s4); background: var(--bg);
    border-bottom: var(--hair) solid var(--line); font-size: var(--text-s); color: var(--ink-3);
  }
  .rim .r { display: flex; align-items: baseline; gap: var(--s2); margin-left: auto; flex: none; }
  .rim stasis-tabs { align-self: stretch; margin-left: calc(-1 * var(--s3)); }
  .inside { flex: 1; min-height: 0; display: grid; grid-template-columns: minmax(0, .84fr) repeat(var(--panes), minmax(0, 1fr)); grid-template-rows: minmax(0, 1fr); }
  .inside > * + *:not([hidden]) { border-left: var(--hair) solid var(--line); }
  stasis-session { margin-top: -1px; }
  .empty {
    display: flex; flex-direction: column; align-items: flex-start; gap: var(--s3); padding: var(--s5) var(--s5); color: var(--ink-2);
    border-top: var(--origin-rule) solid var(--line-strong); margin-top: -1px;
  }
  .empty p { max-width: 44ch; text-wrap: pretty; }
  .empty p:first-child { display: flex; align-items: center; gap: var(--s2); color: var(--ink); }

  .inspector { grid-area: insp; display: flex; flex-direction: column; min-width: 0; min-height: 0; border-left: var(--hair) solid var(--line); }
  .inspector > * + * { border-top: var(--hair) solid var(--line); }
  .p-processes { flex: 0 1 auto; min-height: 120px; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
  .p-syscalls { flex: none; }
  .p-events { flex: 1 1 160px; min-height: 120px; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }

  .timeline { grid-area: time; display: grid; grid-template: auto 150px auto / 248px minmax(0, 1fr); min-width: 0; border-top: var(--hair) solid var(--line); }
  .said { grid-area: 1 / 1 / 2 / 3; }
  stasis-deck { grid-area: 2 / 1 / 4 / 2; border-right: var(--hair) solid var(--line); }
  stasis-rail { grid-area: 2 / 2; }
  stasis-timeline-foot { grid-area: 3 / 2; border-top: var(--hair) solid var(--line); }
  .below { flex: none; max-height: 62%; overflow: auto; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
  stasis-compare { grid-area: main / main / insp / insp; }
  [data-panel='compare'] :is(main, .inspector) { display: none; }
  [data-dropping]::after { content: 'Drop it: a checkpoint is checked whole before anything is touched'; position: fixed; inset: 6px; z-index: 20; display: grid; place-items: center; padding: var(--s5); text-align: center; border: 2px dashed var(--edge); border-radius: var(--radius); color: var(--ink); font-size: var(--text-l); background: color-mix(in srgb, var(--bg) 80%, transparent); pointer-events: none; }

  @media (max-width: 1180px) {
    .app { grid-template: 'top' var(--bar) 'main' minmax(0, 1fr) 'insp' auto 'time' auto / minmax(0, 1fr); }
    .inspector {
      display: grid; grid-template: minmax(0, 1fr) auto / minmax(0, 1.15fr) minmax(0, 1fr); border-left: 0; border-top: var(--hair) solid var(--line);
      height: 232px;
    }
    .inspector > * + * { border-top: 0; }
    .p-processes { grid-area: 1 / 1 / 3 / 2; }
    [data-panel='survivors'] .inspector, [data-panel='checkpoint'] .inspector { display: none; }
    .p-events { grid-area: 1 / 2; border-left: var(--hair) solid var(--line); }
    .p-syscalls { grid-area: 2 / 2; border: solid var(--line); border-width: var(--hair) 0 0 var(--hair); }
  }
  @media (max-width: 820px) {
    .timeline { grid-template-columns: 214px minmax(0, 1fr); }
  }
  @media (max-width: 600px) {
    .app {
      min-height: 0; grid-template: 'top' 44px 'main' minmax(0, 1fr) 'said' auto 'keys' auto 'nav' auto / minmax(0, 1fr);
    }
    .rim { height: 45px; padding: 0 var(--s3) 0 0; background: var(--surface-term); }
    .rim stasis-tabs { margin: 0; flex: 1; }
    .rim .inside-of { padding-left: var(--s3); }
    .rim kbd { display: none; }
    .inside { grid-template-columns: minmax(0, 1fr); }
    .inside > * + *:not([hidden]) { border-left: 0; }
    stasis-compare { grid-area: main; }
    .app > .said { grid-area: said; border-top: var(--hair) solid var(--line); border-bottom: 0; }
    .keys { grid-area: keys; }
    [data-panel='compare'] .keys { display: none; }
    .nav { grid-area: nav; z-index: 6; }
    .sheet {
      position: fixed; inset: auto 0 calc(57px + env(safe-area-inset-bottom)); z-index: 5; max-height: 70dvh; overflow: auto; background: var(--bg);
      border-top: var(--hair) solid var(--edge); border-radius: var(--radius-sheet) var(--radius-sheet) 0 0;
    }
    .inspector.sheet, .timeline.sheet { display: none; height: auto; }
    .inspector.sheet { border-left: 0; }
    .inspector > * { border: 0 !important; }
    .p-processes, .p-syscalls, .p-events { display: none; min-height: 0; }
    [data-panel='processes'] .inspector, [data-panel='events'] .inspector, [data-panel='syscalls'] .inspector, [data-panel='timeline'] .timeline { display: block; }
    [data-panel='processes'] .p-processes, [data-panel='events'] .p-events, [data-panel='syscalls'] .p-syscalls { display: block; overflow: visible; }
    .sheet-head {
      position: sticky; top: 0; z-index: 1; display: flex; align-items: center; justify-content: space-between; min-height: var(--hit);
      padding: 6px var(--s2) 0 var(--s4); font-size: var(--text-l); font-weight: var(--weight-strong); background: var(--bg);
    }
    .sheet-head button { width: var(--hit); height: var(--hit); display: grid; place-items: center; color: var(--ink-2); }
    stasis-deck { border-right: 0; padding-top: 0; }
  }
`;
