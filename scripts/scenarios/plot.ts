// Draws one scenario as SVG, readable in light and in dark: the load in pods on their target, the size, the ready pods, what the metrics
// asked for, the size under the other spec beside, and what goes wrong as bands. Pure and the same for the same run.
import type { Moment, Played } from '../../src/simulator/play.ts';
import type { Result } from './files.ts';
import { incidentText } from './words.ts';

const WIDTH = 860;
const HEIGHT = 346;
const MARGIN = { top: 80, right: 16, bottom: 44, left: 52 };
const PLOT = { width: WIDTH - MARGIN.left - MARGIN.right, height: HEIGHT - MARGIN.top - MARGIN.bottom };
const BOTTOM = MARGIN.top + PLOT.height;

const STYLE = `text{fill:#1f2328}.small{fill:#57606a;font-size:12px}.grid{stroke:#d8dee4}.axis{stroke:#57606a}
.band{fill:#bf8700;fill-opacity:.16}.mark{stroke:#9a6700;stroke-dasharray:4 3}.incident{fill:#7d4e00;font-size:12px}
.load{fill:#57606a;fill-opacity:.18}.line{fill:none;stroke-linejoin:round}
.unclamped{stroke:#8250df;stroke-width:1.3;stroke-dasharray:2 2}.ready{stroke:#1a7f37;stroke-width:1.5}
.size{stroke:#0969da;stroke-width:2.5}.beside{stroke:#bc4c00;stroke-width:1.5;stroke-dasharray:6 3}
@media (prefers-color-scheme:dark){text{fill:#e6edf3}.small{fill:#9da7b3}.grid{stroke:#30363d}.axis{stroke:#9da7b3}
.band{fill:#d29922;fill-opacity:.2}.mark{stroke:#d29922}.incident{fill:#e3b341}.load{fill:#9da7b3;fill-opacity:.24}
.unclamped{stroke:#a371f7}.ready{stroke:#3fb950}.size{stroke:#58a6ff}.beside{stroke:#f0883e}}`;

interface Scale {
  readonly x: (seconds: number) => number;
  readonly y: (pods: number) => number;
  readonly end: number;
  readonly top: number;
}

/** Seconds and pods; a value holds until the next. */
type Steps = readonly (readonly [seconds: number, pods: number])[];

