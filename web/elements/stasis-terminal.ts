/**
 * `<stasis-terminal>`: one xterm.js terminal.
 *
 * Properties in: `feed` (the bytes to draw), `label`, `isEnded` (greyed and deaf, still readable).
 * Events out: `terminal-input` (`Uint8Array` typed), `terminal-resize` (`TerminalSize`), `terminal-leave` (Ctrl+Shift+Space),
 * `terminal-late` (drew something although ended: its last words were still on their way).
 * For tests and copying: `text`, what the terminal holds, scrollback included.
 */

import { LitElement, css, html, unsafeCSS } from 'lit';
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import type { ITheme } from '@xterm/xterm';
import xtermCss from '@xterm/xterm/css/xterm.css?inline';
import type { TerminalSize } from '../../src/machine/api.ts';
import { leavesTerminal } from '../app/shortcuts.ts';
import type { TerminalFeed } from '../app/terminal-feed.ts';
import { onThemeChange } from '../app/theme.ts';

const SCROLLBACK_LINES = 2000;
/** A private operating system command by which `annotate` finds its own line again. */
const ANNOTATION_OSC = 7117;
/** What of an annotation is text of the terminal itself: little enough not to wrap when the pane gets narrow. */
const ANNOTATION_COLUMNS = 24;
const LINE_STAGGER_MS = 60;

export class StasisTerminal extends LitElement {
  static override properties = {
    feed: { attribute: false },
    label: { attribute: false },
    isEnded: { type: Boolean, reflect: true, attribute: 'ended' },
  };
  declare feed: TerminalFeed | null;
  declare label: string;
  declare isEnded: boolean;

  static override styles = [
    unsafeCSS(xtermCss),
    css`
      :host { display: block; min-width: 0; min-height: 0; overflow: hidden; background: var(--surface-term); cursor: text; }
      .screen { height: 100%; margin: 0 0 0 var(--s4); }
      .xterm .xterm-viewport { background: none; }
      .xterm .xterm-scrollable-element > .scrollbar.vertical > .slider { width: 5px !important; left: auto !important; right: 3px; border-radius: var(--radius); }
      .xterm-decoration { max-width: calc(100cqw - var(--s5)); overflow: hidden; }
      .gap {
        display: flex; height: 100%; align-items: center; gap: var(--s3); background: var(--surface-term); color: var(--ink-2);
        font: var(--text-s) / 1 var(--font-sans); white-space: nowrap;
      }
      .gap::after { content: ''; flex: 1; border-top: var(--hair) solid var(--line-strong); }
      @media (max-width: 600px) { .screen { margin-left: var(--s3); } }
    `,
  ];

  private readonly terminal = new Terminal({
    allowProposedApi: true, // decorations still count as proposed
    cursorBlink: false,
    cursorInactiveStyle: 'outline',
    scrollback: SCROLLBACK_LINES,
    minimumContrastRatio: 1,
    scrollOnUserInput: true,
    macOptionIsMeta: true,
  });
  /** Guests do not know it, so what stands over a line is always the page's word. */
  private readonly secret = `${crypto.getRandomValues(new Uint32Array(2)).join('-')};`;
  private readonly fit = new FitAddon();
  private readonly observer = new ResizeObserver(() => this.fitNow());
  private stopThemes: (() => void) | null = null;
  private isOpen = false;
  private isCtrlArmed = false;

  constructor() {
    super();
    this.feed = null;
    this.label = 'terminal';
    this.isEnded = false;
    this.terminal.loadAddon(this.fit);
    this.terminal.onData((text) => this.type(text));
    this.terminal.onBinary((text) => this.send(Uint8Array.from(text, (character) => character.charCodeAt(0))));
    this.terminal.onResize(({ cols, rows }) => this.emit<TerminalSize>('terminal-resize', { columns: cols, rows }));
    this.terminal.onWriteParsed(() => this.isEnded && this.dispatchEvent(new Event('terminal-late')));
    this.terminal.parser.registerOscHandler(ANNOTATION_OSC, (text) => this.overlay(text));
    this.terminal.attachCustomKeyEventHandler((event) => {
      if (!leavesTerminal(event)) return true;
      event.preventDefault();
      if (event.type === 'keydown') this.emit('terminal-leave', null);
      return false;
    });
  }

