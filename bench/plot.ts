export interface Line {
  readonly name: string;
  readonly color: string;
  readonly points: readonly (readonly [number, number])[];
}

const [WIDTH, HEIGHT] = [640, 360];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 150, 40, 48];

/** Lines over a number of secrets, as an SVG that reads on light and dark pages alike. */
export function plot(title: string, unit: string, lines: readonly Line[]): string {
  const points = lines.flatMap((line) => line.points);
  const [maxX, maxY] = [Math.max(...points.map(([x]) => x)), niceCeiling(Math.max(...points.map(([, y]) => y)))];
  const x = (value: number) => LEFT + (value / maxX) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => HEIGHT - BOTTOM - (value / maxY) * (HEIGHT - TOP - BOTTOM);
  const text = (left: number, top: number, content: string, more = '') => `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}" ${more}>${content}</text>`;
  const grid = [0, 0.25, 0.5, 0.75, 1].map((share) => `<path d="M${LEFT} ${y(share * maxY).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8884"/>`
    + text(LEFT - 8, y(share * maxY) + 4, String(share * maxY), 'text-anchor="end"'));
  const ticks = [...new Set(points.map(([value]) => value))].filter((value) => value === 1 || value >= 50).map((value) => text(x(value), HEIGHT - BOTTOM + 18, String(value), 'text-anchor="middle"'));
  const drawn = lines.map(({ name, color, points: own }) => {
    const [lastX, lastY] = own.at(-1)!;
    return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${own.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(' ')}"/>`
      + own.map(([a, b]) => `<circle cx="${x(a).toFixed(1)}" cy="${y(b).toFixed(1)}" r="3" fill="${color}"/>`).join('')
      + text(x(lastX) + 8, y(lastY) + 4, name, `fill="${color}"`);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" fill="#888" role="img" aria-label="${title}">`,
    text(LEFT, 20, `${title}, ${unit}`, 'font-size="14"'), ...grid, ...ticks, text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, 'secrets in a stack', 'text-anchor="middle"'), ...drawn, '</svg>', '',
  ].join('\n');
}

function niceCeiling(value: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 4, 5, 8, 10].map((factor) => factor * magnitude).find((candidate) => candidate >= value)!;
}
