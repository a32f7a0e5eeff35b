// The live time-line and the summary as text. Pure: numbers in, lines out; colours only where the terminal has them.
import { styleText } from 'node:util';
import type { Change, Point, Summary } from './record.ts';

export interface Style {
  readonly colour: boolean;
}

type Colour = Parameters<typeof styleText>[0];

function paint(style: Style, colour: Colour, text: string): string {
  return style.colour ? styleText(colour, text, { validateStream: false }) : text;
}

export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return '–';
  return value >= 10_000
    ? `${(value / 1000).toFixed(0)} s`
    : value >= 1000
      ? `${(value / 1000).toFixed(1)} s`
      : `${value} ms`;
}

/** Pods as signs: serving, coming, and (wanted, not yet asked for) still to come. */
export function podSigns({ size, wanted, ready }: Pick<Point, 'size' | 'wanted' | 'ready'>): string {
  const serving = Math.min(ready, 24);
  const coming = Math.min(Math.max(0, size - ready), 24 - serving);
  const leaving = Math.min(Math.max(0, ready - size), serving);
  const ahead = Math.min(Math.max(0, wanted - Math.max(size, ready)), 24 - serving - coming);
  return '●'.repeat(serving - leaving) + '◌'.repeat(leaving) + '○'.repeat(coming) + '·'.repeat(ahead);
}

const COLUMNS: readonly [title: string, width: number][] = [
  ['time', 5],
  ['target', 8],
  ['stage', 6],
  ['load', 7],
  ['p50', 8],
  ['p99', 8],
  ['metric now/target', 22],
  ['now→want', 9],
];

export function heading(style: Style): string {
  const titles = COLUMNS.map(([title, width]) => title.padEnd(width)).join(' ');
  return paint(style, 'bold', `${titles} pods  ● ready  ○ starting  ◌ leaving`);
}

export function row(style: Style, name: string, point: Point): string {
  const sizes = point.wanted === point.size ? String(point.size) : `${point.size}→${point.wanted}`;
  const cells = [
    clock(point.seconds),
    name,
    point.stage,
    `${point.load}/s`,
    milliseconds(point.p50),
    milliseconds(point.p99),
    point.metrics,
    sizes,
  ];
  const text = cells.map((cell, index) => cell.padEnd(COLUMNS[index]?.[1] ?? 0)).join(' ');
  const stage = point.stage === 'storm' ? paint(style, 'yellow', text) : text;
  return `${stage} ${paint(style, 'green', podSigns(point))}`;
}

export function changeLine(style: Style, name: string, change: Change): string {
  const sign = change.to > change.from ? '▲' : '▼';
  const text = `${clock(change.seconds).padEnd(5)} ${name.padEnd(8)} ${sign} ${change.from} → ${change.to}  ${change.why}`;
  return paint(style, change.to > change.from ? 'cyan' : 'blue', text);
}

const seconds = (value: number | undefined): string => (value === undefined ? 'never' : `${Math.round(value)} s`);

export function summaryLines(style: Style, name: string, summary: Summary, changes: readonly Change[]): string[] {
  const saved = summary.peakPodSeconds > 0 ? Math.round((1 - summary.podSeconds / summary.peakPodSeconds) * 100) : 0;
  const verdict = summary.scaledIn
    ? paint(style, 'green', 'scaled out and back in')
    : paint(style, 'red', summary.scaledOut ? 'scaled out, but not back in' : 'did not scale out');
  return [
    paint(style, 'bold', `${name}: ${verdict}`),
    `  size          ${summary.first} → ${summary.peak} → ${summary.last}`,
    `  reaction      larger size written ${seconds(summary.reactionSeconds)} after the storm began, all ${summary.peak} ready after ${seconds(summary.peakReadySeconds)}`,
    `  pod-seconds   ${Math.round(summary.podSeconds)}, ${saved} % less than ${summary.peak} pods all the time`,
    `  requests      ${summary.requests} sent, ${summary.failed} failed; worst p99 ${milliseconds(summary.worstP99)}, at the end ${milliseconds(summary.lastP99)}`,
    '  decisions',
    ...(changes.length === 0
      ? ['    none']
      : changes.map((change) => `    ${changeLine({ colour: false }, '', change).replace(/\s+/, '  ')}`)),
  ];
}
