// One line of a situations file into what the decision takes and what the outside world is to answer. Times are ages before
// a fixed moment; values are thousandths.
import { CONDITION_REASONS, CONDITION_TYPES } from '../../api/reasons.ts';
import type { Condition, Metric, PreviousStatus, ScalingRules, TargetSpec } from '../../api/spec.ts';
import { assignNames } from '../../api/metric-names.ts';
import { toleranceOf } from '../../base/quantity.ts';
import type { DecisionDefaults, History, Reading, ScaleEvent, Situation } from '../../decide/types.ts';
import { Fields } from './fields.ts';
import { type ExtraSample, podsReading, type PlayedPod, readExtra, readPod } from './pods.ts';

/** The moment of every decision of the file. */
export const NOW = Date.UTC(2026, 0, 1);

/** How the outside world behaves around one decision. */
export interface Play {
  readonly id: string;
  readonly situation: Situation;
  readonly getScaleError: string | undefined;
  readonly updateScaleError: string | undefined;
  readonly updateStatusError: string | undefined;
  /** How many attempts to write the scale answer 409 Conflict. */
  readonly updateScaleConflicts: number;
}

/** Parses one line. Throws a FieldError, or a SyntaxError when it is no JSON. */
export function readLine(line: string): Play {
  const root = Fields.of(parseJson(line), 'line');
  const fields = Fields.of(root.raw('situation'), 'situation');
  const pods = fields.objects('pods').map((pod, index) => readPod(pod, `pod-${index}`, NOW));
  const extras = fields.objects('extraMetrics').map(readExtra);
  const metrics = nameMetrics(readMetrics(fields));
  const specReplicas = fields.integer('specReplicas');
  return {
    id: root.string('id'),
    situation: {
      now: NOW,
      namespace: 'ns',
      name: 'hpa',
      spec: readSpec(fields, metrics),
      scale: { specReplicas, statusReplicas: fields.integer('statusReplicas', specReplicas) },
      selectorProblem: readSelectorProblem(fields, pods.length),
      pods: pods.map(({ state }) => state),
      readings: fields.objects('metrics').map((metric, index) => readReading(metric, metrics[index], pods, extras)),
      previous: readPrevious(fields, specReplicas),
      history: readHistory(fields),
      defaults: readDefaults(fields.object('config')),
    },
    getScaleError: fields.optionalString('getScaleError'),
    updateScaleError: fields.optionalString('updateScaleError'),
    updateStatusError: fields.optionalString('updateStatusError'),
    updateScaleConflicts: fields.integer('updateScaleConflicts', 0),
  };
}

const ANSWER = ',"expected":';

/**
 * The line without the answer it expects, which is a third of it and not needed: within valid JSON these characters are a key
 * and never part of a text. Where leaving out what follows does not leave a situation, the whole line is read.
 */
function parseJson(line: string): unknown {
  const end = line.lastIndexOf(ANSWER);
  if (end > 0) {
    try {
      const parsed: unknown = JSON.parse(`${line.slice(0, end)}}`);
      if (typeof parsed === 'object' && parsed !== null && 'situation' in parsed) return parsed;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
    }
  }
  return JSON.parse(line);
}

function readSpec(fields: Fields, metrics: readonly Metric[]): TargetSpec {
  const target = fields.optionalObject('scaleTarget');
  const behavior = fields.optionalObject('behavior');
  const minReplicas = fields.integer('minReplicas', 1);
  return {
    scaleTargetRef: {
      apiVersion: target?.string('apiVersion') ?? 'apps/v1',
      kind: target?.string('kind') ?? 'Deployment',
      name: 'target',
    },
    minReplicas,
    maxReplicas: fields.integer('maxReplicas'),
    metrics,
    ...(behavior === undefined
      ? {}
      : { behavior: { scaleUp: readRules(behavior, 'scaleUp'), scaleDown: readRules(behavior, 'scaleDown') } }),
    mode: 'Scale',
    guards: 'Disabled',
    initialization: {},
  };
}

const PERCENT_ALL = { type: 'Percent', value: 100, periodSeconds: 15 } as const;
const DEFAULT_RULES = {
  scaleUp: { window: 0, policies: [{ type: 'Pods', value: 4, periodSeconds: 15 }, PERCENT_ALL] },
  scaleDown: { window: undefined, policies: [PERCENT_ALL] },
} as const;

