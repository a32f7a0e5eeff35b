import { describe, expect, it } from 'vitest';
import { allowedSeconds, comparePair, type PairTimeLines, type TimeLine } from '../../../bench/twins/compare.ts';
import { autoscalerSpec, type Pair, PAIRS } from '../../../bench/twins/pairs.ts';
import { plotOf } from '../../../bench/twins/plot.ts';
import { faultsOf, tableOf } from '../../../bench/twins/report.ts';
import { FIRST_SIZE, LEAD_SECONDS, sizeFor, stairsOf } from '../../../bench/twins/stairs.ts';

const cpu = PAIRS.find(({ name }) => name === 'cpu') as Pair;
const requests = PAIRS.find(({ name }) => name === 'requests') as Pair;
/** Loads of 3.6 and 7.6 pods, 90 s each. */
const stairs = stairsOf(3);

/** From changes such as `[20, 4]`: seconds and size. */
function line(...changes: readonly (readonly [number, number])[]): TimeLine {
  return [[-LEAD_SECONDS, FIRST_SIZE] as const, ...changes].map(([seconds, size]) => ({ seconds, size }));
}

function compare(hpa: TimeLine, setpoint: TimeLine, pair = cpu) {
  return comparePair(pair, { hpa, setpoint }, stairs);
}

describe('stairs', () => {
  it('are as long as the minutes, one after the other, none shorter than 90 s', () => {
    for (const minutes of [1.5, 3, 10, 60]) {
      const all = stairsOf(minutes);
      expect(all[0]?.fromSeconds).toBe(0);
      expect(all.at(-1)?.toSeconds).toBeCloseTo(minutes * 60);
      for (const [index, { fromSeconds, toSeconds }] of all.entries()) {
        expect(toSeconds - fromSeconds).toBeGreaterThanOrEqual(90);
        expect(fromSeconds).toBeCloseTo(all[index - 1]?.toSeconds ?? 0);
      }
    }
    expect(stairsOf(10)).toHaveLength(6);
  });

  it('step up and down, by no more than twice the size, and never back to the size before within the tolerance', () => {
    const sizes = [FIRST_SIZE, ...stairsOf(60).map(({ load }) => sizeFor(load))];
    const steps = sizes.slice(1).map((size, index) => size - (sizes[index] ?? 0));
    expect(steps.some((step) => step > 0)).toBe(true);
    expect(steps.some((step) => step < 0)).toBe(true);
    for (const [index, { load }] of stairsOf(60).entries()) {
      const before = sizes[index] ?? 0;
      expect(sizeFor(load)).toBeLessThanOrEqual(2 * before);
      expect(Math.abs(load / before - 1)).toBeGreaterThan(0.15);
    }
  });
});

describe('the twins of a pair', () => {
  it('have the same spec but for the Deployment and the guards', () => {
    for (const pair of PAIRS) {
      const { guards, ...spec } = autoscalerSpec(pair, 'setpoint') as { guards: string; scaleTargetRef: object };
      expect(guards).toBe('Disabled');
      const hpa = autoscalerSpec(pair, 'hpa') as { scaleTargetRef: object };
      expect({ ...spec, scaleTargetRef: {} }).toEqual({ ...hpa, scaleTargetRef: {} });
      expect(spec.scaleTargetRef).not.toEqual(hpa.scaleTargetRef);
    }
  });
});

