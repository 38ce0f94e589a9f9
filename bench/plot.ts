export interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

export interface Limit {
  readonly name: string;
  readonly value: number;
}

interface Axis {
  /** The position of a value on the axis, from 0 to 1. */
  readonly share: (value: number) => number;
  /** The values with a label. */
  readonly places: readonly number[];
}

const [WIDTH, HEIGHT] = [640, 360];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 150, 40, 48];

/** Lines over a number of secrets, as an SVG for light and dark pages. */
export function plot(title: string, unit: string, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points);
  const [maxX, maxY] = [Math.max(...points.map(([x]) => x)), niceCeiling(Math.max(...points.map(([, y]) => y)))];
  const places = [...new Set(points.map(([value]) => value))].filter((value) => value === 1 || value >= 50);
  return draw(title, unit, 'secrets in a stack', lines, { share: (value) => value / maxX, places }, {
    share: (value) => value / maxY,
    places: [0, 0.25, 0.5, 0.75, 1].map((share) => share * maxY),
  });
}

/** The same with two logarithmic axes, and a limit to compare the lines with. All values lie between two powers of ten. */
export function logarithmicPlot(title: string, unit: string, xTitle: string, lines: readonly Line[], limit: Limit): string {
  const axis = (values: readonly number[]): Axis => {
    const first = Math.floor(Math.log10(Math.min(...values)));
    const last = Math.ceil(Math.log10(Math.max(...values)));
    return {
      share: (value) => (Math.log10(value) - first) / (last - first),
      places: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
    };
  };
  const points = lines.flatMap((line) => line.points);
  return draw(title, unit, xTitle, lines, axis(points.map(([x]) => x)), axis([limit.value, ...points.map(([, y]) => y)]), limit);
}

function draw(title: string, unit: string, xTitle: string, lines: readonly Line[], xAxis: Axis, yAxis: Axis, limit?: Limit): string {
  const x = (value: number) => LEFT + xAxis.share(value) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - yAxis.share(value) * (HEIGHT - TOP - BOTTOM);
  const text = (left: number, top: number, content: string, more = '') => `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${more}>${content}</text>`;
  const grid = yAxis.places.map((value) => `<path d="M${LEFT} ${y(value).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8884"/>`
    + text(LEFT - 8, y(value) + 4, String(value), 'text-anchor="end"'));
  const ticks = xAxis.places.map((value) => text(x(value), HEIGHT - BOTTOM + 18, String(value), 'text-anchor="middle"'));
  const limits = limit ? [`<path d="M${LEFT} ${y(limit.value).toFixed(1)}H${WIDTH - RIGHT}" stroke="#c35" stroke-dasharray="6 4"/>`
    + text(LEFT + 8, y(limit.value) - 6, limit.name, 'fill="#c35"')] : [];
  const drawn = lines.map(({ name, color, points: own }) => {
    const [lastX, lastY] = own.at(-1)!;
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${own.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ')}"/>`
      + own.map(([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="${color}"/>`).join('')
      + text(x(lastX) + 8, y(lastY) + 4, name, `fill="${color}"`);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#888" role="img" aria-label="${title}">`,
    text(LEFT, 20, `${title}, ${unit}`, 'font-size="14"'), ...grid, ...ticks, text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, xTitle, 'text-anchor="middle"'), ...limits, ...drawn, '</svg>', '',
  ].join('\n');
}

function niceCeiling(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= value)!;
}
