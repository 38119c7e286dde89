// @ts-check
/** Points and the lines through them, as SVG. */

/** @typedef {{ x: number, y: number }} Point */
/** @typedef {{ atZero: number, slope: number, r2: number }} Line */
/** @typedef {{ name: string, points: readonly Point[], line: Line }} Series */

const WIDTH = 720;
const HEIGHT = 440;
const MARGIN = { left: 70, right: 20, top: 50, bottom: 60 };
const COLORS = ['#0b6e99', '#b5451b', '#4d7c0f', '#6d28d9'];
const TICKS = 5;

/** Least squares. @param {readonly Point[]} points @returns {Line} */
export function fitLine(points) {
  const mean = (/** @type {(point: Point) => number} */ of) => points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  const varianceX = mean(({ x }) => (x - meanX) ** 2);
  const varianceY = mean(({ y }) => (y - meanY) ** 2);
  const covariance = mean(({ x, y }) => (x - meanX) * (y - meanY));
  const slope = covariance / varianceX;
  return { atZero: meanY - slope * meanX, slope, r2: varianceY === 0 ? 1 : covariance ** 2 / (varianceX * varianceY) };
}

/**
 * @param {{ title: string, xLabel: string, yLabel: string, series: readonly Series[] }} plot
 * @returns {string}  a whole SVG file
 */
export function drawPlot({ title, xLabel, yLabel, series }) {
  const all = series.flatMap(({ points }) => points);
  const stepX = niceStep(Math.max(...all.map(({ x }) => x)));
  const stepY = niceStep(Math.max(...all.map(({ y }) => y)));
  const [endX, endY] = [stepX * TICKS, stepY * TICKS];
  const x = (/** @type {number} */ value) => (MARGIN.left + (value / endX) * (WIDTH - MARGIN.left - MARGIN.right)).toFixed(1);
  const y = (/** @type {number} */ value) => (HEIGHT - MARGIN.bottom - (value / endY) * (HEIGHT - MARGIN.top - MARGIN.bottom)).toFixed(1);
  const text = (/** @type {string} */ content, /** @type {string} */ attributes) => `<text ${attributes}>${escaped(content)}</text>`;
  const parts = [text(title, `x="${WIDTH / 2}" y="24" text-anchor="middle" font-size="16"`)];
  for (let i = 0; i <= TICKS; i++) {
    parts.push(`<path d="M${x(i * stepX)} ${y(0)}V${y(endY)}M${x(0)} ${y(i * stepY)}H${x(endX)}" stroke="#ddd"/>`);
    parts.push(text(label(i * stepX), `x="${x(i * stepX)}" y="${HEIGHT - MARGIN.bottom + 18}" text-anchor="middle"`));
    parts.push(text(label(i * stepY), `x="${MARGIN.left - 8}" y="${y(i * stepY)}" text-anchor="end" dominant-baseline="middle"`));
  }
  parts.push(text(xLabel, `x="${WIDTH / 2}" y="${HEIGHT - 16}" text-anchor="middle"`));
  parts.push(text(yLabel, `x="18" y="${HEIGHT / 2}" text-anchor="middle" transform="rotate(-90 18 ${HEIGHT / 2})"`));
  for (const [i, { name, points, line }] of series.entries()) {
    const color = COLORS[i % COLORS.length];
    const last = Math.max(...points.map((point) => point.x));
    parts.push(`<path d="M${x(0)} ${y(Math.max(0, line.atZero))}L${x(last)} ${y(line.atZero + line.slope * last)}" stroke="${color}" fill="none"/>`);
    for (const point of points) parts.push(`<circle cx="${x(point.x)}" cy="${y(point.y)}" r="3.5" fill="${color}"/>`);
    parts.push(text(name, `x="${MARGIN.left + 12}" y="${MARGIN.top + 14 + i * 18}" fill="${color}"`));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#fff"/>\n${parts.join('\n')}\n</svg>\n`;
}

/** 1, 2, 2.5 or 5 times a power of ten, `TICKS` of which reach `end`. @param {number} end */
function niceStep(end) {
  const least = end > 0 ? end / TICKS : 1;
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 2.5, 5].find((factor) => factor * power >= least) ?? 10) * power;
}

/** @param {number} value */
function label(value) {
  return Number(value.toPrecision(6)).toLocaleString('en-US');
}

/** @param {string} text */
function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