describe('the comparison', () => {
  it('tells sizes and seconds of each stair', () => {
    const results = compare(line([20, 4], [100, 6], [140, 8]), line([22, 4], [110, 8]));
    expect(results).toEqual([
      {
        stair: 1,
        load: 3.6,
        expected: 4,
        hpa: { sizes: [2, 4], seconds: 20 },
        setpoint: { sizes: [2, 4], seconds: 22 },
        differenceSeconds: 2,
        agrees: true,
      },
      {
        stair: 2,
        load: 7.6,
        expected: 8,
        hpa: { sizes: [4, 6, 8], seconds: 50 },
        setpoint: { sizes: [4, 8], seconds: 20 },
        differenceSeconds: 30,
        agrees: false,
      },
    ]);
  });

  it('allows one period, one resolution of the metric and one look', () => {
    expect([cpu, requests].map(allowedSeconds)).toEqual([26, 17]);
    const rest = [110, 8] as const;
    expect(compare(line([20, 4], rest), line([46, 4], rest))[0]?.agrees).toBe(true);
    expect(compare(line([20, 4], rest), line([46.5, 4], rest))[0]?.agrees).toBe(false);
    expect(compare(line([20, 4], rest), line([46, 4], rest), requests)[0]?.agrees).toBe(false);
  });

  it('does not agree on another size, be it of one or of both', () => {
    const good = line([20, 4], [110, 8]);
    const bad = line([20, 4], [110, 7]);
    expect(compare(good, good).map(({ agrees }) => agrees)).toEqual([true, true]);
    expect(compare(good, bad).map(({ agrees }) => agrees)).toEqual([true, false]);
    expect(compare(bad, good).map(({ agrees }) => agrees)).toEqual([true, false]);
    expect(compare(bad, bad).map(({ agrees }) => agrees)).toEqual([true, false]);
  });

  it('counts a change just at the end to the stair before, and one that never came as no change', () => {
    const [first, second] = compare(line([90, 4], [110, 8]), line([110, 8]));
    expect(first?.hpa).toEqual({ sizes: [2, 4], seconds: 90 });
    expect(first?.setpoint).toEqual({ sizes: [2], seconds: 0 });
    expect(second?.setpoint).toEqual({ sizes: [2, 8], seconds: 20 });
    expect(first?.agrees).toBe(false);
  });

  it('does not invent a size from before the first look', () => {
    expect(() => compare([{ seconds: 5, size: 4 }], line())).toThrow('no size is known 0 s');
  });
});

describe('the report', () => {
  const good = line([20, 4], [110, 8]);

  it('has a line for each stair, with loads in the unit of the metric', () => {
    const results = [cpu, requests].map((pair) => ({ pair, stairs: compare(good, good, pair) }));
    const lines = tableOf(results).split('\n');
    expect(lines).toHaveLength(2 + 4);
    expect(lines[2]).toBe('| cpu | 1 | 1.8 cores | 4 | 2 → 4 | 2 → 4 | 20.0 | 20.0 | 0.0 | 26 | agree |');
    expect(lines[5]).toContain('| requests | 2 | 760 requests/s | 8 |');
    expect(faultsOf(results)).toEqual([]);
  });

  it('names what does not agree', () => {
    const results = [{ pair: cpu, stairs: compare(good, line([20, 4], [150, 7])) }];
    expect(tableOf(results)).toContain('DIFFER');
    expect(faultsOf(results)).toEqual([
      'cpu, stair 2: HPA at 8, Setpoint at 7, expected 8; 40.0 s apart, 26 s allowed',
    ]);
  });
});

describe('the plot', () => {
  const lines: PairTimeLines = { hpa: line([20, 4], [110, 8]), setpoint: line([30, 4], [120, 8]) };

  it('draws a horizontal and a vertical stroke for each change, up to the end of the load', () => {
    const svg = plotOf(cpu, lines, stairs);
    const path = (name: string) => new RegExp(`<path class="${name}" d="(M[^"]*H[^"]*)"/>`).exec(svg)?.[1] ?? '';
    for (const name of ['hpa', 'setpoint']) expect(path(name)).toMatch(/^M56 [\d.]+(H[\d.]+V[\d.]+){2}H840$/);
    expect(path('hpa')).not.toBe(path('setpoint'));
    // 784 wide from the left edge to the right.
    const first = (name: string) => Number(/H([\d.]+)/.exec(path(name))?.[1]);
    expect(first('setpoint') - first('hpa')).toBeCloseTo((784 / (180 + LEAD_SECONDS)) * 10, 0);
    expect(path('hpa').match(/V([\d.]+)/g)).toEqual(path('setpoint').match(/V([\d.]+)/g));
  });

  it('shows each stair of the load and labels both axes', () => {
    const svg = plotOf(cpu, lines, stairs);
    expect(svg.match(/class="step"/g)).toHaveLength(stairs.length);
    const load = /<path class="load" d="([^"]*)"/.exec(svg)?.[1] ?? '';
    expect(load.match(/V/g)).toHaveLength(stairs.length + 2);
    for (const text of ['minutes since the start of the load', '>replicas<', '>HPA<', '>Setpoint<'])
      expect(svg).toContain(text);
    expect(svg).toContain('prefers-color-scheme: dark');
  });

  it('leaves out what is after the load, and needs no more than the sizes', () => {
    const late = { ...lines, hpa: [...lines.hpa, { seconds: 181, size: 3 }] };
    expect(plotOf(cpu, late, stairs)).toBe(plotOf(cpu, lines, stairs));
    expect(plotOf(cpu, { hpa: [], setpoint: [] }, stairs)).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('escapes the title', () => {
    expect(plotOf({ ...cpu, title: 'a < b & "c"' }, lines, stairs)).toContain('a &lt; b &amp; &quot;c&quot;');
  });
});
