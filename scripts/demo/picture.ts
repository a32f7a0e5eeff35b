// Draws what a run of the demo has seen as SVG: panels one above the other over one time, readable in light and in dark. Pure.
import type { Change, Point } from './record.ts';
import type { LoadStage } from './stages.ts';
import { clock } from './timeline.ts';

/** What a picture is made of; the points are in order of time. */
export interface Seen {
  readonly stages: readonly LoadStage[];
  readonly points: readonly Pick<Point, 'seconds' | 'load' | 'p99' | 'metrics' | 'size' | 'wanted' | 'ready'>[];
  readonly changes: readonly Pick<Change, 'seconds' | 'from' | 'to'>[];
}

type SeenPoint = Seen['points'][number];

interface Series {
  readonly name: string;
  readonly style: 'area' | 'line' | 'bound';
  /** A value stays until the next one: a size does, a rate is between. */
  readonly steps?: boolean;
  readonly value: (point: SeenPoint) => number | undefined;
}

interface Panel {
  readonly title: string;
  readonly series: readonly Series[];
  /** Marks each change of size. */
  readonly changes?: boolean;
}

export interface PictureOptions {
  readonly title: string;
  /** Seconds of the load that are shown. */
  readonly from: number;
  readonly to: number;
  readonly panels: readonly Panel[];
}

export const LOAD_PANEL: Panel = {
  title: 'requests per second',
  series: [{ name: 'load', style: 'area', steps: true, value: ({ load }) => load }],
};
export const CPU_PANEL: Panel = {
  title: 'CPU, % of the request',
  series: [
    { name: 'cpu', style: 'line', value: ({ metrics }) => percentOf(metrics, 1) },
    { name: 'target', style: 'bound', value: ({ metrics }) => percentOf(metrics, 2) },
  ],
};
export const LATENCY_PANEL: Panel = {
  title: 'p99, milliseconds',
  series: [{ name: 'p99', style: 'line', value: ({ p99 }) => p99 }],
};
export const PODS_PANEL: Panel = {
  title: 'pods',
  changes: true,
  series: [
    { name: 'ready', style: 'area', steps: true, value: ({ ready }) => ready },
    { name: 'desired', style: 'line', steps: true, value: ({ wanted }) => wanted },
  ],
};

/** Of `cpu: 51%/60%` the first or the second number; undefined where there was none, as in `cpu: <unknown>/60%`. */
function percentOf(metrics: string, part: 1 | 2): number | undefined {
  const found = /(\d+)%\/(\d+)%/.exec(metrics)?.[part] ?? (part === 2 ? /\/(\d+)%/.exec(metrics)?.[1] : undefined);
  return found === undefined ? undefined : Number(found);
}

const WIDTH = 860;
const PANEL = { height: 110, gap: 46 };
const MARGIN = { top: 62, right: 20, bottom: 44, left: 56 };
const MARK_WIDTH = 44;
const PLOT_WIDTH = WIDTH - MARGIN.left - MARGIN.right;

const STYLE = `
  text { fill: #1f2328; } .small { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; } .axis { stroke: #57606a; } .stage { fill: #57606a; fill-opacity: 0.08; }
  .area { fill: #57606a; fill-opacity: 0.28; } .line { fill: none; stroke: #0969da; stroke-width: 2; stroke-linejoin: round; }
  .bound { fill: none; stroke: #bc4c00; stroke-width: 1.5; stroke-dasharray: 5 4; } .change { fill: #0969da; font-size: 12px; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9da7b3; }
    .grid { stroke: #30363d; } .axis { stroke: #9da7b3; } .stage { fill: #9da7b3; fill-opacity: 0.12; }
    .area { fill: #9da7b3; fill-opacity: 0.34; } .line { stroke: #58a6ff; }
    .bound { stroke: #f0883e; } .change { fill: #58a6ff; }
  }`;

/** A whole document. */
export function draw(seen: Seen, options: PictureOptions): string {
  const { title, from, to, panels } = options;
  const height = MARGIN.top + panels.length * (PANEL.height + PANEL.gap) - PANEL.gap + MARGIN.bottom;
  const x = (seconds: number) => round(MARGIN.left + ((seconds - from) / (to - from)) * PLOT_WIDTH);
  const points = seen.points.filter(({ seconds }) => seconds >= from && seconds <= to);
  const shown = panels.map((panel, index) => {
    const top = MARGIN.top + index * (PANEL.height + PANEL.gap);
    return panelLines(panel, { seen: { ...seen, points }, x, top, from, to });
  });
  const names = panels.map((panel) => panel.title).join('; ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" role="img" aria-label="${title}: ${names} over time">`,
    `<style>${STYLE}\n</style>`,
    `<text x="${MARGIN.left}" y="22" font-weight="600">${title}</text>`,
    ...shown.flat(),
    ...timeAxis(x, { from, to, y: height - MARGIN.bottom }),
    '</svg>',
    '',
  ].join('\n');
}

interface Frame {
  readonly seen: Seen;
  readonly x: (seconds: number) => number;
  readonly top: number;
  readonly from: number;
  readonly to: number;
}