/** The rules of a direction with what the API server fills in. */
function readRules(behavior: Fields, direction: 'scaleUp' | 'scaleDown'): ScalingRules {
  const defaults = DEFAULT_RULES[direction];
  const rules = behavior.optionalObject(direction) ?? Fields.of({}, direction);
  const window = rules.has('stabilizationWindowSeconds')
    ? rules.integer('stabilizationWindowSeconds')
    : defaults.window;
  const policies = rules.objects('policies').map((policy) => ({
    type: policy.choice('type', ['Pods', 'Percent']),
    value: policy.integer('value'),
    periodSeconds: policy.integer('periodSeconds'),
  }));
  return {
    ...(window === undefined ? {} : { stabilizationWindowSeconds: window }),
    selectPolicy: rules.choice('selectPolicy', ['Max', 'Min', 'Disabled'], 'Max'),
    policies: rules.has('policies') ? policies : defaults.policies,
    ...(rules.has('tolerance') ? { tolerance: readTolerance(rules) } : {}),
  };
}

/** A quantity, written as a number or a text, as the double that the HPA makes of it. */
function readTolerance(rules: Fields): number {
  const tolerance = toleranceOf(String(rules.raw('tolerance')));
  if (tolerance === undefined) throw rules.fail('tolerance', 'a quantity such as 0.05');
  return tolerance;
}

function readMetrics(fields: Fields): Metric[] {
  return fields.objects('metrics').map((metric) => {
    const target = metric.object('target');
    const base = {
      name: '',
      maxAgeSeconds: 180,
      direction: 'Both',
      target: {
        type: target.optionalString('type') ?? '',
        ...(target.has('averageUtilization') ? { averageUtilization: target.integer('averageUtilization') } : {}),
        ...(target.has('averageValueMilli') ? { averageValueMilli: target.milli('averageValueMilli') } : {}),
        ...(target.has('valueMilli') ? { valueMilli: target.milli('valueMilli') } : {}),
      },
    } as const;
    const name = metric.string('name');
    const selector = readSelector(metric);
    const type = metric.string('type');
    switch (type) {
      case 'Resource':
        return { ...base, type, resource: name };
      case 'ContainerResource':
        return { ...base, type, resource: name, container: metric.string('container') };
      case 'Pods':
      case 'External':
        return { ...base, type, metricName: name, ...selector };
      case 'Object':
        return {
          ...base,
          type,
          metricName: name,
          ...selector,
          describedObject: { kind: metric.string('describedKind'), name: 'described' },
        };
      default:
        return { ...base, type: 'Unknown', typeName: type };
    }
  });
}

/** Short names, as a ScaledTarget gives them to metrics without one. */
function nameMetrics(metrics: readonly Metric[]): Metric[] {
  const names = assignNames(metrics.map((metric) => ({ given: undefined, derived: derivedName(metric) })));
  return metrics.map((metric, index) => ({ ...metric, name: names[index] ?? '' }));
}

function derivedName(metric: Metric): string {
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource':
      return metric.resource;
    case 'Pods':
    case 'Object':
    case 'External':
      return metric.metricName;
    case 'Prometheus':
    case 'Unknown':
    default:
      return 'metric';
  }
}

function readSelector(metric: Fields): { selector?: { matchLabels: Record<string, string> } } {
  const labels = metric.optionalObject('metricSelector')?.object('matchLabels');
  if (labels === undefined) return {};
  return { selector: { matchLabels: Object.fromEntries(labels.names().map((name) => [name, labels.string(name)])) } };
}

function readReading(
  fields: Fields,
  metric: Metric | undefined,
  pods: readonly PlayedPod[],
  extras: readonly ExtraSample[],
): Reading {
  const error = fields.optionalString('fetchError');
  if (error !== undefined) return { kind: 'absent', reason: 'ErrorAnswer', message: error };
  switch (metric?.type) {
    case 'Resource':
    case 'ContainerResource':
    case 'Pods':
      return podsReading(metric, pods, extras, NOW);
    case 'Object':
      return valueReading(fields.has('currentValueMilli') ? fields.milli('currentValueMilli') : undefined);
    case 'External':
      return valueReading(sumOf(fields.millis('currentValuesMilli'), metric.target.averageValueMilli !== undefined));
    case 'Prometheus':
    case 'Unknown':
    case undefined:
    default:
      return { kind: 'absent', reason: 'NoSource', message: 'no such metric type' };
  }
}