  /** All lines, the oldest first; wrapped lines joined, blanks at their ends and empty lines at the end left out. */
  get text(): string {
    const buffer = this.terminal.buffer.active;
    const lines: string[] = [];
    for (let y = 0; y < buffer.length; y++) {
      const line = buffer.getLine(y);
      if (line === undefined) continue;
      const text = line.translateToString(true);
      if (line.isWrapped && lines.length > 0) lines[lines.length - 1] += text;
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines.join('\n');
  }

  get size(): TerminalSize {
    return { columns: this.terminal.cols, rows: this.terminal.rows };
  }

  /** The last `countLines` lines that are not empty. */
  lastLines(countLines: number): string[] {
    return this.text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-countLines);
  }

  override focus(): void {
    this.terminal.focus();
  }

  /** The next key goes out with Ctrl; for keyboards that have none. */
  armCtrl(isArmed: boolean): void {
    this.isCtrlArmed = isArmed;
  }

  /** Sends a key by name as the terminal's mode wants it. */
  press(key: 'Escape' | 'Tab' | 'Up' | 'Down' | 'Left' | 'Right' | '|' | '/'): void {
    const lead = this.terminal.modes.applicationCursorKeysMode ? '\x1bO' : '\x1b[';
    const sequences = { Escape: '\x1b', Tab: '\t', Up: `${lead}A`, Down: `${lead}B`, Right: `${lead}C`, Left: `${lead}D`, '|': '|', '/': '/' };
    this.type(sequences[key]);
  }

  /**
   * A line of the page's own between two lines of the guest: "frozen 12 s, thawed as generation 2". It goes in where the output
   * written so far ends. Not while a full-screen program is up.
   */
  annotate(text: string): void {
    const { terminal } = this;
    if (terminal.buffer.active.type !== 'normal') return;
    const columns = terminal.cols;
    // A line of spaces wraps unless it began at the left edge; then the return leads to an empty line in both cases.
    const toFreshLine = `${' '.repeat(columns - 1)}\r\x1b[K`;
    terminal.write(`${toFreshLine}\x1b]${ANNOTATION_OSC};${this.secret}${text}\x07\x1b[2m${text.slice(0, ANNOTATION_COLUMNS)}\x1b[0m\r\n`);
  }

  /** The lines of a killed session go, from the bottom up; fulfilled when the last has gone. `signal` ends it early. */
  async dissolve(signal: AbortSignal): Promise<void> {
    const rows = [...(this.renderRoot.querySelector('.xterm-rows')?.children ?? [])].filter((row) => (row.textContent ?? '').trim() !== '');
    const total = durationOf(this, '--t-dissolve');
    if (rows.length === 0 || total === 0 || signal.aborted) return;
    const ash = getComputedStyle(this).getPropertyValue('--killed');
    const stagger = Math.min(LINE_STAGGER_MS, (total * 0.55) / rows.length);
    const animations = rows.toReversed().map((row, index) =>
      row.animate([{ opacity: 1 }, { opacity: 0, color: ash }], {
        duration: total * 0.4,
        delay: index * stagger,
        easing: 'cubic-bezier(.3, 0, .7, .2)',
        fill: 'both',
      }),
    );
    const finish = (): void => animations.forEach((animation) => animation.finish());
    signal.addEventListener('abort', finish, { once: true });
    await Promise.allSettled(animations.map((animation) => animation.finished));
    signal.removeEventListener('abort', finish);
    for (const animation of animations) animation.cancel();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.stopThemes = onThemeChange(() => this.dress());
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stopThemes?.();
    this.observer.disconnect();
    this.feed?.detach();
    // An element that is only moved is connected again before this runs.
    queueMicrotask(() => {
      if (!this.isConnected) this.terminal.dispose();
    });
  }

  override render(): unknown {
    return html`<div class="screen"></div>`;
  }

  override firstUpdated(): void {
    const screen = this.renderRoot.querySelector<HTMLElement>('.screen');
    if (screen === null) return;
    this.dress();
    this.terminal.open(screen);
    this.terminal.write('\x1b[?1047l'); // already so; xterm shows no cursor before its first focus without it
    this.isOpen = true;
    this.fitNow();
  }

