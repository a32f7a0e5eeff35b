// Pictures of a run: what is drawn for what was seen, and that those of the docs are drawn from the run that is kept beside them.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { picturesOf } from '../../../scripts/load-test-pictures.ts';
import { CPU_PANEL, draw, LOAD_PANEL, PODS_PANEL, type Seen } from '../../../scripts/demo/picture.ts';
import { parseStages } from '../../../scripts/demo/stages.ts';

const read = (name: string) => readFileSync(new URL(`../../../docs/img/${name}`, import.meta.url), 'utf8');

function seenWith(...points: Partial<Seen['points'][number]>[]): Seen {
  const whole = points.map((point, index) => ({
    seconds: index,
    load: 8,
    p99: 90,
    metrics: 'cpu: 50%/60%',
    size: 2,
    wanted: 2,
    ready: 2,
    ...point,
  }));
  return { stages: parseStages('2:8,2:40'), points: whole, changes: [{ seconds: 2, from: 2, to: 6 }] };
}

const options = { title: 'A run', from: 0, to: 4 };
/** The last of its style: those before stand in the legend. */
const pathOf = (svg: string, style: string) =>
  [...svg.matchAll(new RegExp(`<path class="${style}" d="([^"]*)"`, 'g'))].at(-1)?.[1];

describe('a picture', () => {
  const seen = seenWith({}, { metrics: 'cpu: <unknown>/60%' }, { load: 40, wanted: 6 }, { size: 6, wanted: 6 }, {});

  it('has a panel for each thing, the storm behind it, and each change of size', () => {
    const svg = draw(seen, { ...options, panels: [LOAD_PANEL, PODS_PANEL] });
    expect(svg).toContain('aria-label="A run: requests per second; pods over time"');
    expect(svg.match(/<rect class="stage"/g)).toHaveLength(2);
    expect(svg).toContain('>2 → 6</text>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('breaks a line where nothing was measured, but keeps its target', () => {
    const svg = draw(seen, { ...options, panels: [CPU_PANEL] });
    expect(pathOf(svg, 'line')?.match(/M/g)).toHaveLength(2);
    expect(pathOf(svg, 'bound')?.match(/M/g)).toHaveLength(1);
  });

  it('shows a part of the time only', () => {
    const svg = draw(seen, { ...options, from: 3, panels: [PODS_PANEL] });
    expect(svg).not.toContain('2 → 6');
    expect(draw(seen, { ...options, from: 90, to: 99, panels: [PODS_PANEL] })).not.toMatch(/NaN|undefined|Infinity/);
  });
});

describe('the pictures of docs/load-test.md', () => {
  it('are drawn from the run that is kept, which went out and came back', () => {
    const seen = JSON.parse(read('load-test.json')) as Seen;
    for (const [name, picture] of Object.entries(picturesOf(seen))) expect(read(name), name).toBe(picture);
    const sizes = seen.points.map(({ size }) => size);
    expect(Math.max(...sizes)).toBeGreaterThan(sizes.at(-1) ?? 0);
  });
});