function panelLines(panel: Panel, { seen, x, top, from, to }: Frame): string[] {
  const values = panel.series.flatMap(({ value }) => seen.points.map(value)).filter((value) => value !== undefined);
  const step = niceStep(Math.max(1, ...values) / 3);
  const highest = Math.max(1, Math.ceil(Math.max(1, ...values) / step)) * step;
  const bottom = top + PANEL.height;
  const y = (value: number) => round(bottom - (value / highest) * PANEL.height);
  const rows = Array.from({ length: Math.round(highest / step) + 1 }, (_, index) => index * step);
  return [
    `<text class="small" x="${MARGIN.left}" y="${top - 10}">${panel.title}</text>`,
    ...legend(panel, top - 10),
    ...storms(seen.stages, { x, top, from, to }),
    ...rows.flatMap((row) => [
      `<path class="${row === 0 ? 'axis' : 'grid'}" d="M${MARGIN.left} ${y(row)}H${WIDTH - MARGIN.right}"/>`,
      `<text class="small" x="${MARGIN.left - 8}" y="${y(row) + 4}" text-anchor="end">${row}</text>`,
    ]),
    ...panel.series.map((series) => `<path class="${series.style}" d="${pathOf(series, seen.points, { x, y })}"/>`),
    ...(panel.changes ? changeMarks(seen, { x, y, from, to }) : []),
  ];
}

/** Grey behind what is above half of the highest rate, as the time-line calls it. */
function storms(
  stages: readonly LoadStage[],
  { x, top, from, to }: Pick<Frame, 'x' | 'top' | 'from' | 'to'>,
): string[] {
  let end = 0;
  return stages.flatMap(({ name, seconds }) => {
    const [left, right] = [Math.max(from, end), Math.min(to, end + seconds)];
    end += seconds;
    if (name !== 'storm' || right <= left) return [];
    return [
      `<rect class="stage" x="${x(left)}" y="${top}" width="${round(x(right) - x(left))}" height="${PANEL.height}"/>`,
    ];
  });
}

function legend({ series }: Panel, y: number): string[] {
  if (series.length < 2) return [];
  return series.flatMap(({ name, style }, index) => {
    const left = WIDTH - MARGIN.right - (series.length - index) * 110;
    const sign =
      style === 'area'
        ? `<rect class="area" x="${left}" y="${y - 9}" width="24" height="10"/>`
        : `<path class="${style}" d="M${left} ${y - 4}h24"/>`;
    return [sign, `<text class="small" x="${left + 30}" y="${y}">${name}</text>`];
  });
}

interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
}

/** A line is broken where nothing was measured: it never goes to zero for that. */
function pathOf({ style, steps, value }: Series, points: readonly SeenPoint[], { x, y }: Scale): string {
  const parts: { seconds: number; value: number }[][] = [[]];
  for (const point of points) {
    const found = value(point);
    if (found === undefined) parts.push([]);
    else parts.at(-1)?.push({ seconds: point.seconds, value: found });
  }
  return parts
    .filter((part) => part.length > 0)
    .map((part) => {
      const [first] = part;
      const line = part.map((at) => (steps ? `H${x(at.seconds)}V${y(at.value)}` : `L${x(at.seconds)} ${y(at.value)}`));
      const start = `${x(first?.seconds ?? 0)} ${y(first?.value ?? 0)}`;
      if (style !== 'area') return `M${start}${line.slice(1).join('')}`;
      return `M${x(first?.seconds ?? 0)} ${y(0)}V${y(first?.value ?? 0)}${line.slice(1).join('')}V${y(0)}Z`;
    })
    .join('');
}

/** Before a step up, after a step down: there the plot is empty. */
function changeMarks({ changes }: Seen, { x, y, from, to }: Scale & Pick<Frame, 'from' | 'to'>): string[] {
  return changes
    .filter(({ seconds }) => seconds >= from && seconds <= to)
    .map((change) => {
      const at = x(change.seconds);
      const isBefore = change.to > change.from && at - MARK_WIDTH > MARGIN.left;
      const isInside = at + MARK_WIDTH < WIDTH - MARGIN.right;
      const [place, anchor] = isBefore || !isInside ? [at - 4, 'end'] : [at + 4, 'start'];
      const height = y(Math.max(change.from, change.to)) - 5;
      return `<text class="change" x="${round(place)}" y="${height}" text-anchor="${anchor}">${change.from} → ${change.to}</text>`;
    });
}

function timeAxis(
  x: (seconds: number) => number,
  { from, to, y }: { readonly from: number; readonly to: number; readonly y: number },
): string[] {
  const step = to - from > 240 ? 60 : to - from > 100 ? 20 : 10;
  const first = Math.ceil(from / step) * step;
  const ticks = Array.from({ length: Math.floor((to - first) / step) + 1 }, (_, index) => first + index * step);
  return [
    ...ticks.flatMap((tick) => [
      `<path class="axis" d="M${x(tick)} ${y}v5"/>`,
      `<text class="small" x="${x(tick)}" y="${y + 19}" text-anchor="middle">${clock(tick)}</text>`,
    ]),
    `<text class="small" x="${(x(from) + x(to)) / 2}" y="${y + 38}" text-anchor="middle">minutes and seconds of the load</text>`,
  ];
}

/** 1, 2 or 5 times a power of ten, at least `step`. */
function niceStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 1)));
  return ([1, 2, 5, 10].find((factor) => factor * power >= step) ?? 10) * power;
}

const round = (place: number): number => Math.round(place * 10) / 10;
