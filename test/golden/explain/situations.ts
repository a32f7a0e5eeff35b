// Situations worth telling, each decided for real: what a user would read in it.
import type { Metric } from '../../../src/api/spec.ts';
import { ABSENCE_REASONS, type ConditionReason } from '../../../src/api/reasons.ts';
import { conclude, scaleUnreadable } from '../../../src/decide/conclude.ts';
import { condition } from '../../../src/decide/conditions.ts';
import { decide } from '../../../src/decide/decide.ts';
import type { History, Reading, Situation, WriteOutcome } from '../../../src/decide/types.ts';
import { explainRecord, sentencesOf } from '../../../src/record/explain/explain.ts';
import { type Told, toldOf } from '../../support/explained.ts';
import {
  behavior,
  type Changes,
  equalSamples,
  external,
  NOW,
  noHistory,
  pods,
  samples,
  seconds,
  situation,
  value,
} from '../../support/situations.ts';
import { CPU, prometheus, spec } from '../../support/targets.ts';

export interface Case {
  readonly title: string;
  readonly told: Pick<Told, 'sentences'> & Partial<Told>;
}

const size = (replicas: number, statusReplicas = replicas) => ({ scale: { specReplicas: replicas, statusReplicas } });
const told = (title: string, changes: Changes, outcome?: WriteOutcome): Case => ({
  title,
  told: toldOf(situation(changes), outcome),
});
const guarded = { guards: 'Enabled' } as const;
const recently = (replicas: number, secondsAgo = 60): History => ({
  ...noHistory,
  recommendations: [{ replicas, atMs: NOW - seconds(secondsAgo) }],
});
const absentBy = (reason: (typeof ABSENCE_REASONS)[number], message: string): Reading => ({
  kind: 'absent',
  reason,
  message,
});
const MEMORY: Metric = {
  type: 'Resource',
  name: 'memory',
  resource: 'memory',
  maxAgeSeconds: 180,
  direction: 'Both',
  target: { type: 'AverageValue', averageValueMilli: 536_870_912_000n },
};

/** A decision after another one, which left its history. */
function after(title: string, first: Changes, then: Changes, apartSeconds: number): Case {
  const before = situation(first);
  const decided = decide(before);
  const { history } = decided.decision.rescale ? conclude(decided, { kind: 'written' }, before) : decided;
  return told(title, { ...first, ...then, now: NOW + seconds(apartSeconds), history });
}

/** A metric of each type that could not be read. */
const failing: readonly [string, Metric][] = [
  ['Resource', CPU],
  ['ContainerResource', { ...CPU, type: 'ContainerResource', container: 'app' } as Metric],
  ['Pods', { ...external('jobs'), type: 'Pods' } as Metric],
  ['Object', { ...external('hits'), type: 'Object', describedObject: { kind: 'Ingress', name: 'front' } } as Metric],
  ['External', external('queue')],
  ['Prometheus', prometheus('sum(rate(http_requests_total[1m]))')],
  ['Unknown', { ...CPU, type: 'Unknown', typeName: 'Magic' }],
];

export const ABSENCES: Readonly<Record<(typeof ABSENCE_REASONS)[number], string>> = {
  NoSource: 'there is no source called "default": configure one with --prometheus-url',
  Unreachable: 'connection refused',
  Timeout: 'no answer within 5 s',
  ErrorAnswer: 'status 503',
  TooLarge: 'the answer is longer than 1 MiB',
  BadShape: 'the answer is HTML, not JSON',
  Empty: 'the query returned no series',
  TooManySeries: 'the query returned 3 series where one is needed: aggregate it, as in sum(...)',
  BadValue: 'the value is NaN',
  FutureSample: 'the sample is 120 s in the future',
  StaleSample: 'the sample is 400 s old, too old to be of use',
  CircuitOpen: 'the source failed 5 times in a row and is left alone for 12 s',
};

