// The live time-line and the summary as text. Pure: numbers in, lines out; colours only where the terminal has them.
import { styleText } from 'node:util';
import type { Change, GuardHold, Hold, Point, Summary } from './record.ts';

export interface Style {
  readonly colour: boolean;
  /** Columns of the longest name, and of the most metrics a target has: see {@link layoutOf}. */
  readonly nameWidth: number;
  readonly metricsWidth: number;
}

type Colour = Parameters<typeof styleText>[0];

function paint(style: Style, colour: Colour, text: string): string {
  return style.colour ? styleText(colour, text, { validateStream: false }) : text;
}

export function clock(seconds: number): string {
  const whole = Math.round(seconds);
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

/** Pods as signs: serving, leaving, coming, and (wanted, not yet asked for) still to come. */
export function podSigns({ size, wanted, ready }: Pick<Point, 'size' | 'wanted' | 'ready'>): string {
  const serving = Math.min(ready, 24);
  const coming = Math.min(Math.max(0, size - ready), 24 - serving);
  const leaving = Math.min(Math.max(0, ready - size), serving);
  const ahead = Math.min(Math.max(0, wanted - Math.max(size, ready)), 24 - serving - coming);
  return '●'.repeat(serving - leaving) + '◌'.repeat(leaving) + '○'.repeat(coming) + '·'.repeat(ahead);
}

/** Names beyond this are cut: a row of the demo's own targets fits 80 columns. */
const LONGEST_NAME = 20;

/** How wide the columns are that depend on what is shown. */
export function layoutOf(
  targets: readonly { readonly name: string; readonly metrics: number }[],
): Pick<Style, 'nameWidth' | 'metricsWidth'> {
  const names = targets.map(({ name }) => Math.min(name.length, LONGEST_NAME));
  // `cpu: 174%/60%`, and at most three of them.
  const metrics = Math.min(3, Math.max(1, ...targets.map((target) => target.metrics)));
  return { nameWidth: Math.max(6, ...names), metricsWidth: 15 + 18 * (metrics - 1) };
}

function shortName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
}

function columns(cells: readonly string[], { nameWidth, metricsWidth }: Style): string {
  const widths = [5, nameWidth, 5, 6, 6, 6, metricsWidth, 5];
  return cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(' ');
}

export function heading(style: Style): string[] {
  const titles = ['time', 'target', 'stage', 'load', 'p50', 'p99', 'metric/target', 'size', 'pods'];
  return [
    '▲ ▼ a change of size, = what keeps a size; ● ready ○ starting ◌ leaving pods',
    paint(style, 'bold', columns(titles, style)),
  ];
}

export function row(style: Style, name: string, point: Point): string {
  const sizes = point.wanted === point.size ? String(point.size) : `${point.size}→${point.wanted}`;
  const cells = [
    clock(point.seconds),
    shortName(name),
    point.stage,
    `${point.load}/s`,
    milliseconds(point.p50),
    milliseconds(point.p99),
    point.metrics,
    sizes,
  ];
  const text = columns(cells, style);
  const stage = point.stage === 'storm' ? paint(style, 'yellow', text) : text;
  return `${stage} ${paint(style, 'green', podSigns(point))}`;
}

export function changeLine(style: Style, name: string, change: Change): string {
  const line = `${clock(change.seconds).padEnd(5)} ${shortName(name).padEnd(style.nameWidth)} ${changeText(change)}`;
  return paint(style, change.to > change.from ? 'cyan' : 'blue', line);
}

export function holdLine(style: Style, name: string, { seconds: at, size, why }: Hold): string {
  return paint(style, 'dim', `${clock(at).padEnd(5)} ${shortName(name).padEnd(style.nameWidth)} = ${size}  ${why}`);
}

/** `goesOn`: whether the load does, or has ended. */
export function notBackYet(patience: number, goesOn: boolean): string {
  const what = goesOn ? 'the calm goes on until it is' : 'the load has ended, and the demo waits until it is';
  return `The size is not back yet: ${what}, ${patience} s at most.`;
}

/** The sizes stand in front, so the reason need not repeat them. */
function changeText({ from, to, why }: Change): string {
  return `${to > from ? '▲' : '▼'} ${from} → ${to}  ${why.replace(`: ${from} → ${to}`, '')}`;
}

/** A guard that keeps a size means well: the summary says how long it did, and the document why. */
function holdText({ since, seconds: length, why }: GuardHold): string {
  return `  kept          ${seconds(length)} from ${clock(since)} on: ${why}; see docs/differences-from-hpa.md`;
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
    `  reaction      larger size ${seconds(summary.reactionSeconds)} into the storm, all ${summary.peak} ready ${seconds(summary.peakReadySeconds)} into it`,
    ...summary.holds.map(holdText),
    `  pod-seconds   ${Math.round(summary.podSeconds)}, ${saved} % less than ${summary.peak} pods all the time`,
    `  requests      ${summary.requests} sent, ${summary.failed} failed; worst p99 ${milliseconds(summary.worstP99)}, at the end ${milliseconds(summary.lastP99)}`,
    '  decisions',
    ...(changes.length === 0
      ? ['    none']
      : changes.map((change) => `    ${clock(change.seconds)}  ${changeText(change)}`)),
  ];
}
