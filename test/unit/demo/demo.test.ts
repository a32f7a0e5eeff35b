import { describe, expect, it } from 'vitest';
import { askedStages, parseArguments } from '../../../scripts/demo/arguments.ts';
import { holdOf, type Point, summarize } from '../../../scripts/demo/record.ts';
import {
  DEFAULT_STAGES,
  lastAtLeast,
  lastLonger,
  parseStages,
  patienceSeconds,
  stageAt,
  stormStart,
  stretchTo,
  totalSeconds,
} from '../../../scripts/demo/stages.ts';
import {
  changeLine,
  heading,
  holdLine,
  layoutOf,
  podSigns,
  row,
  type Style,
  summaryLines,
} from '../../../scripts/demo/timeline.ts';

const stages = parseStages('10:8,20:60,30:8');
const plain: Style = { colour: false, ...layoutOf([{ name: 'web', metrics: 1 }]) };

function pointAt(seconds: number, partial: Partial<Point> = {}): Point {
  return {
    seconds,
    stage: 'calm',
    load: 8,
    failed: 0,
    p50: 50,
    p99: 90,
    metrics: 'cpu: 50%/60%',
    why: '',
    size: 2,
    wanted: 2,
    ready: 2,
    ...partial,
  };
}

describe('stages', () => {
  it('are read as seconds and rate, and named by their height', () => {
    expect(stages).toEqual([
      { name: 'calm', seconds: 10, rate: 8 },
      { name: 'storm', seconds: 20, rate: 60 },
      { name: 'calm', seconds: 30, rate: 8 },
    ]);
  });

  it.each(['', '10', '10:x', '0:5', '10:5,', '10:99999'])('refuse %j, saying how to write them', (text) => {
    expect(() => parseStages(text)).toThrow(/--load: ".*" is not a stage; write SECONDS:RATE/);
  });

  it('stretch, keep their shape, and lengthen the last', () => {
    expect(stretchTo(stages, 30).map((stage) => stage.seconds)).toEqual([5, 10, 15]);
    expect(totalSeconds(lastAtLeast(stages, 100))).toBe(130);
    expect(lastAtLeast(stages, 5)).toEqual(stages);
  });

  it('have patience with a size that has not come back, in a calm only', () => {
    expect(lastLonger(stages, patienceSeconds(stages)).at(-1)).toEqual({ name: 'calm', seconds: 270, rate: 8 });
    expect(patienceSeconds(parseStages('10:8,20:60'))).toBe(0);
  });

  it('know which one it is, and when the storm begins', () => {
    expect(stageAt(stages, 9.9)?.name).toBe('calm');
    expect(stageAt(stages, 10)?.rate).toBe(60);
    expect(stageAt(stages, 60)).toBeUndefined();
    expect(stormStart(stages)).toBe(10);
  });
});

describe('flags', () => {
  it('have defaults under four minutes', () => {
    expect(totalSeconds(askedStages(parseArguments([]), DEFAULT_STAGES))).toBeLessThan(200);
  });

  it('take a duration, a load, a file and keep', () => {
    const options = parseArguments(['--duration', '2m', '-f', 'mine.yaml', '--keep', '--load', '10:1,10:9']);
    expect(askedStages(options, DEFAULT_STAGES).map(({ seconds, rate }) => [seconds, rate])).toEqual([
      [60, 1],
      [60, 9],
    ]);
    expect(options).toMatchObject({ file: 'mine.yaml', keep: true });
  });

  it.each([
    [['--duration', 'soon'], '--duration: "soon"'],
    [['--duration', '5'], '--duration: "5"'],
    [['--lod', '1:1'], /^Unknown option '--lod'; npm run demo -- --help lists the flags$/],
  ])('refuse %j by name', (args, named) => {
    expect(() => parseArguments(args)).toThrow(named);
  });
});