  override updated(changed: Map<string, unknown>): void {
    if (changed.has('feed') && this.feed !== null) this.feed.attach((bytes, drawn) => this.terminal.write(bytes, drawn));
    if (changed.has('isEnded')) this.dress();
    if (changed.has('label')) this.terminal.textarea?.setAttribute('aria-label', `${this.label}; Ctrl+Shift+Space leaves it`);
  }

  /** Lays the words of an annotation over its line, in the page's own voice. */
  private overlay(command: string): boolean {
    if (!command.startsWith(this.secret)) return true;
    const text = command.slice(this.secret.length);
    const marker = this.terminal.registerMarker(0);
    const decoration = this.terminal.registerDecoration({ marker, width: this.terminal.cols - 1, layer: 'top' });
    decoration?.onRender((element) => {
      if (element.firstChild !== null) return;
      const line = document.createElement('div');
      line.className = 'gap';
      line.append(text);
      element.append(line);
    });
    return true;
  }

  private type(text: string): void {
    let typed = text;
    if (this.isCtrlArmed && text.length === 1) {
      typed = String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f);
      this.emit('terminal-ctrl-used', null);
    }
    this.send(new TextEncoder().encode(typed));
  }

  private send(bytes: Uint8Array): void {
    if (!this.isEnded) this.emit('terminal-input', bytes);
  }

  private emit<T>(name: string, detail: T): void {
    this.dispatchEvent(new CustomEvent<T>(name, { detail, bubbles: true, composed: true }));
  }

  /** Whole rows only; a terminal that is not shown keeps its size. */
  private fitNow(): void {
    if (!this.isOpen || this.offsetWidth === 0 || this.offsetHeight === 0) return;
    this.dressFont();
    this.fit.fit();
  }

  private dressFont(): void {
    const style = getComputedStyle(this);
    const isPhone = matchMedia('(max-width: 600px)').matches;
    const root = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const rem = parseFloat(style.getPropertyValue(isPhone ? '--text-s' : '--text-term'));
    this.terminal.options.fontSize = rem * root;
    this.terminal.options.fontFamily = style.getPropertyValue('--font-mono');
    this.terminal.options.lineHeight = 1.22;
  }

  /** Takes the theme's colours; an ended terminal has one, ash. */
  private dress(): void {
    const style = getComputedStyle(this);
    const role = (name: string): string => style.getPropertyValue(`--${name}`).trim();
    const ash = role('killed');
    const colour = (name: string): string => (this.isEnded ? ash : role(name));
    const theme: ITheme = {
      background: role('surface-term'),
      foreground: colour('term-fg'),
      cursor: this.isEnded ? role('surface-term') : role('term-cursor'),
      cursorAccent: role('surface-term'),
      selectionBackground: role('term-selection'),
      scrollbarSliderBackground: role('line-strong'),
      scrollbarSliderHoverBackground: role('edge'),
      scrollbarSliderActiveBackground: role('edge'),
      black: colour('term-0'), red: colour('term-1'), green: colour('term-2'), yellow: colour('term-3'),
      blue: colour('term-4'), magenta: colour('term-5'), cyan: colour('term-6'), white: colour('term-7'),
      brightBlack: colour('term-8'), brightRed: colour('term-9'), brightGreen: colour('term-10'), brightYellow: colour('term-11'),
      brightBlue: colour('term-12'), brightMagenta: colour('term-13'), brightCyan: colour('term-14'), brightWhite: colour('term-15'),
    };
    this.terminal.options.theme = theme;
    this.terminal.options.disableStdin = this.isEnded;
    this.terminal.options.cursorInactiveStyle = this.isEnded ? 'none' : 'outline';
    this.dressFont();
  }
}

/** A token of time, in ms. */
function durationOf(element: Element, name: string): number {
  const text = getComputedStyle(element).getPropertyValue(name).trim();
  const value = parseFloat(text) * (text.endsWith('ms') ? 1 : 1000);
  return Number.isFinite(value) ? value : 0;
}

customElements.define('stasis-terminal', StasisTerminal);
