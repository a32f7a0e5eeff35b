// What an operator should look at first, from what is known of a target: rules only, nothing is remembered here.
import { GUARDS, type GuardName } from '../api/reasons.ts';
import { GUARD_TEXTS } from '../api/reason-texts.ts';
import type { DecidedMetric, DecisionRecord } from '../api/schema-decision.ts';

/** In the order of their gravity. */
export const ALARMS = [
  'InvalidSpec',
  'NoScale',
  'NoData',
  'Conflict',
  'WriteFailed',
  'AtMax',
  'Held',
  'Silent',
] as const;
export interface Alarm {
  readonly kind: (typeof ALARMS)[number];
  readonly text: string;
}

export interface AlarmFacts {
  /** What is wrong with the spec, in a line each. */
  readonly faults: readonly string[];
  readonly conditions: readonly {
    readonly type: string;
    readonly status: string;
    readonly reason: string;
    readonly message: string;
  }[];
  /** Of the last cycle; undefined when that one decided nothing. */
  readonly record: DecisionRecord | undefined;
  readonly maxReplicas: number | undefined;
  /** Since the last cycle, or since the object came when there was none; undefined where that is not known. */
  readonly silentMs: number | undefined;
  /** How often it should be decided. */
  readonly periodMs: number;
}

/** So many periods without a decision, and at least so long, are an alarm. */
const SILENT_PERIODS = 3;
const SILENT_MS = 30_000;
/** These come and go with each sample, or only keep a surge out: metrics show them. */
const QUIET_GUARDS: readonly GuardName[] = ['SameSample', 'SurgeIsNotSize'];
const NO_POD_PROBLEM: readonly string[] = ['FailedGetScale', 'InvalidSelector'];

/** The alarms of a target, the gravest first. */
export function alarmsOf(facts: AlarmFacts): Alarm[] {
  const texts: Readonly<Record<Alarm['kind'], string | undefined>> = {
    InvalidSpec: facts.faults.length > 0 ? `The spec is refused: ${facts.faults.join('; ')}` : undefined,
    NoScale: noScaleText(facts),
    NoData: noDataText(facts),
    Conflict: conflictText(facts),
    WriteFailed: writeFailedText(facts),
    AtMax: atMaxText(facts),
    Held: heldText(facts),
    Silent: silentText(facts),
  };
  return ALARMS.flatMap((kind) => {
    const text = texts[kind];
    return text === undefined ? [] : [{ kind, text }];
  });
}

function noScaleText({ conditions, faults }: AlarmFacts): string | undefined {
  if (faults.length > 0) return undefined;
  const found = conditions.find(({ status, reason }) => status === 'False' && NO_POD_PROBLEM.includes(reason));
  return found && `Nothing can be decided: ${found.message}`;
}

function noDataText({ record }: AlarmFacts): string | undefined {
  const metrics = record?.metrics ?? [];
  const missing = metrics.filter(isMissing);
  const [first] = missing;
  if (!first) return undefined;
  const why = first.detail === undefined ? '' : `: ${first.detail}`;
  if (missing.length === 1 && metrics.length === 1) return `${first.name} cannot be read${why}`;
  const names = missing.map(({ name }) => name).join(', ');
  return `${missing.length} of ${metrics.length} metrics cannot be read, ${names}${why}`;
}

function isMissing({ verdict }: DecidedMetric): boolean {
  return verdict.startsWith('FailedGet') || verdict === 'InvalidMetricSourceType';
}

function conflictText({ conditions }: AlarmFacts): string | undefined {
  const found = conditions.find(
    ({ type, status, reason }) =>
      (type === 'Conflict' && status === 'True') || (status === 'False' && reason === 'AmbiguousSelector'),
  );
  return found && `Somebody else scales the same workload: ${found.message}`;
}

function writeFailedText({ record }: AlarmFacts): string | undefined {
  if (record?.outcome !== 'Failed') return undefined;
  const why = record.error === undefined ? '' : `: ${record.error}`;
  return `The size ${record.desiredReplicas} could not be written${why}`;
}

function atMaxText({ record, maxReplicas }: AlarmFacts): string | undefined {
  if (record?.unclampedReplicas === undefined || maxReplicas === undefined) return undefined;
  if (record.unclampedReplicas <= maxReplicas || record.desiredReplicas < maxReplicas) return undefined;
  return `The metrics ask for ${record.unclampedReplicas} replicas, maxReplicas allows ${maxReplicas}`;
}

function heldText({ record }: AlarmFacts): string | undefined {
  for (const { name, verdict } of record?.metrics ?? []) {
    const guard = GUARDS.find((known) => known === verdict);
    if (guard && !QUIET_GUARDS.includes(guard)) return `${name} is held by ${guard}: ${GUARD_TEXTS[guard]}`;
  }
  return undefined;
}

function silentText({ silentMs, periodMs }: AlarmFacts): string | undefined {
  if (silentMs === undefined || silentMs <= Math.max(SILENT_PERIODS * periodMs, SILENT_MS)) return undefined;
  return `Not decided for ${Math.round(silentMs / 1000)} s; it should be every ${Math.round(periodMs / 1000)} s`;
}
