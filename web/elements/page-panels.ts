/** Which panel of the page is open, and where the focus goes when one opens and closes. */

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** A panel that is laid over nothing: below the terminals or in their place; on a phone a sheet. */
export type Panel = '' | 'processes' | 'timeline' | 'events' | 'syscalls' | 'survivors' | 'help' | 'checkpoint' | 'compare';

export const PANEL_TITLES: Record<Panel, string> = {
  '': '', processes: 'Processes', timeline: 'Timeline', events: 'Events', syscalls: 'Unsupported syscalls', survivors: 'At restore', help: 'Keys',
  checkpoint: 'Checkpoint', compare: 'Compare',
};

/** The element of a panel and what in it takes the focus. */
const TARGETS: Partial<Record<Panel, [element: string, target: string]>> = {
  processes: ['stasis-processes', 'tbody tr'],
  timeline: ['stasis-rail, stasis-checkpoint-list', 'button[aria-pressed="true"]'],
  compare: ['stasis-compare', 'h2'],
};

export class PagePanels implements ReactiveController {
  open: Panel = '';
  private readonly host: ReactiveControllerHost & HTMLElement & { renderRoot: HTMLElement | DocumentFragment };
  private readonly onChange: (open: Panel) => void;
  private returnFocusTo: HTMLElement | null = null;

  /** @param onChange  called with the panel that is open now, '' for none */
  constructor(host: ReactiveControllerHost & HTMLElement & { renderRoot: HTMLElement | DocumentFragment }, onChange: (open: Panel) => void) {
    this.host = host;
    this.onChange = onChange;
    host.addController(this);
  }

  hostConnected(): void {
    // Nothing to take up: a panel opens when it is asked for.
  }

  toggle(panel: Panel): void {
    if (this.open === panel) this.close();
    else this.show(panel);
  }

  show(panel: Panel): void {
    if (this.open === '') this.returnFocusTo = deepActiveElement();
    this.put(panel);
    void this.host.updateComplete.then(() => this.focus(panel));
  }

  close(): void {
    if (this.open === '') return;
    this.put('');
    this.returnFocusTo?.focus();
    this.returnFocusTo = null;
  }

  focus(panel: Panel): void {
    const [element, target] = TARGETS[panel] ?? [`stasis-${panel}`, 'h2'];
    this.host.renderRoot.querySelector(element)?.shadowRoot?.querySelector<HTMLElement>(target)?.focus();
  }

  private put(panel: Panel): void {
    this.open = panel;
    this.onChange(panel);
    this.host.requestUpdate();
  }
}

function deepActiveElement(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active instanceof HTMLElement ? active : null;
}
