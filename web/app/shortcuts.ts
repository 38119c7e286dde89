/** The page's keys, outside of terminals and fields. */

export type Shortcut =
  | { kind: 'checkpoint' | 'restore' | 'exec' | 'pause' | 'verify' | 'close' }
  | { kind: 'toggle'; panel: 'survivors' | 'help' | 'checkpoint' | 'compare' }
  | { kind: 'panel'; panel: 'processes' | 'timeline' | 'events' | 'syscalls' }
  | { kind: 'terminal'; ordinal: number };

const LETTERS: Readonly<Record<string, Shortcut>> = {
  c: { kind: 'checkpoint' },
  r: { kind: 'restore' },
  s: { kind: 'toggle', panel: 'survivors' },
  i: { kind: 'toggle', panel: 'checkpoint' },
  d: { kind: 'toggle', panel: 'compare' },
  n: { kind: 'exec' },
  v: { kind: 'verify' },
  w: { kind: 'pause' },
  p: { kind: 'panel', panel: 'processes' },
  t: { kind: 'panel', panel: 'timeline' },
  e: { kind: 'panel', panel: 'events' },
  u: { kind: 'panel', panel: 'syscalls' },
  '?': { kind: 'toggle', panel: 'help' },
  escape: { kind: 'close' },
};

/** What `event` asks for; null when it is text for somebody, or means nothing here. */
export function shortcutOf(event: KeyboardEvent): Shortcut | null {
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || event.repeat) return null;
  if (event.composedPath().some(takesText)) return null;
  if (event.key >= '1' && event.key <= '9') return { kind: 'terminal', ordinal: Number(event.key) };
  return LETTERS[event.key.toLowerCase()] ?? null;
}

/** Ctrl+Shift+Space: the one key that a terminal does not get. */
export function leavesTerminal(event: KeyboardEvent): boolean {
  return event.ctrlKey && event.shiftKey && event.code === 'Space';
}

function takesText(target: EventTarget): boolean {
  if (target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' && target.type !== 'radio';
  return target instanceof HTMLElement && target.isContentEditable;
}
