// What it would take from here: the values at which the size grows or shrinks, what is in the way, and until when.
import type { StepReason } from '../../api/reasons.ts';
import type { Metric, TargetSpec } from '../../api/spec.ts';
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import { type Thresholds, thresholdsOf } from './thresholds.ts';
import { isFailed } from './why.ts';
import { countOf, durationText, listText, momentText, UNTIL_THEN } from './words.ts';

/** The controller's default where `behavior` sets no tolerance, unless it was started with another. */
const DEFAULT_TOLERANCE = 0.1;

export interface NextInput {
  readonly record: DecisionRecord;
  /** The spec that is in force; undefined: only what the record itself tells. */
  readonly spec: TargetSpec | undefined;
  readonly nowMs: number;
  /** The controller's --tolerance, where known. */
  readonly defaultTolerance: number | undefined;
}

export function nextSentences(input: NextInput): string[] {
  const { record } = input;
  const last = record.steps?.at(-1);
  if (last?.reason === 'ScalingDisabled') return ['It is left alone until somebody sets it above 0 replicas.'];
  if (isOutOfBounds(record)) return ['Within its bounds, it follows its metrics from the next cycle on.'];
  const asked = askedMetrics(input);
  return [...growth(input, asked), ...shrinkage(input, asked), ...leadTime(record)];
}

/** A metric that was read, with the values at which it would ask for another size. */
interface Asked {
  readonly decided: DecidedMetric;
  readonly metric: Metric;
  readonly thresholds: Thresholds;
}

/** The size that the next cycle starts from. */
function sizeOf({ outcome, desiredReplicas, currentReplicas }: DecisionRecord): number {
  return outcome === 'Written' ? desiredReplicas : currentReplicas;
}

function isOutOfBounds({ steps }: DecisionRecord): boolean {
  return steps?.at(-1)?.stage === 'bounds';
}

function askedMetrics({ record, spec, defaultTolerance }: NextInput): Asked[] {
  if (!spec) return [];
  const tolerance = {
    down: spec.behavior?.scaleDown.tolerance ?? defaultTolerance ?? DEFAULT_TOLERANCE,
    up: spec.behavior?.scaleUp.tolerance ?? defaultTolerance ?? DEFAULT_TOLERANCE,
  };
  const size = sizeOf(record);
  return (record.metrics ?? []).flatMap((decided) => {
    const metric = spec.metrics.find(({ name }) => name === decided.name);
    if (!metric || isFailed(decided)) return [];
    // After a change the next answer counts the pods of the new size, once they are all there.
    const counted = record.outcome === 'Written' && decided.over !== undefined ? { over: size } : decided;
    return [
      { decided, metric, thresholds: thresholdsOf({ metric, decided: counted, size, guards: spec.guards, tolerance }) },
    ];
  });
}

function growth(input: NextInput, asked: readonly Asked[]): string[] {
  const { record } = input;
  const size = sizeOf(record);
  const wanted = record.unclampedReplicas ?? size;
  const ceiling = ceilingOf(input, size);
  if (ceiling !== undefined) return [`${ceiling}${wanted > size ? `, and its metrics ask for ${wanted}` : ''}.`];
  if (wanted > size) {
    const held = heldGrowth(input, wanted);
    if (held !== undefined) return held;
  }
  const ways = asked.flatMap(({ decided, thresholds: { above } }) =>
    above === undefined ? [] : [`${decided.name} is above ${above}${nowText(decided)}`],
  );
  return ways.length === 0 ? [] : [`It grows when ${listText(ways, 'or')}.`];
}

function ceilingOf({ spec }: NextInput, size: number): string | undefined {
  if (spec && size >= spec.maxReplicas) return `It cannot grow: maxReplicas is ${spec.maxReplicas}`;
  if (spec?.behavior?.scaleUp.selectPolicy === 'Disabled') return 'It cannot grow: scaling up is disabled';
  return undefined;
}