/** A whole document. */
export function plotOf({ scenario, runs }: Result): string {
  const { file, manifests, seconds: end } = scenario;
  const load: Steps = runs.itself.points.map((point) => [point.seconds, point.load / manifests.perPod]);
  const size = sizesOf(runs.itself);
  const beside = file.beside && sizesOf(runs.beside);
  const highest = Math.max(...[load, size, beside ?? []].flatMap((steps) => steps.map(([, pods]) => pods)));
  const top = Math.ceil(highest * 1.08);
  const scale: Scale = {
    x: (seconds) => round(MARGIN.left + (seconds / end) * PLOT.width),
    y: (pods) => round(BOTTOM - (Math.min(pods, top) / top) * PLOT.height),
    end,
    top,
  };
  const label = `${file.title}: load, size, ready pods and what the metrics asked for, over time.`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="14" role="img" aria-label="${escaped(label)}">`,
    `<style>${STYLE}</style>`,
    `<text x="${MARGIN.left}" y="20" font-weight="600">${escaped(file.title)}</text>`,
    ...legend(file.beside?.title),
    ...axes(scale),
    ...incidentsOf(scale, file.incidents),
    `<path class="load" d="${path(scale, load)}V${scale.y(0)}H${scale.x(0)}Z"/>`,
    line(scale, 'unclamped', askedFor(runs.itself)),
    ...(beside ? [line(scale, 'beside', beside)] : []),
    line(
      scale,
      'ready',
      runs.itself.points.map(({ seconds, ready }) => [seconds, ready]),
    ),
    line(scale, 'size', size),
    '</svg>',
    '',
  ].join('\n');
}

function sizesOf({ moments }: Played): Steps {
  return shown(moments).map(({ seconds, size }) => [seconds, size]);
}

/** What the metrics asked for before windows, rates and bounds; where they were missing the last one stands. */
function askedFor({ moments }: Played): Steps {
  return shown(moments).flatMap(({ seconds, decision: { unclampedReplicas } }) =>
    unclampedReplicas === undefined ? [] : [[seconds, unclampedReplicas] as const],
  );
}

function shown(moments: readonly Moment[]): readonly Moment[] {
  return moments.filter(({ seconds }) => seconds >= 0);
}

function line(scale: Scale, name: string, steps: Steps): string {
  return `<path class="line ${name}" d="${path(scale, steps)}"/>`;
}

/** Only where the place changes: a day has thousands of decisions. */
function path({ x, y, end }: Scale, steps: Steps): string {
  const [first, ...rest] = steps;
  if (first === undefined) return `M${x(0)} ${y(0)}`;
  let last = y(first[1]);
  let text = `M${x(first[0])} ${last}`;
  for (const [seconds, pods] of rest) {
    const place = y(pods);
    if (place === last) continue;
    text += `H${x(seconds)}V${place}`;
    last = place;
  }
  return `${text}H${x(end)}`;
}

function legend(beside: string | undefined): string[] {
  const entries: readonly (readonly [name: string, text: string, width: number])[] = [
    ['load', 'load, in pods on target', 178],
    ['size', 'size', 72],
    ['ready', 'ready', 80],
    ['unclamped', 'asked for', 102],
    ...(beside === undefined ? [] : [['beside', `size with ${beside}`, 0] as const]),
  ];
  let x = MARGIN.left;
  return entries.map(([name, text, width]) => {
    const at = x;
    x += width + 26;
    const sign =
      name === 'load'
        ? `<rect class="load" x="${at}" y="31" width="22" height="12"/>`
        : `<path class="line ${name}" d="M${at} 37h22"/>`;
    return `${sign}<text class="small" x="${at + 28}" y="41">${escaped(text)}</text>`;
  });
}

function axes({ x, y, end, top }: Scale): string[] {
  const minuteStep = [5, 10, 15, 30, 60, 120, 180, 240].find((minutes) => end / (minutes * 60) <= 12) ?? 1440;
  const inHours = minuteStep >= 60;
  const ticks = Array.from({ length: Math.floor(end / (minuteStep * 60)) + 1 }, (_, index) => index * minuteStep);
  const podStep = [1, 2, 5, 10, 20, 50, 100].find((pods) => top / pods <= 8) ?? 200;
  const rows = Array.from({ length: Math.floor(top / podStep) + 1 }, (_, index) => index * podStep);
  return [
    ...rows.map(
      (pods) =>
        `<path class="${pods === 0 ? 'axis' : 'grid'}" d="M${x(0)} ${y(pods)}H${x(end)}"/>` +
        `<text class="small" x="${x(0) - 8}" y="${y(pods) + 4}" text-anchor="end">${pods}</text>`,
    ),
    ...ticks.map(
      (minutes) =>
        `<path class="axis" d="M${x(minutes * 60)} ${BOTTOM}v5"/>` +
        `<text class="small" x="${x(minutes * 60)}" y="${BOTTOM + 18}" text-anchor="middle">${inHours ? minutes / 60 : minutes}</text>`,
    ),
    `<text class="small" x="${MARGIN.left + PLOT.width / 2}" y="${HEIGHT - 8}" text-anchor="middle">${inHours ? 'hours' : 'minutes'}</text>`,
    `<text class="small" transform="translate(14 ${MARGIN.top + PLOT.height / 2}) rotate(-90)" text-anchor="middle">pods</text>`,
  ];
}

function incidentsOf({ x }: Scale, incidents: Result['scenario']['file']['incidents']): string[] {
  return incidents.map((incident, index) => {
    const from = x(incident.from);
    const to = 'to' in incident ? x(incident.to) : from;
    // Two that are close do not write over each other.
    const before = incidents[index - 1];
    const isClose = before !== undefined && from - x(before.from) < 130;
    const labelY = MARGIN.top - 6 - (isClose ? 14 : 0);
    const sign =
      to > from
        ? `<rect class="band" x="${from}" y="${MARGIN.top}" width="${round(to - from)}" height="${PLOT.height}"/>`
        : `<path class="mark" d="M${from} ${MARGIN.top}V${BOTTOM}"/>`;
    const side = from > WIDTH * 0.85 ? ' text-anchor="end"' : '';
    return `${sign}<text class="incident" x="${from}" y="${labelY}"${side}>${escaped(incidentText(incident))}</text>`;
  });
}

function round(place: number): number {
  return Math.round(place * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
