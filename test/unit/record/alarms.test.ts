import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/api/reasons.ts';
import type { DecisionRecord } from '../../../src/api/schema-decision.ts';
import { type AlarmFacts, alarmsOf } from '../../../src/record/alarms.ts';

const RECORD: DecisionRecord = {
  time: '2026-01-01T12:00:00Z',
  currentReplicas: 4,
  desiredReplicas: 4,
  unclampedReplicas: 4,
  metrics: [{ name: 'cpu', value: '50%', target: '50%', verdict: 'Winner', proposal: 4 }],
  outcome: 'Unchanged',
};
const metric = (name: string, verdict: Verdict, detail?: string) => ({ name, verdict, ...(detail && { detail }) });
const condition = (type: string, status: string, reason: string, message = 'as it is') => ({
  type,
  status,
  reason,
  message,
});
const alarms = ({ record, ...changes }: Partial<Omit<AlarmFacts, 'record'>> & { record?: Partial<DecisionRecord> }) =>
  alarmsOf({
    faults: [],
    conditions: [condition('ScalingActive', 'True', 'ValidMetricFound')],
    record: { ...RECORD, ...record },
    maxReplicas: 10,
    silentMs: 1000,
    periodMs: 15_000,
    ...changes,
  });

describe('alarms', () => {
  it.each<[what: string, Parameters<typeof alarms>[0], alarm: string]>([
    [
      'a spec that breaks a rule',
      { faults: ['spec.maxReplicas is 0: give 1 or more'] },
      'InvalidSpec: The spec is refused: spec.maxReplicas is 0: give 1 or more',
    ],
    [
      'a workload that is not there',
      { conditions: [condition('AbleToScale', 'False', 'FailedGetScale', 'deployments "web" not found')] },
      'NoScale: Nothing can be decided: deployments "web" not found',
    ],
    [
      'a workload whose pods cannot be found',
      { conditions: [condition('ScalingActive', 'False', 'InvalidSelector', 'the selector is empty')] },
      'NoScale: Nothing can be decided: the selector is empty',
    ],
    [
      'the only metric missing',
      { record: { metrics: [metric('cpu', 'FailedGetResourceMetric', 'no answer within 5 s')] } },
      'NoData: cpu cannot be read: no answer within 5 s',
    ],
    [
      'some of the metrics missing',
      {
        record: {
          metrics: [
            metric('cpu', 'Winner'),
            metric('rps', 'FailedGetPrometheusMetric', 'no sample'),
            metric('queue', 'FailedGetExternalMetric'),
          ],
        },
      },
      'NoData: 2 of 3 metrics cannot be read, rps, queue: no sample',
    ],
    [
      'a metric of a later version',
      { record: { metrics: [metric('new', 'InvalidMetricSourceType')] } },
      'NoData: new cannot be read',
    ],
    [
      'an HPA on the same workload',
      { conditions: [condition('Conflict', 'True', 'HorizontalPodAutoscaler', 'the HPA web scales it')] },
      'Conflict: Somebody else scales the same workload: the HPA web scales it',
    ],
    [
      'two targets on the same pods',
      { conditions: [condition('ScalingActive', 'False', 'AmbiguousSelector', 'web and api')] },
      'Conflict: Somebody else scales the same workload: web and api',
    ],
    [
      'a size that could not be written',
      { record: { desiredReplicas: 6, outcome: 'Failed', error: 'forbidden' } },
      'WriteFailed: The size 6 could not be written: forbidden',
    ],
    [
      'more demand than the maximum allows',
      { record: { currentReplicas: 10, desiredReplicas: 10, unclampedReplicas: 14 } },
      'AtMax: The metrics ask for 14 replicas, maxReplicas allows 10',
    ],
    [
      'a load that vanished',
      { record: { metrics: [metric('rps', 'VanishedLoad')] } },
      'Held: rps is held by VanishedLoad: A load that vanished from one moment to the next is believed after two newer samples and 60 s.',
    ],
    ['no decision for three periods', { silentMs: 46_000 }, 'Silent: Not decided for 46 s; it should be every 15 s'],
    [
      'no decision for half a minute at a short period',
      { silentMs: 31_000, periodMs: 1000 },
      'Silent: Not decided for 31 s; it should be every 1 s',
    ],
  ])('%s', (_what, facts, alarm) => {
    expect(alarms(facts).map(({ kind, text }) => `${kind}: ${text}`)).toEqual([alarm]);
  });

  it.each<[what: string, Parameters<typeof alarms>[0]]>([
    ['a target that is well', {}],
    ['one that is at its maximum because that fits', { record: { desiredReplicas: 10, unclampedReplicas: 10 } }],
    ['one that grows towards its maximum', { record: { desiredReplicas: 8, unclampedReplicas: 14 } }],
    ['a conflict that is over', { conditions: [condition('Conflict', 'False', 'NoConflict')] }],
    ['mode Recommend', { record: { desiredReplicas: 6, outcome: 'Recommend' } }],
    ['a guard that comes and goes with each sample', { record: { metrics: [metric('cpu', 'SameSample')] } }],
    ['a long period', { silentMs: 3_000_000, periodMs: 3_600_000 }],
    ['a status whose age says nothing', { silentMs: undefined }],
  ])('none for %s', (_what, facts) => {
    expect(alarms(facts)).toEqual([]);
  });

  it('come in the order of their gravity', () => {
    const all = alarms({
      silentMs: 60_000,
      conditions: [condition('Conflict', 'True', 'ForeignWriter')],
      record: { unclampedReplicas: 20, desiredReplicas: 10, metrics: [metric('a', 'FailedGetPodsMetric')] },
    });
    expect(all.map(({ kind }) => kind)).toEqual(['NoData', 'Conflict', 'AtMax', 'Silent']);
  });

  it('tell nothing of a decision that is of before', () => {
    const facts = { faults: [], conditions: [], maxReplicas: 10, silentMs: 0, periodMs: 15_000 };
    expect(alarmsOf({ ...facts, record: undefined })).toEqual([]);
  });
});
