// What it would take from here: the values at which the size grows or shrinks, what is in the way, and until when.
import { GUARDS, type StepReason } from '../../api/reasons.ts';
import type { Metric, TargetSpec } from '../../api/spec.ts';
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import { type Thresholds, thresholdsOf } from './thresholds.ts';
import { isFailed } from './why.ts';
import { countOf, durationText, listText, momentText, phraseOf, UNTIL_THEN } from './words.ts';

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
  const { record, spec } = input;
  const last = record.steps?.at(-1);
  if (last?.reason === 'ScalingDisabled') return ['It is left alone until somebody sets it above 0 replicas.'];
  if (last?.stage === 'bounds') return ['Within its bounds, it follows its metrics from the next cycle on.'];
  if (last?.reason === 'NoUsableMetric') return [blindSentence(record)];
  const asked = askedMetrics(input);
  const held = asked.flatMap(heldSentence);
  const changes = [...growth(input, asked), ...held, ...shrinkage(input, asked)];
  const mode =
    spec?.mode === 'Recommend' && record.outcome !== 'Recommend' ? ['Nothing is written: mode is Recommend.'] : [];
  return [...mode, ...retry(record), ...changes, ...leadTime(record)];
}

/** Nothing to go by at all. */
function blindSentence({ metrics }: DecisionRecord): string {
  const failed = (metrics ?? []).filter(isFailed).map(({ name }) => name);
  if (failed.length === 0) return 'The size stays as it is until its pods can be told apart.';
  return `The size stays as it is while ${listText(failed, 'and')} cannot be read.`;
}

function retry({ outcome }: DecisionRecord): string[] {
  return outcome === 'Failed' ? ['It is decided and tried again in the next cycle.'] : [];
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

/** Whether a guard stands between what a metric measured and what it asks for. */
function isGuarded({ verdict, rawProposal }: DecidedMetric): boolean {
  return rawProposal !== undefined && GUARDS.some((guard) => guard === verdict);
}

function heldSentence({ decided }: Asked): string[] {
  const { name, rawProposal, verdict } = decided;
  if (rawProposal === undefined || !isGuarded(decided)) return [];
  return [`${name} would ask for ${countOf(rawProposal, 'replica')}, but ${phraseOf(verdict)}.`];
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
  if (ceiling !== undefined) return [`${ceiling}${wanted > size ? `, although its metrics ask for ${wanted}` : ''}.`];
  if (wanted > size) {
    const held = heldGrowth(input, wanted);
    if (held !== undefined) return held;
  }
  const ways = asked.flatMap(({ decided, thresholds: { above } }) =>
    above === undefined || (isGuarded(decided) && (decided.rawProposal ?? 0) > size)
      ? []
      : [`${decided.name} is above ${above}${nowText(decided, input, 'up')}`],
  );
  return ways.length === 0 ? [] : [`${grownText(record)} grows when ${listText(ways, 'or')}.`];
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
  if (size === 0) return [];
  if (spec && size <= spec.minReplicas) return [`It cannot shrink: minReplicas is ${spec.minReplicas}.`];
  if (record.scaleDownBlockedBy === 'TooFewReplicas') return ['It cannot shrink: it is at minReplicas.'];
  if (record.scaleDownBlockedBy === 'ScaleDownDisabled') return ['It cannot shrink: scaling down is disabled.'];
  const failed = missingHolds(record);
  if (failed.length > 0) return failed;
  // Then no time brings a smaller size.
  if (asked.length > 0 && asked.every(({ metric }) => metric.direction === 'Up')) {
    return ['It does not shrink: no metric may vote for fewer.'];
  }
  return [...lowerValues(input, asked), ...earliest(input)];
}

function missingHolds({ metrics }: DecisionRecord): string[] {
  const failed = (metrics ?? []).filter(isFailed).map(({ name }) => name);
  return failed.length === 0 ? [] : [`It does not shrink while ${listText(failed, 'or')} cannot be read.`];
}

/** All metrics that vote for fewer must ask for fewer. */
function lowerValues(input: NextInput, asked: readonly Asked[]): string[] {
  const { record } = input;
  const { unclampedReplicas, outcome } = record;
  const size = sizeOf(record);
  if (unclampedReplicas !== undefined && unclampedReplicas < size) {
    return [`Its metrics already ask for fewer: ${countOf(unclampedReplicas, 'replica')}.`];
  }
  if (outcome === 'Recommend' || outcome === 'Conflict' || asked.length === 0) return [];
  const voting = asked.filter(({ metric }) => metric.direction !== 'Up');
  // Told already: what it measured would be enough.
  if (voting.some(({ decided }) => isGuarded(decided) && (decided.rawProposal ?? size) < size)) return [];
  const blind = voting.find(({ decided, thresholds }) => thresholds.atMost === undefined && (decided.missing ?? 0) > 0);
  if (blind) return [unseenSentence(blind.decided)];
  if (voting.some(({ thresholds }) => thresholds.atMost === undefined)) return [];
  const ways = voting.map(
    ({ decided, thresholds }) => `${decided.name} is at ${thresholds.atMost} or less${nowText(decided, input, 'down')}`,
  );
  return [`${grownText(record)} shrinks when ${listText(ways, 'and')}.`];
}

function unseenSentence({ name, missing = 0 }: DecidedMetric): string {
  return `It does not shrink while ${countOf(missing, 'pod')} ${missing === 1 ? 'has' : 'have'} no sample of ${name}.`;
}

/** What was measured before a change says nothing about the new size. */
function grownText({ outcome, desiredReplicas }: DecisionRecord): string {
  return outcome === 'Written' && desiredReplicas > 0 ? `With all ${desiredReplicas} ready, it` : 'It';
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

/** A record may be old: the status is written when something changes. */
const FRESH_MS = 60_000;

function nowText(decided: DecidedMetric, { record, nowMs }: NextInput, direction: 'up' | 'down'): string {
  const { value, missing = 0, unready = 0 } = decided;
  if (value === undefined || record.outcome === 'Written') return '';
  const when = nowMs - Date.parse(record.time) > FRESH_MS ? 'last' : 'now';
  // Without a sample, a pod counts against the change: it moves the threshold away from the target.
  const assumed = direction === 'up' ? missing + unready : missing;
  const one = assumed === 1 ? 'counts' : 'count';
  const filledIn =
    assumed === 0 ? '' : `; ${countOf(assumed, 'pod')} ${one} as ${direction === 'up' ? 'idle' : 'busy'}`;
  return ` (${when} ${value}${filledIn})`;
}
