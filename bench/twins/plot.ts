// Draws a pair's time-lines over the load as SVG, readable in light and in dark. Pure.
import type { PairTimeLines, TimeLine } from './compare.ts';
import type { Pair } from './pairs.ts';
import { FIRST_LOAD, LEAD_SECONDS, type Stair } from './stairs.ts';

const WIDTH = 860;
const HEIGHT = 320;
const MARGIN = { top: 56, right: 20, bottom: 48, left: 56 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };

// The HPA's line is broad and pale, Setpoint's narrow on top of it: where they are one, both are seen.
const STYLE = `
  text { fill: #1f2328; } .small { fill: #57606a; font-size: 12px; }
  .grid { stroke: #d0d7de; stroke-width: 1; } .axis { stroke: #57606a; stroke-width: 1; } .step { stroke: #8c959f; stroke-dasharray: 2 4; }
  .load { fill: #57606a; fill-opacity: 0.16; }
  .hpa, .setpoint { fill: none; stroke-linejoin: round; }
  .hpa { stroke: #e16f24; stroke-opacity: 0.55; stroke-width: 7; } .setpoint { stroke: #0969da; stroke-width: 2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; } .small { fill: #9da7b3; }
    .grid { stroke: #30363d; } .axis { stroke: #9da7b3; } .step { stroke: #6e7681; }
    .load { fill: #9da7b3; fill-opacity: 0.22; }
    .hpa { stroke: #f0883e; } .setpoint { stroke: #58a6ff; }
  }`;

interface Scale {
  /** Seconds since the start of the load → place. */
  readonly x: (seconds: number) => number;
  /** Pods → place. */
  readonly y: (pods: number) => number;
}

/** A whole document. What is earlier in the time-lines than the plot is left out. */
export function plotOf(pair: Pair, lines: PairTimeLines, stairs: readonly Stair[]): string {
  const end = stairs.at(-1)?.toSeconds ?? 0;
  const from = -LEAD_SECONDS;
  const sizes = [...lines.hpa, ...lines.setpoint].map(({ size }) => size);
  const top = Math.max(1, ...sizes, ...stairs.map(({ load }) => Math.ceil(load))) + 1;
  const scale: Scale = {
    x: (seconds) => round(MARGIN.left + ((seconds - from) / (end - from)) * PLOT.width),
    y: (pods) => round(MARGIN.top + (1 - pods / top) * PLOT.height),
  };
  const title = pair.title.replaceAll('`', '');
  const label = `Replicas over time of the HPA and of Setpoint under the same load: ${title}.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" role="img" aria-label="${escaped(label)}">`,
    `<style>${STYLE}\n</style>`,
    `<text x="${MARGIN.left}" y="20" font-weight="600">${escaped(title)}</text>`,
    ...legend(),
    ...axes(scale, { from, end, top }),
    `<path class="load" d="${loadPath(scale, from, stairs)}"/>`,
    ...stairs.map(
      ({ fromSeconds }) =>
        `<path class="step" d="M${scale.x(fromSeconds)} ${MARGIN.top}V${MARGIN.top + PLOT.height}"/>`,
    ),
    `<path class="hpa" d="${linePath(scale, { from, end }, lines.hpa)}"/>`,
    `<path class="setpoint" d="${linePath(scale, { from, end }, lines.setpoint)}"/>`,
    '</svg>',
    '',
  ].join('\n');
}

function legend(): readonly string[] {
  const entry = (x: number, sign: string, text: string) => [
    sign,
    `<text class="small" x="${x + 32}" y="42">${text}</text>`,
  ];
  const line = (x: number, name: string) => `<path class="${name}" d="M${x} 38h26"/>`;
  const { left } = MARGIN;
  return [
    ...entry(left, line(left, 'hpa'), 'HPA'),
    ...entry(left + 80, line(left + 80, 'setpoint'), 'Setpoint'),
    ...entry(
      left + 184,
      `<rect class="load" x="${left + 184}" y="31" width="26" height="14"/>`,
      'load, as pods on their target',
    ),
  ];
}

function axes(
  { x, y }: Scale,
  { from, end, top }: { readonly from: number; readonly end: number; readonly top: number },
): readonly string[] {
  const [left, right, bottom] = [x(from), x(end), y(0)];
  const rows = Array.from({ length: top + 1 }, (_, pods) => pods);
  const minutes = Array.from({ length: Math.floor(end / 60) + 1 }, (_, minute) => minute);
  const middle = MARGIN.top + PLOT.height / 2;
  return [
    ...rows.flatMap((pods) => [
      `<path class="${pods === 0 ? 'axis' : 'grid'}" d="M${left} ${y(pods)}H${right}"/>`,
      `<text class="small" x="${left - 8}" y="${y(pods) + 4}" text-anchor="end">${pods}</text>`,
    ]),
    ...minutes.flatMap((minute) => [
      `<path class="axis" d="M${x(minute * 60)} ${bottom}v5"/>`,
      `<text class="small" x="${x(minute * 60)}" y="${bottom + 19}" text-anchor="middle">${minute}</text>`,
    ]),
    `<path class="axis" d="M${left} ${MARGIN.top}V${bottom}"/>`,
    `<text class="small" x="${(left + right) / 2}" y="${HEIGHT - 8}" text-anchor="middle">minutes since the start of the load</text>`,
    `<text class="small" transform="translate(16 ${middle}) rotate(-90)" text-anchor="middle">replicas</text>`,
  ];
}

function loadPath({ x, y }: Scale, from: number, stairs: readonly Stair[]): string {
  const steps = stairs.map(({ toSeconds, load }) => `V${y(load)}H${x(toSeconds)}`);
  return `M${x(from)} ${y(0)}V${y(FIRST_LOAD)}H${x(0)}${steps.join('')}V${y(0)}Z`;
}

/** What is before the plot is drawn from its edge on. */
function linePath({ x, y }: Scale, { from, end }: { readonly from: number; readonly end: number }, line: TimeLine) {
  const first = line.findLast(({ seconds }) => seconds <= from) ?? line[0];
  if (first === undefined) return '';
  const changes = line.filter(({ seconds }) => seconds > Math.max(from, first.seconds) && seconds <= end);
  const steps = changes.map(({ seconds, size }) => `H${x(seconds)}V${y(size)}`);
  return `M${x(Math.max(from, first.seconds))} ${y(first.size)}${steps.join('')}H${x(end)}`;
}

function round(place: number): number {
  return Math.round(place * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