describe('summary', () => {
  const run = [
    pointAt(5),
    pointAt(10),
    pointAt(14, { size: 2, load: 60, p99: 900 }),
    pointAt(16, { size: 6, ready: 2, load: 60, p99: 1500, failed: 3 }),
    pointAt(19, { size: 6, ready: 6, load: 60 }),
    pointAt(60, { size: 2, ready: 2 }),
  ];

  it('tells peak, reaction, pod-seconds and latency', () => {
    expect(summarize(run, stages)).toEqual({
      first: 2,
      peak: 6,
      last: 2,
      scaledOut: true,
      scaledIn: true,
      reactionSeconds: 6,
      peakReadySeconds: 9,
      holds: [],
      podSeconds: 10 + 10 + 8 + 4 + 18 + 82,
      peakPodSeconds: 360,
      requests: 8 + 8 + 60 + 60 + 60 + 8,
      failed: 3,
      worstP99: 1500,
      lastP99: 90,
    });
  });

  it('says when it did not come back, or never grew', () => {
    expect(summarize(run.slice(0, 5), stages)).toMatchObject({ scaledOut: true, scaledIn: false });
    expect(summarize(run.slice(0, 3), stages)).toMatchObject({
      scaledOut: false,
      scaledIn: false,
      reactionSeconds: undefined,
    });
  });

  it('tells how long a guard kept a size, and nothing else that did', () => {
    const doubt = 'cpu 13% of target: stays at 6, the guard VanishedLoad does not believe that the load is gone yet';
    const held = [
      ...run.slice(0, 5),
      pointAt(25, { size: 6, why: 'cpu 14% of target: stays at 6, held by the scale-down window' }),
      pointAt(30, { size: 6, why: doubt }),
      pointAt(40, { size: 6, why: doubt.replace('13%', '12%') }),
      pointAt(45, { size: 6, why: 'cpu 20% of target: stays at 6, held by the scale-down window' }),
      pointAt(50, { size: 6, why: doubt }),
      pointAt(60, { size: 2 }),
    ];
    const summary = summarize(held, stages);
    expect(summary.holds).toEqual([{ since: 30, seconds: 25, why: doubt.replace(/^.*6, /, '') }]);
    expect(summaryLines(plain, 'web', summary, [])).toContain(
      '  kept          25 s from 0:30 on: the guard VanishedLoad does not believe that the load is gone yet; see docs/differences-from-hpa.md',
    );
  });

  it('reads as sentences', () => {
    const text = summaryLines(plain, 'web', summarize(run, stages), [
      { seconds: 16, from: 2, to: 6, why: 'cpu 180% of 60%' },
    ]);
    expect(text.join('\n')).toContain('web: scaled out and back in');
    expect(text.join('\n')).toContain('larger size 6 s into the storm, all 6 ready 9 s into it');
    expect(text.join('\n')).toContain('0:16  ▲ 2 → 6  cpu 180% of 60%');
  });
});

describe('rows', () => {
  it('stand under their headings', () => {
    const line = row(plain, 'web', pointAt(65, { stage: 'storm', size: 4, wanted: 6, ready: 3, p99: 1200 }));
    expect(line).toContain('1:05');
    expect(line).toContain('1.2 s');
    expect(line.indexOf('4→6')).toBe(heading(plain).at(-1)?.indexOf('size'));
    const widest = { stage: 'storm', p50: 990, p99: 9900, metrics: 'cpu: 1740%/60%', size: 12, wanted: 12, ready: 12 };
    expect(row(plain, 'web', pointAt(6000, widest)).length).toBeLessThanOrEqual(80);
  });

  it('stand under their headings with long names and several metrics', () => {
    const name = 'checkout-in-a-long-name';
    const wide: Style = { colour: false, ...layoutOf([{ name, metrics: 2 }]) };
    const line = row(wide, name, pointAt(5, { metrics: 'cpu: 50%/60%, rps: 120/100', size: 7, wanted: 7 }));
    expect(line).toContain('checkout-in-a-long-… calm');
    expect(line.indexOf('7 ')).toBe(heading(wide).at(-1)?.indexOf('size'));
  });

  it('show pods as they are: serving, starting, leaving, still to come', () => {
    expect(podSigns({ size: 4, wanted: 6, ready: 2 })).toBe('●●○○··');
    expect(podSigns({ size: 2, wanted: 2, ready: 4 })).toBe('●●◌◌');
    expect(podSigns({ size: 400, wanted: 400, ready: 0 })).toHaveLength(24);
  });

  it('say what keeps a size, and nothing where it is what the load asks for', () => {
    const hold = holdOf(
      pointAt(40, { size: 12, why: 'cpu 15% of target: stays at 12, held by the scale-down window' }),
    );
    expect(holdLine(plain, 'web', hold ?? expect.fail())).toBe(
      '0:40  web    = 12  cpu 15% of target, held by the scale-down window',
    );
    expect(holdOf(pointAt(40, { why: 'stays at 2, no metrics returned' }))?.why).toBe('no metrics returned');
    for (const why of [
      'cpu 82% of target: stays at 2',
      'cpu 99% of target: stays at 2, within tolerance',
      'cpu 2: 2 → 4, x',
      '',
    ])
      expect(holdOf(pointAt(40, { why }))).toBeUndefined();
  });

  it('do not say the sizes of a change twice', () => {
    const why = 'cpu 15% of target: 12 → 7, no further within the scale-down window';
    expect(changeLine(plain, 'web', { seconds: 77, from: 12, to: 7, why })).toBe(
      '1:17  web    ▼ 12 → 7  cpu 15% of target, no further within the scale-down window',
    );
  });

  it('say why on a change', () => {
    expect(changeLine(plain, 'web', { seconds: 30, from: 4, to: 2, why: 'load fell' })).toMatch(
      /^0:30\s+web\s+▼ 4 → 2 {2}load fell$/,
    );
  });
});
