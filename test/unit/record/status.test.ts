import { beforeEach, describe, expect, it } from 'vitest';
import { type ScaledTargetStatus, statusSchema } from '../../../src/api/schema-status.ts';
import type { Metric } from '../../../src/api/spec.ts';
import type { Decision } from '../../../src/decide/types.ts';
import { recordOf } from '../../../src/record/decision-record.ts';
import { type CycleStory, nextStatus } from '../../../src/record/status.ts';
import { compareStatus, OTHER_WORDS } from '../../../src/record/status-diff.ts';
import { decision } from '../../support/decisions.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

const AT = Date.UTC(2026, 0, 1, 12);
const quiet: CycleStory = {
  target: target(),
  decision: decision(),
  conditions: decision().conditions,
  scaleEvents: { up: [], down: [] },
  rescaled: false,
  why: 'cpu is within tolerance',
  record: undefined,
  now: AT,
};
/** With the record of its decision, as a cycle makes it. */
const next = (previous: unknown, cycle: CycleStory) =>
  nextStatus(previous, {
    ...cycle,
    record:
      cycle.decision &&
      recordOf({
        decision: cycle.decision,
        metrics: cycle.target.spec?.metrics ?? [],
        outcome: { kind: cycle.rescaled ? 'written' : 'none' },
        error: cycle.decision.error,
        cycle: { id: '4-1', epoch: 4 },
        readyPods: undefined,
        leadTimeMs: undefined,
        now: cycle.now,
      }),
  });
const story = (changes: Partial<CycleStory> = {}): CycleStory => ({ ...quiet, ...changes });
const decided = (changes: Partial<Decision>, more: Partial<CycleStory> = {}) => {
  const made = decision(changes);
  return story({ decision: made, conditions: made.conditions, ...more });
};

