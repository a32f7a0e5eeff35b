// The inside of a panel: lines, states and rows, each within its box. Pure.
import type { Series } from './live/ask.ts';
import { type Box, colourOf, escaped, numberText } from './picture-style.ts';

type Named = Series & { readonly name: string };

const LEGEND_LINE = 13;
const MAX_LEGENDS = 8;
const CHARACTER = 5.6;

/** Lines over time from zero, with the highest value and a legend. */
export function linesIn(
  box: Box,
  series: readonly Named[],
  { seconds, unit }: { readonly seconds: number; readonly unit: string },
): string {
  const legend = legendOf(box, series);
  const plot: Box = { ...box, height: box.height - legend.height };
  const values = series.flatMap(({ points }) => points.map(([, value]) => value).filter(Number.isFinite));
  const top = Math.max(...values, 0) || 1;
  const x = (at: number): number => Math.round(plot.x + (at / seconds) * plot.width);
  const y = (value: number): number => Math.round((plot.y + (1 - value / top) * plot.height) * 2) / 2;
  return [
    `<path class="grid" d="M${plot.x} ${plot.y}h${plot.width}M${plot.x} ${plot.y + plot.height}h${plot.width}"/>`,
    `<text class="small" x="${plot.x + plot.width}" y="${plot.y + 11}" text-anchor="end">${escaped(numberText(top, unit))}</text>`,
    ...series.map(({ points }, index) => `<path class="line ${colourOf(index)}" d="${pathOf(points, x, y)}"/>`),
    legend.text,
  ].join('');
}

/** A gap stays a gap; a value that stays is one stroke. */
function pathOf(points: Series['points'], x: (at: number) => number, y: (value: number) => number): string {
  const step = Math.min(...points.slice(1).map(([at], index) => at - (points[index]?.[0] ?? 0)));
  let [path, before, isOpen] = ['', Number.NEGATIVE_INFINITY, false];
  for (const [index, [at, value]] of points.entries()) {
    if (!Number.isFinite(value)) {
      isOpen = false;
      continue;
    }
    const isNext = isOpen && at - before <= step * 1.5;
    const isSame = isNext && points[index - 1]?.[1] === value && points[index + 1]?.[1] === value;
    if (!isSame) path += `${isNext ? 'L' : 'M'}${x(at)} ${y(value)}`;
    [before, isOpen] = [at, true];
  }
  return path;
}

function legendOf(box: Box, series: readonly Named[]): { readonly text: string; readonly height: number } {
  const shown = series.slice(0, MAX_LEGENDS);
  let [left, line] = [0, 0];
  const places = shown.map(({ name }) => {
    const width = 18 + name.length * CHARACTER;
    if (left > 0 && left + width > box.width) [left, line] = [0, line + 1];
    const place = { left, line };
    left += width + 8;
    return place;
  });
  const height = (line + 1) * LEGEND_LINE + 4;
  const begin = box.y + box.height - height + 14;
  const text = shown.map(({ name }, index) => {
    const { left: at = 0, line: row = 0 } = places[index] ?? {};
    const [x, y] = [Math.round(box.x + at), begin + row * LEGEND_LINE];
    return `<path class="line ${colourOf(index)}" d="M${x} ${y - 4}h10"/><text class="small" x="${x + 14}" y="${y}">${escaped(name)}</text>`;
  });
  return { text: text.join(''), height };
}

/** A bar for each series while it has a value: blue for 1, and as `zero` says for 0. */
export function statesIn(
  box: Box,
  series: readonly Named[],
  { seconds, zero }: { readonly seconds: number; readonly zero: 'bad' | 'off' },
): string {
  const height = Math.min(20, box.height / Math.max(1, series.length));
  const names = 130;
  return series
    .map(({ name, points }, index) => {
      const top = Math.round(box.y + index * height);
      const step = Math.min(...points.slice(1).map(([at], place) => at - (points[place]?.[0] ?? 0)), seconds);
      const scale = (box.width - names) / seconds;
      const spans = spansOf(points, step);
      const bars = spans.map(({ from, to, value }) => {
        const [left, width] = [Math.round(box.x + names + from * scale), Math.max(1, Math.round((to - from) * scale))];
        return `<rect class="${value === 0 ? zero : 'good'}" x="${left}" y="${top + 2}" width="${width}" height="${Math.round(height) - 4}"/>`;
      });
      return `<text class="small" x="${box.x}" y="${top + Math.round(height / 2) + 4}">${escaped(name)}</text>${bars.join('')}`;
    })
    .join('');
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

function spansOf(points: Series['points'], step: number): Span[] {
  const spans: Span[] = [];
  for (const [at, value] of points) {
    const last = spans.at(-1);
    if (last && last.value === value && at - last.to <= step * 0.5)
      spans[spans.length - 1] = { ...last, to: at + step };
    else spans.push({ from: at, to: at + step, value });
  }
  return spans;
}

/** The labels of each series and its last value. */
export function tableIn(box: Box, series: readonly Named[], unit: string): string {
  const rows = Math.floor(box.height / 15);
  return series
    .slice(0, rows)
    .map(({ labels, points }, index) => {
      const y = Math.round(box.y + 12 + index * 15);
      const { namespace, name, ...others } = labels;
      const text = [namespace, name, ...Object.values(others)].filter((word) => word !== undefined).join('  ');
      const value = numberText(points.at(-1)?.[1] ?? Number.NaN, unit);
      return `<text class="small" x="${box.x}" y="${y}">${escaped(text)}</text><text class="small" x="${box.x + box.width}" y="${y}" text-anchor="end">${escaped(value)}</text>`;
    })
    .join('');
}