/** More is asked for than there is, and time or somebody is in the way. */
function heldGrowth({ record: { steps, outcome }, spec }: NextInput, wanted: number): string[] | undefined {
  const has = (reason: StepReason) => (steps ?? []).some((step) => step.reason === reason);
  if (has('ScaleUpLimit')) return [`Its metrics ask for ${wanted}: the rest comes as the scale-up policies allow it.`];
  if (has('ScaleUpStabilized')) {
    const seconds = spec?.behavior?.scaleUp.stabilizationWindowSeconds;
    const window = seconds === undefined ? '' : `, ${durationText(seconds * 1000)}`;
    return [`It grows when its metrics have asked for more during all of the scale-up window${window}.`];
  }
  return outcome === 'Written' ? undefined : [];
}

function shrinkage(input: NextInput, asked: readonly Asked[]): string[] {
  const { record, spec } = input;
  const size = sizeOf(record);
  if (spec && size > 0 && size <= spec.minReplicas) return [`It cannot shrink: minReplicas is ${spec.minReplicas}.`];
  if (record.scaleDownBlockedBy === 'TooFewReplicas') return ['It cannot shrink: it is at minReplicas.'];
  if (record.scaleDownBlockedBy === 'ScaleDownDisabled') return ['It cannot shrink: scaling down is disabled.'];
  if (size === 0) return [];
  const failed = missingHolds(record);
  return failed.length > 0 ? failed : [...lowerValues(record, asked), ...earliest(input)];
}

function missingHolds({ metrics }: DecisionRecord): string[] {
  const failed = (metrics ?? []).filter(isFailed).map(({ name }) => name);
  return failed.length === 0 ? [] : [`It does not shrink while ${listText(failed, 'or')} cannot be read.`];
}

/** All metrics that vote for fewer must ask for fewer. */
function lowerValues({ unclampedReplicas, ...record }: DecisionRecord, asked: readonly Asked[]): string[] {
  const size = sizeOf(record);
  if (unclampedReplicas !== undefined && unclampedReplicas < size) {
    return [`Its metrics already ask for fewer: ${countOf(unclampedReplicas, 'replica')}.`];
  }
  const voting = asked.filter(({ metric }) => metric.direction !== 'Up');
  if (voting.length === 0) return asked.length === 0 ? [] : ['It does not shrink: no metric may vote for fewer.'];
  const blind = voting.find(({ decided, thresholds }) => thresholds.atMost === undefined && (decided.missing ?? 0) > 0);
  if (blind) {
    const { name, missing = 0 } = blind.decided;
    return [
      `It does not shrink while ${countOf(missing, 'pod')} ${missing === 1 ? 'has' : 'have'} no sample of ${name}.`,
    ];
  }
  if (voting.some(({ thresholds }) => thresholds.atMost === undefined)) return [];
  const ways = voting.map(
    ({ decided, thresholds }) => `${decided.name} is at ${thresholds.atMost} or less${nowText(decided)}`,
  );
  return [`It shrinks when ${listText(ways, 'and')}.`];
}

function earliest({ record, nowMs }: NextInput): string[] {
  const { earliestScaleDown, scaleDownBlockedBy } = record;
  if (earliestScaleDown === undefined || Date.parse(earliestScaleDown) <= nowMs) return [];
  const until = scaleDownBlockedBy === undefined ? undefined : UNTIL_THEN[scaleDownBlockedBy];
  const reason = until === undefined ? '' : `; until then ${until}`;
  return [`A smaller size can come at ${momentText(earliestScaleDown, nowMs)} at the earliest${reason}.`];
}

function leadTime({ leadTimeSeconds }: DecisionRecord): string[] {
  if (leadTimeSeconds === undefined) return [];
  return [
    `The last scale-out took ${durationText(leadTimeSeconds * 1000)} from the write until all its pods were ready.`,
  ];
}

function nowText({ value }: DecidedMetric): string {
  return value === undefined ? '' : ` (now ${value})`;
}