describe('nextStatus', () => {
  it.each(['half of a pair: \ud83d', 'x'.repeat(1020) + '🙂'.repeat(3)])(
    'has no half characters, which the API server would replace: %s',
    (why) => {
      const status = next(undefined, story({ why }));
      const shown = JSON.parse(Buffer.from(JSON.stringify(status)).toString()) as ScaledTargetStatus;
      expect([shown.summary?.why?.isWellFormed(), statusSchema.safeParse(shown).success]).toEqual([true, true]);
    },
  );

  it('tells the whole story of a size', () => {
    const rps = prometheus('sum(rate(http_requests_total[2m]))');
    const status = next(undefined, {
      ...quiet,
      target: target({ generation: 7, spec: spec({ metrics: [CPU, rps] }) }),
      rescaled: true,
      why: 'cpu asks for more',
      scaleEvents: {
        up: [{ change: 3, atMs: AT, outdated: false }],
        down: [{ change: 1, atMs: AT - 60_500, outdated: true }],
      },
      decision: decision({
        currentReplicas: 3,
        desiredReplicas: 6,
        statusDesiredReplicas: 6,
        unclampedReplicas: 8,
        earliestScaleDownAtMs: AT + 300_000,
        proposals: [
          {
            ...decision().proposals[0]!,
            replicas: 8,
            ratio: 146 / 60,
            status: { name: 'cpu', averageUtilization: 146, averageValueMilli: 730n, sampleAtMs: AT - 12_000 },
          },
          {
            name: 'rps',
            replicas: undefined,
            rawReplicas: undefined,
            ratio: undefined,
            status: undefined,
            mayLower: false,
            guards: [],
            steps: [],
            failure: { reason: 'FailedGetPrometheusMetric', message: 'no answer' },
          },
        ],
        currentMetrics: [
          { name: 'cpu', averageUtilization: 146, averageValueMilli: 730n, sampleAtMs: AT - 12_000 },
          undefined,
        ],
        steps: [{ stage: 'rate', before: 8, after: 6, reason: 'ScaleUpLimit', detail: 'at most 6 within 15 s' }],
      }),
    });
    expect(status).toEqual({
      observedGeneration: 7,
      currentReplicas: 3,
      desiredReplicas: 6,
      lastScaleTime: '2026-01-01T12:00:00Z',
      currentMetrics: [
        {
          type: 'Resource',
          name: 'cpu',
          sampleTime: '2026-01-01T11:59:48Z',
          resource: { name: 'cpu', current: { averageUtilization: 146, averageValue: '730m' } },
        },
        { type: '', name: 'rps' },
      ],
      conditions: decision().conditions.map((condition) => ({
        ...condition,
        observedGeneration: 7,
        lastTransitionTime: '2026-01-01T12:00:00Z',
      })),
      lastDecision: {
        time: '2026-01-01T12:00:00Z',
        cycle: '4-1',
        epoch: 4,
        currentReplicas: 3,
        desiredReplicas: 6,
        unclampedReplicas: 8,
        winner: 'cpu',
        metrics: [
          {
            name: 'cpu',
            value: '146%',
            target: '60%',
            sampleTime: '2026-01-01T11:59:48Z',
            ageSeconds: 12,
            ratio: '2.43333',
            proposal: 8,
            rawProposal: 3,
            verdict: 'Winner',
          },
          { name: 'rps', target: '100', verdict: 'FailedGetPrometheusMetric', detail: 'no answer' },
        ],
        steps: [{ stage: 'rate', before: 8, after: 6, reason: 'ScaleUpLimit', detail: 'at most 6 within 15 s' }],
        outcome: 'Written',
        earliestScaleDown: '2026-01-01T12:05:00Z',
      },
      scaleEvents: { up: [{ change: 3, time: '2026-01-01T12:00:00.000Z' }], down: [] },
      history: [{ time: '2026-01-01T12:00:00Z', from: 3, to: 6, reason: 'cpu asks for more', cycle: '4-1' }],
      summary: { target: 'Deployment/web', metrics: 'cpu: 146%/60%, rps: <unknown>/100', why: 'cpu asks for more' },
    });
    expect(statusSchema.parse(status)).toEqual(status);
  });

  it('moves a transition time only when the status of the condition changes', () => {
    const first = next(undefined, quiet);
    const later = AT + 60_000;
    const [able, active, limited] = decision().conditions;
    const second = next(first, {
      ...decided({
        conditions: [{ ...able!, reason: 'SucceededRescale', message: 'x' }, { ...active!, status: 'False' }, limited!],
      }),
      now: later,
    });
    expect(second.conditions?.map(({ lastTransitionTime }) => lastTransitionTime)).toEqual([
      '2026-01-01T12:00:00Z',
      '2026-01-01T12:01:00Z',
      '2026-01-01T12:00:00Z',
    ]);
  });

  it('keeps the last ten changes and the last scale time', () => {
    let status: ScaledTargetStatus | undefined;
    for (let change = 1; change <= 12; change++) {
      status = next(status, {
        ...decided({ currentReplicas: change, desiredReplicas: change + 1 }, { rescaled: true }),
        now: AT + change * 60_000,
      });
    }
    expect(status?.history?.map(({ to }) => to)).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
    const previous = { conditions: [], lastScaleTimeMs: AT + 12 * 60_000, scaleEvents: { up: [], down: [] } };
    const quietLater = next(status, story({ target: target({ previous }), now: AT + 3_600_000 }));
    expect([quietLater.lastScaleTime, quietLater.history?.length]).toEqual(['2026-01-01T12:12:00Z', 10]);
  });

  it('keeps what the last decision said when nothing could be decided', () => {
    const before = next(undefined, quiet);
    const failed = next(before, {
      ...quiet,
      decision: undefined,
      why: 'the scale could not be read',
    });
    expect(failed.lastDecision).toEqual(before.lastDecision);
    expect(failed.currentMetrics).toEqual(before.currentMetrics);
    expect(failed.summary).toEqual({ ...before.summary, why: 'the scale could not be read' });
  });

  it('B32: makes a valid status from a hand-edited one', () => {
    for (const previous of [
      null,
      7,
      'x',
      [],
      { conditions: 'x' },
      { conditions: [null, { type: 'AbleToScale', status: 'True', lastTransitionTime: 'yesterday' }] },
      { summary: [], lastDecision: null },
    ]) {
      const status = next(previous, quiet);
      expect(statusSchema.parse(status)).toEqual(status);
    }
  });

  it('keeps to the bounds of the schema and to what a calendar holds', () => {
    const long = 'x'.repeat(100_000);
    const status = next(undefined, {
      ...decided({
        conditions: [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetScale', message: long }],
        steps: Array.from(
          { length: 500 },
          () => ({ stage: 'metric', before: 1, after: 1, reason: 'WithinTolerance', detail: long }) as const,
        ),
        earliestScaleDownAtMs: Number.POSITIVE_INFINITY,
        currentMetrics: [{ name: 'cpu', averageUtilization: 1, sampleAtMs: Number.NaN }],
        proposals: [{ ...decision().proposals[0]!, ratio: 1e300 }],
      }),
      why: long,
      scaleEvents: {
        up: Array.from({ length: 900 }, () => ({ change: 1, atMs: AT, outdated: false })),
        down: [{ change: 1, atMs: 9e15, outdated: false }],
      },
    });
    expect(statusSchema.parse(status)).toEqual(status);
    expect(status.scaleEvents).toMatchObject({ down: [] });
  });

  it('shows each type of metric in the shape of the HPA', () => {
    const shared = {
      name: 'm',
      target: { type: 'Value', valueMilli: 1_000n },
      maxAgeSeconds: 180,
      direction: 'Both' as const,
    };
    const metrics: Metric[] = [
      { ...shared, type: 'ContainerResource', resource: 'cpu', container: 'app' },
      { ...shared, type: 'Pods', metricName: 'hits' },
      { ...shared, type: 'Object', metricName: 'rps', describedObject: { kind: 'Ingress', name: 'main' } },
      { ...shared, type: 'External', metricName: 'queue', selector: { matchLabels: { q: 'mail' } } },
      { ...shared, type: 'Prometheus', query: 'up', source: 'default' },
      { ...shared, type: 'Unknown', typeName: 'Later' },
    ];
    const status = next(undefined, {
      ...decided({ currentMetrics: metrics.map(() => ({ name: 'm', valueMilli: 1_500n })) }),
      target: target({ spec: spec({ metrics }) }),
    });
    const current = { value: '1500m' };
    expect(status.currentMetrics?.map(({ type, name, ...shape }) => (type && name ? shape : undefined))).toEqual([
      { containerResource: { name: 'cpu', container: 'app', current } },
      { pods: { metric: { name: 'hits' }, current } },
      { object: { metric: { name: 'rps' }, current, describedObject: { kind: 'Ingress', name: 'main' } } },
      { external: { metric: { name: 'queue', selector: { matchLabels: { q: 'mail' } } }, current } },
      { prometheus: { source: 'default', current } },
      {},
    ]);
    expect(statusSchema.parse(status)).toEqual(status);
  });
});

describe('compareStatus', () => {
  const shown = next(undefined, quiet);
  let roundTrip: unknown;
  beforeEach(() => {
    // As the API server returns it: the same fields in another order.
    roundTrip = JSON.parse(
      JSON.stringify(shown, (_key, value: unknown) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.fromEntries(Object.entries(value).reverse())
          : value,
      ),
    );
  });
  const compare = (changes: Partial<CycleStory>) => compareStatus(roundTrip, next(roundTrip, story(changes)));

  it('a target seen for the first time must be written', () => {
    expect(compareStatus(undefined, shown)).toEqual({ kind: 'must' });
  });

  it('a steady cycle later changes nothing: new times and sample times are no reason', () => {
    const proposals = [
      {
        ...decision().proposals[0]!,
        status: { name: 'cpu', averageUtilization: 60, averageValueMilli: 300n, sampleAtMs: AT },
      },
    ];
    const later = decision({
      proposals,
      currentMetrics: [{ name: 'cpu', averageUtilization: 60, averageValueMilli: 300n, sampleAtMs: AT }],
      earliestScaleDownAtMs: AT + 100_000,
    });
    expect(compare({ now: AT + 15_000, decision: later })).toEqual({ kind: 'none' });
  });

  it('a value that moved is worth a refresh, the further the more', () => {
    const moved = (percent: number) =>
      compare({
        decision: decision({
          proposals: [{ ...decision().proposals[0]!, ratio: percent / 60 }],
          currentMetrics: [{ name: 'cpu', averageUtilization: percent, averageValueMilli: BigInt(percent * 5) }],
        }),
      });
    const [near, far] = [moved(63), moved(20)];
    expect([near.kind, far.kind]).toEqual(['refresh', 'refresh']);
    expect((far as { distance: number }).distance).toBeGreaterThan((near as { distance: number }).distance);
  });

  it.each<[string, Partial<CycleStory>]>([
    ['another size was found', { decision: decision({ currentReplicas: 4 }) }],
    ['another size is wanted', { decision: decision({ statusDesiredReplicas: 4 }) }],
    ['the spec changed', { target: target({ generation: 2 }) }],
    ['a size was written', { rescaled: true, now: AT + 1_000 }],
    [
      'a condition changed its reason',
      { conditions: [{ type: 'AbleToScale', status: 'True', reason: 'ScaleDownStabilized', message: 'x' }] },
    ],
    [
      'a metric failed',
      {
        decision: decision({
          proposals: [{ ...decision().proposals[0]!, failure: { reason: 'FailedGetResourceMetric', message: 'no' } }],
        }),
      },
    ],
    [
      'P12: a guard began to hold',
      { decision: decision({ proposals: [{ ...decision().proposals[0]!, guards: ['StaleSample'] }] }) },
    ],
    [
      'P12: a missing metric holds',
      {
        decision: decision({
          steps: [{ stage: 'combine', before: 2, after: 3, reason: 'MissingMetricHold', detail: '' }],
        }),
      },
    ],
  ])('must be written: %s', (_what, changes) => {
    expect(compare(changes)).toEqual({ kind: 'must' });
  });

  it('a message that changed alone can wait, and is further off than any number', () => {
    const [able, ...others] = decision().conditions;
    expect(compare({ conditions: [{ ...able!, message: 'other words' }, ...others] })).toEqual({
      kind: 'refresh',
      distance: OTHER_WORDS,
    });
  });

  it('so is another stage that kept the size', () => {
    const steps = [
      { stage: 'rate', before: 4, after: 3, reason: 'ScaleUpLimit', detail: 'at most 3 at once' } as const,
    ];
    expect(compare({ decision: decision({ steps }), why: 'limited by the scale-up rate' })).toEqual({
      kind: 'refresh',
      distance: OTHER_WORDS,
    });
  });
});