/** What a status says where nothing was decided, or after something happened to a decision. */
function conditional(
  title: string,
  {
    reason,
    type,
    status,
    message,
  }: {
    reason: ConditionReason;
    type: 'AbleToScale' | 'ScalingActive' | 'Conflict';
    status: 'True' | 'False';
    message: string;
  },
  changes: { readonly situation?: Situation; readonly outcome?: WriteOutcome; readonly laterSeconds?: number } = {},
): Case {
  const conditions = [condition(type, status, reason, message)];
  const record = changes.situation && toldOf(changes.situation, changes.outcome).record;
  const nowMs = NOW + seconds(changes.laterSeconds ?? 0);
  const known = reason === 'InvalidSpec' ? undefined : (changes.situation?.spec ?? spec());
  const explanation = explainRecord(record, { name: 'shop/web', spec: known, conditions, nowMs });
  return { title, told: { explanation, sentences: sentencesOf(explanation), conditions, ...(record && { record }) } };
}

const unreadable = scaleUnreadable(
  { what: 'scale', message: 'deployments.apps "web" not found' },
  { spec: spec(), namespace: 'shop', previous: situation().previous },
).conditions[0]?.message;
const busy = situation({ readings: [equalSamples(4, 450)] });

export const CASES: readonly Case[] = [
  told('At its target', {}),
  told('A little above its target, within the tolerance', { readings: [equalSamples(4, 320)] }),
  told('Half as much again as the target: it grows', { readings: [equalSamples(4, 450)] }),
  told('Three times the target: the default speed limit of two times', {
    readings: [equalSamples(4, 900)],
    spec: { maxReplicas: 100 },
  }),
  told('A third of the target, and nothing holds: it shrinks', { readings: [equalSamples(4, 100)] }),
  told('Below the target, within the scale-down window', { readings: [equalSamples(4, 100)], history: recently(4) }),
  told('Below the target, and the window lets a part of it through', {
    readings: [equalSamples(4, 100)],
    history: recently(3),
  }),
  told('Growth that the scale-up window does not confirm yet', {
    readings: [equalSamples(4, 450)],
    spec: { behavior: behavior({ stabilizationWindowSeconds: 120 }) },
    history: recently(4),
  }),
  told('Growth by policies of two pods a minute', {
    readings: [equalSamples(4, 600)],
    spec: { behavior: behavior({ policies: [{ type: 'Pods', value: 2, periodSeconds: 60 }] }) },
  }),
  told('Shrinkage by a policy of one pod a minute', {
    readings: [equalSamples(4, 100)],
    spec: {
      behavior: behavior(
        {},
        { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
      ),
    },
  }),
  told('Scaling up is switched off', {
    readings: [equalSamples(4, 450)],
    spec: { behavior: behavior({ selectPolicy: 'Disabled' }) },
  }),
  told('Scaling down is switched off', {
    readings: [equalSamples(4, 100)],
    spec: { behavior: behavior({}, { stabilizationWindowSeconds: 0, selectPolicy: 'Disabled' }) },
  }),
  told('More is asked for than maxReplicas', { readings: [equalSamples(4, 450)], spec: { maxReplicas: 5 } }),
  told('At maxReplicas under load', { ...size(5), readings: [equalSamples(5, 450)], spec: { maxReplicas: 5 } }),
  told('Fewer are asked for than minReplicas', { readings: [equalSamples(4, 50)], spec: { minReplicas: 3 } }),
  told('At minReplicas', { ...size(2), readings: [equalSamples(2, 100)], spec: { minReplicas: 2 } }),
  told('Above maxReplicas by hand', { ...size(12), readings: [] }),
  told('Below minReplicas by hand', { ...size(2), readings: [], spec: { minReplicas: 3 } }),
  told('At zero by hand', { ...size(0), readings: [] }),
  told('At zero by Setpoint, a queue fills', {
    ...size(0),
    spec: { metrics: [external('queue')], minReplicas: 0 },
    readings: [value(350_000)],
    previous: { ...situation().previous, conditions: [condition('ScaledToZero', 'True', 'ScaledToZero', '')] },
  }),
  told('At zero by Setpoint, and the queue is empty', {
    ...size(0),
    spec: { metrics: [external('queue')], minReplicas: 0 },
    readings: [value(0)],
    previous: { ...situation().previous, conditions: [condition('ScaledToZero', 'True', 'ScaledToZero', '')] },
  }),
  told('At zero by Setpoint, and minReplicas was raised', {
    ...size(0),
    spec: { metrics: [external('queue')], minReplicas: 2, behavior: behavior() },
    readings: [value(50_000)],
    previous: { ...situation().previous, conditions: [condition('ScaledToZero', 'True', 'ScaledToZero', '')] },
  }),
  told('The last messages are gone: to zero', {
    ...size(1),
    spec: { metrics: [external('queue')], minReplicas: 0 },
    readings: [value(0)],
  }),
  told('Two metrics, the queue asks for more', {
    spec: { metrics: [CPU, external('queue')] },
    readings: [equalSamples(4, 250), value(700_000)],
  }),
  told('Two metrics ask for fewer, the larger one counts', {
    ...size(8),
    spec: { metrics: [CPU, external('queue')] },
    readings: [equalSamples(8, 100), value(150_000)],
  }),
  told('A total of one value', {
    spec: { metrics: [external('total', { type: 'Value', valueMilli: 100_000n })] },
    readings: [value(130_000)],
  }),
  told('Memory by its average', { spec: { metrics: [MEMORY] }, readings: [equalSamples(4, 300_000_000_000n)] }),
  told('Pods without a sample, above the target', { readings: [equalSamples(2, 500)] }),
  told('Pods without a sample, below the target', { readings: [equalSamples(3, 250)] }),
  told('Pods that start, above the target', {
    ...size(6),
    pods: [
      ...pods(4),
      ...pods(6, { ready: 'False', startedAtMs: NOW - seconds(20), readyTransitionAtMs: NOW - seconds(20) }).slice(4),
    ],
    readings: [equalSamples(6, 500)],
  }),
  told('A metric that may only vote for more', {
    spec: { metrics: [{ ...CPU, direction: 'Up' }] },
    readings: [equalSamples(4, 150)],
  }),
  told('A metric that may only vote for fewer', {
    spec: { metrics: [{ ...CPU, direction: 'Down' }] },
    readings: [equalSamples(4, 450)],
  }),
  told('A metric that may only vote for more, beside one that shrinks', {
    spec: { metrics: [{ ...CPU, direction: 'Up' }, external('queue')] },
    readings: [equalSamples(4, 150), value(120_000)],
  }),
  told('One of two metrics is missing, the other asks for fewer', {
    spec: { metrics: [CPU, external('queue')] },
    readings: [equalSamples(4, 100), absentBy('Unreachable', 'connection refused')],
  }),
  told('One of two metrics is missing, the other asks for more', {
    spec: { metrics: [CPU, external('queue')] },
    readings: [equalSamples(4, 450), absentBy('Timeout', 'no answer within 5 s')],
  }),
  ...failing.map(([type, metric]) =>
    told(`The only metric cannot be read: ${type}`, {
      spec: { metrics: [metric] },
      readings: [absentBy('Unreachable', 'connection refused')],
    }),
  ),
  ...ABSENCE_REASONS.map((reason) =>
    told(`A Prometheus metric is absent: ${reason}`, {
      spec: { metrics: [prometheus('sum(rate(http_requests_total[1m]))')] },
      readings: [absentBy(reason, ABSENCES[reason])],
    }),
  ),
  told('The guard NoShrinkUnderLoad: half of the pods serve, above the target', {
    ...size(8),
    spec: { ...guarded, metrics: [external('wait', { type: 'Value', valueMilli: 600n })] },
    pods: pods(4),
    readings: [value(900)],
  }),
  told('The guard StaleSample: an old answer asks for fewer', {
    spec: { ...guarded, metrics: [external('queue')] },
    readings: [{ ...value(100_000), atMs: NOW - seconds(240) } as Reading],
  }),
  after(
    'The guard VanishedLoad: 950 requests per second a moment ago, and none now',
    {
      ...size(10),
      spec: {
        ...guarded,
        metrics: [prometheus('sum(rate(http_requests_total[1m]))')],
        behavior: behavior({}, { stabilizationWindowSeconds: 0 }),
      },
      readings: [value(950_000)],
    },
    { readings: [{ ...value(0), atMs: NOW + seconds(30) } as Reading] },
    30,
  ),
  after(
    'The guard SameSample: one sample has grown the size already',
    {
      spec: { ...guarded, metrics: [external('wait', { type: 'Value', valueMilli: 600n })], maxReplicas: 30 },
      readings: [value(900)],
    },
    { ...size(6), pods: pods(6) },
    15,
  ),
  told('The guard SurgeIsNotSize: two pods more in a rollout', {
    ...size(10, 12),
    spec: { ...guarded, metrics: [external('queue')], maxReplicas: 20 },
    readings: [value(1_080_000)],
  }),
  told('Guards on, and most pods have no sample', {
    ...size(8),
    spec: guarded,
    readings: [samples({ 'pod-0': 100, 'pod-1': 100 })],
  }),
  told('The guard PartialView: the source says that its answer is partial', {
    spec: { ...guarded, metrics: [prometheus('sum(rate(http_requests_total[1m]))')] },
    readings: [{ ...value(100_000), partial: true } as Reading],
  }),
  told('The selector of the workload is missing', { selectorProblem: { kind: 'missing' }, readings: [] }),
  told('Other autoscalers select the same pods', {
    selectorProblem: { kind: 'ambiguous', rivals: ['api', 'web'], selector: 'app=web' },
    readings: [],
  }),
  told(
    'The new size could not be written',
    { readings: [equalSamples(4, 450)] },
    { kind: 'failed', message: 'admission webhook "size.example.com" denied the request: no more than 5' },
  ),
  told(
    'Mode Recommend',
    { readings: [equalSamples(4, 450)], spec: { mode: 'Recommend' } },
    { kind: 'withheld', why: 'Recommend' },
  ),
  conditional(
    'An HPA scales the same workload',
    {
      type: 'Conflict',
      status: 'True',
      reason: 'HorizontalPodAutoscaler',
      message:
        'HorizontalPodAutoscaler web scales the same workload: nothing is written here; delete it, or set mode: Recommend on this ScaledTarget',
    },
    { situation: busy, outcome: { kind: 'withheld', why: 'Conflict' } },
  ),
  conditional(
    'An older ScaledTarget scales the same workload',
    {
      type: 'Conflict',
      status: 'True',
      reason: 'ScaledTarget',
      message:
        'ScaledTarget api is older and scales the same workload: nothing is written here; delete one of the two, or set mode: Recommend on this one',
    },
    { situation: busy, outcome: { kind: 'withheld', why: 'Conflict' } },
  ),
  conditional(
    'Somebody keeps undoing the sizes',
    {
      type: 'Conflict',
      status: 'True',
      reason: 'ForeignWriter',
      message:
        'another writer has undone 3 sizes within 10 min: nothing is lowered until it stops; remove spec.replicas from what it applies',
    },
    { situation: situation() },
  ),
  conditional('The spec breaks a rule, before the first decision', {
    type: 'ScalingActive',
    status: 'False',
    reason: 'InvalidSpec',
    message: 'spec.maxReplicas is 1 but spec.minReplicas is 2: give at least 2',
  }),
  conditional(
    'The spec breaks a rule, after a decision',
    {
      type: 'ScalingActive',
      status: 'False',
      reason: 'InvalidSpec',
      message: 'spec.maxReplicas is 1 but spec.minReplicas is 2: give at least 2',
    },
    { situation: busy, laterSeconds: 200 },
  ),
  conditional(
    'The size cannot be read any more',
    { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: unreadable ?? '' },
    { situation: busy, laterSeconds: 65 },
  ),
  {
    title: 'Nothing was decided yet',
    told: {
      sentences: sentencesOf(explainRecord(undefined, { name: 'shop/web', spec: spec(), conditions: [], nowMs: NOW })),
    },
  },
  {
    title: 'Six minutes after the last growth, told later',
    told: (() => {
      const { record } = toldOf(busy);
      const explanation = explainRecord(
        { ...record, leadTimeSeconds: 24 },
        { name: 'shop/web', spec: busy.spec, conditions: [], nowMs: NOW + seconds(360) },
      );
      return { record, explanation, sentences: sentencesOf(explanation) };
    })(),
  },
];
