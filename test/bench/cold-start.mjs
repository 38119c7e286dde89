// @ts-check
/** The built page in a real Chromium from a local server: time to the first output of a guest, and bytes on the wire. */
import { buildSite } from '../../scripts/build.mjs';
import { rootPath } from '../../scripts/support/paths.mjs';
import { hasBrowser, startBrowser } from '../web/support/browser.ts';
import { PlaygroundDriver, median } from '../web/support/playground.ts';
import { serveFolder } from '../web/support/static-server.ts';
import { formatMs, printNote, printRow } from './support/table.mjs';

const ROUNDS = 3;
const MAX_MS = 1000;
const MAX_BYTES = 2_000_000;
const KEYS = 30;

/** Loads the page with nothing cached. */
async function coldStart() {
  const server = await serveFolder(rootPath('dist/site'));
  const browser = await startBrowser();
  try {
    const page = await browser.context.newPage();
    const driver = new PlaygroundDriver(page);
    await page.goto(server.url, { waitUntil: 'commit' });
    const firstLineMs = await page.evaluate(async () => {
      const isShown = () => {
        const session = document.querySelector('stasis-page')?.shadowRoot?.querySelector('stasis-session');
        const terminal = session?.shadowRoot?.querySelector('stasis-terminal');
        return terminal !== null && terminal !== undefined && 'text' in terminal && /init: pid 1/.test(String(terminal.text));
      };
      while (!isShown()) await new Promise((resolve) => setTimeout(resolve, 4));
      return performance.now();
    });
    const execStartMs = performance.now();
    const pane = await driver.exec();
    const execMs = performance.now() - execStartMs;
    const sentBytes = [...server.sentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
    const echoMs = median(await driver.echoLatencies(pane, 'x', KEYS));
    return { firstLineMs, execMs, sentBytes, echoMs };
  } finally {
    await browser.close();
    await server.close();
  }
}

if (!hasBrowser) {
  printNote('no Chromium is installed: no cold start');
} else {
  await buildSite();
  /** @type {Awaited<ReturnType<typeof coldStart>>[]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await coldStart());
  /** @param {'firstLineMs' | 'execMs' | 'echoMs'} key */
  const best = (key) => Math.min(...rounds.map((round) => round[key]));
  const bytes = rounds[0]?.sentBytes ?? 0;
  printRow({ name: "cold start to init's first line", value: formatMs(best('firstLineMs')), target: `<= ${formatMs(MAX_MS)}`, isMet: best('firstLineMs') <= MAX_MS });
  printRow({ name: 'bytes on the wire, compressed', value: `${(bytes / 1000).toFixed(0)} kB`, target: `<= ${MAX_BYTES / 1000} kB`, isMet: bytes <= MAX_BYTES });
  const toPrompt = Math.min(...rounds.map((round) => round.firstLineMs + round.execMs));
  printRow({ name: "cold start to a shell's first prompt", value: formatMs(toPrompt), target: `<= ${formatMs(MAX_MS)}`, isMet: toPrompt <= MAX_MS });
  printRow({ name: 'from a click to an exec prompt', value: formatMs(best('execMs')), target: '', isMet: null });
  printRow({ name: 'from a key to its echo', value: `${formatMs(best('echoMs'))} (median of ${KEYS})`, target: '', isMet: null });
  printNote(`wall time, best of ${ROUNDS} loads, each with a browser profile of its own`);
}
