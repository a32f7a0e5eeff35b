// Colours of the page: whether text can be read on what it stands on (WCAG AA), and whether the lines of charts can be told apart,
// in both themes, also by those who do not see all colours.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const CSS = readFileSync(new URL('../../../../src/server/page/styles/theme.css', import.meta.url), 'utf8');

type Rgb = readonly [number, number, number];

function coloursOf(theme: 0 | 1): Map<string, Rgb> {
  const found = [...CSS.matchAll(/^\s+--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);$/gm)];
  return new Map(
    found.map(([, name = '', ...values]) => {
      const number = Number.parseInt((values[theme] ?? '').slice(1), 16);
      return [name, [number >> 16, (number >> 8) & 255, number & 255]];
    }),
  );
}

const linear = (part: number): number =>
  part <= 10.31475 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
const luminance = ([red, green, blue]: Rgb): number =>
  0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);

function contrast(one: Rgb, other: Rgb): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/** Text on what is behind it: 4.5 to 1. */
const TEXT: readonly [string, readonly string[]][] = [
  ['text', ['back', 'panel', 'raised', 'hover', 'chosen']],
  ['muted', ['back', 'panel', 'raised', 'hover']],
  ['accent', ['back', 'panel']],
  ['grave', ['panel', 'back', 'grave-back']],
  ['warn', ['warn-back']],
  ['up', ['panel', 'hover', 'chosen']],
  ['down', ['panel', 'hover', 'chosen']],
  ['banner-text', ['banner']],
];
/** Lines, signs and edges of controls: 3 to 1. */
const GRAPHICS: readonly [string, readonly string[]][] = [
  ['line-1', ['panel']],
  ['line-2', ['panel']],
  ['line-3', ['panel']],
  ['line-4', ['panel']],
  ['target-line', ['panel']],
  ['bound', ['panel']],
  ['mark', ['panel']],
  ['good', ['back']],
  ['control-edge', ['panel', 'back']],
];

/** Machado, Oliveira and Fernandes 2009, severity 1, on linear light. */
const SEEN_BY: Readonly<Record<string, readonly Rgb[]>> = {
  'all colours': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
};

/** CIE Lab. */
function lab(colour: Rgb, seenBy: readonly Rgb[]): Rgb {
  const light = colour.map(linear);
  const [red = 0, green = 0, blue = 0] = seenBy.map((row) =>
    Math.max(
      0,
      row.reduce((sum, weight, index) => sum + weight * (light[index] ?? 0), 0),
    ),
  );
  const curve = (part: number): number => (part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116);
  const x = curve((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047);
  const y = curve(0.2126 * red + 0.7152 * green + 0.0722 * blue);
  const z = curve((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('the %s theme', (_name, theme) => {
  const colours = coloursOf(theme);
  const colour = (name: string): Rgb => {
    const found = colours.get(name);
    if (!found) throw new Error(`theme.css has no --${name}`);
    return found;
  };
  const pairs = (list: typeof TEXT) => list.flatMap(([name, behind]) => behind.map((back) => [name, back] as const));

  it.each(pairs(TEXT))('text in --%s on --%s', (name, back) => {
    expect(contrast(colour(name), colour(back))).toBeGreaterThanOrEqual(4.5);
  });

  it.each(pairs(GRAPHICS))('graphics in --%s on --%s', (name, back) => {
    expect(contrast(colour(name), colour(back))).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.entries(SEEN_BY))('lines are told apart with %s', (_who, seenBy) => {
    const lines = ['line-1', 'line-2', 'line-3', 'line-4'].map((name) => lab(colour(name), seenBy));
    const distances = lines.flatMap((one, index) =>
      lines.slice(index + 1).map((other) => Math.hypot(...one.map((part, axis) => part - (other[axis] ?? 0)))),
    );
    // 2.3 can just be noticed side by side.
    expect(Math.min(...distances)).toBeGreaterThan(15);
  });
});