const MAX_INT64 = 2n ** 63n - 1n;

/**
 * The sum of all series as the HPA builds it: held at the largest 64-bit integer from the first overflow on. For a target per
 * replica it takes every negative sum for an overflow.
 */
function sumOf(values: readonly bigint[], perReplica: boolean): bigint | undefined {
  if (values.length === 0) return undefined;
  let sum = 0n;
  for (const value of values) {
    if (!perReplica && value > 0n && sum > MAX_INT64 - value) return MAX_INT64;
    sum = BigInt.asIntN(64, sum + value);
    if (perReplica && sum < 0n) return MAX_INT64;
  }
  return sum;
}

function valueReading(valueMilli: bigint | undefined): Reading {
  if (valueMilli === undefined) return { kind: 'absent', reason: 'Empty', message: 'no sample' };
  return { kind: 'value', valueMilli, atMs: NOW, scrapeIntervalMs: undefined, partial: false };
}

function readSelectorProblem(fields: Fields, pods: number): Situation['selectorProblem'] {
  const problem = fields.optionalString('selectorProblem');
  switch (problem) {
    case undefined:
      return undefined;
    case 'missing':
      return { kind: 'missing' };
    case 'unparsable':
      return {
        kind: 'unparsable',
        message: "unable to parse requirement: found 'cheese', expected: in, notin, =, ==, !=, gt, lt",
      };
    case 'ambiguous':
      // Two autoscalers overlap in the pods that both select; without any there is nothing to overlap in.
      if (pods === 0) return undefined;
      return { kind: 'ambiguous', rivals: ['hpa', 'other-hpa'], selector: 'app=target' };
    default:
      throw fields.fail('selectorProblem', 'one of missing, unparsable, ambiguous');
  }
}

function readHistory(fields: Fields): History {
  const known = fields.raw('recommendationsHistory') ?? null;
  const events = fields.optionalObject('scaleEventsHistory');
  return {
    recommendations:
      known === null
        ? null
        : fields.objects('recommendationsHistory').map((entry) => ({
            replicas: entry.integer('replicas'),
            atMs: NOW - entry.number('ageSeconds') * 1000,
          })),
    scaleEvents: { up: readEvents(events, 'up'), down: readEvents(events, 'down') },
    metrics: {},
  };
}

function readEvents(events: Fields | undefined, direction: 'up' | 'down'): ScaleEvent[] {
  return (events?.objects(direction) ?? []).map((event) => ({
    change: event.integer('change'),
    atMs: NOW - event.number('ageSeconds') * 1000,
    outdated: event.boolean('outdated', false),
  }));
}

function readPrevious(fields: Fields, specReplicas: number): PreviousStatus {
  const status = fields.optionalObject('previousStatus');
  return {
    currentReplicas: status?.integer('currentReplicas', 0) ?? specReplicas,
    desiredReplicas: status?.integer('desiredReplicas', 0) ?? specReplicas,
    conditions: (status?.objects('conditions') ?? []).map(readCondition),
    scaleEvents: { up: [], down: [] },
  };
}

function readCondition(fields: Fields): Condition {
  return {
    type: fields.choice('type', CONDITION_TYPES),
    status: fields.choice('status', ['True', 'False', 'Unknown']),
    reason: fields.choice('reason', CONDITION_REASONS),
    message: fields.string('message'),
  };
}

function readDefaults(config: Fields): DecisionDefaults {
  return {
    tolerance: config.number('tolerance', 0.1),
    downscaleStabilizationMs: config.number('downscaleStabilizationSeconds', 300) * 1000,
    cpuInitializationPeriodMs: config.number('cpuInitializationPeriodSeconds', 300) * 1000,
    initialReadinessDelayMs: config.number('initialReadinessDelaySeconds', 30) * 1000,
  };
}
