// Two specs on the same readings: what each would decide, and where they differ. Decided by the decision itself, on what the last
// cycle read; a metric that only the other spec has was not read, and is absent there.
import type { Metric, TargetSpec } from '../../api/spec.ts';
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import { decide } from '../../decide/decide.ts';
import { subjectOf } from '../../decide/guards/subject.ts';
import type { AbsentReading, Decision, MetricMemory, Situation, WriteOutcome } from '../../decide/types.ts';
import { recordOf } from '../decision-record.ts';
import { type Explanation, explainRecord } from './explain.ts';
import { whyOfRecord } from './why.ts';

export interface Comparison {
  readonly current: Side;
  readonly other: Side;
  readonly rows: readonly Row[];
  /** What is to be known of the answer, a sentence each. */
  readonly notes: readonly string[];
}

export interface Side {
  readonly record: DecisionRecord;
  readonly explanation: Explanation;
  readonly why: string;
}

export interface Row {
  readonly what: string;
  readonly current: string;
  readonly other: string;
  readonly differs: boolean;
}

const UNREAD: AbsentReading = {
  kind: 'absent',
  reason: 'NoSource',
  message: 'it was not read: the controller reads the metrics of the spec that is in force',
};

/** `nowMs` is when it is told; it is decided at the time of the readings. */
export function compareSpecs(situation: Situation, spec: TargetSpec, nowMs: number): Comparison {
  const current = sideOf(situation, nowMs);
  const other = sideOf(withSpec(situation, spec), nowMs);
  return { current, other, rows: rowsOf(situation.spec, spec, current, other), notes: notesOf(situation.spec, spec) };
}

/** The same readings and memories under another spec: by what a metric measures, whatever it is called. */
function withSpec(situation: Situation, spec: TargetSpec): Situation {
  const before = situation.spec.metrics.map(subjectOf);
  const placeOf = (metric: Metric) => before.indexOf(subjectOf(metric));
  const readings = spec.metrics.map((metric) => situation.readings[placeOf(metric)] ?? UNREAD);
  const memories = spec.metrics.flatMap((metric): [string, MetricMemory][] => {
    const name = situation.spec.metrics[placeOf(metric)]?.name;
    const known = situation.history.metrics;
    const memory = name !== undefined && Object.hasOwn(known, name) ? known[name] : undefined;
    return memory === undefined ? [] : [[metric.name, memory]];
  });
  return { ...situation, spec, readings, history: { ...situation.history, metrics: Object.fromEntries(memories) } };
}

function sideOf(situation: Situation, nowMs: number): Side {
  const { spec, pods, now, namespace, name, defaults } = situation;
  const { decision } = decide(situation);
  const record = recordOf({
    decision,
    metrics: spec.metrics,
    outcome: outcomeOf(decision, spec),
    error: decision.error,
    cycle: undefined,
    readyPods: situation.selectorProblem
      ? undefined
      : pods.filter(({ ready, deleting }) => ready === 'True' && !deleting).length,
    leadTimeMs: undefined,
    now,
  });
  const about = { name: `${namespace}/${name}`, spec, conditions: decision.conditions, nowMs };
  const explanation = explainRecord(record, { ...about, defaultTolerance: defaults.tolerance });
  return { record, explanation, why: whyOfRecord(record) };
}

/** What the controller would do about it, but for what the API server or another autoscaler says. */
function outcomeOf({ rescale }: Decision, { mode }: TargetSpec): WriteOutcome | { readonly kind: 'none' } {
  if (!rescale) return { kind: 'none' };
  return mode === 'Recommend' ? { kind: 'withheld', why: 'Recommend' } : { kind: 'written' };
}

function rowsOf(before: TargetSpec, after: TargetSpec, current: Side, other: Side): Row[] {
  return [
    row('bounds', boundsText(before), boundsText(after)),
    row('guards', before.guards, after.guards),
    row('mode', before.mode, after.mode),
    ...metricRows(current.record.metrics ?? [], other.record.metrics ?? []),
    ...stepRows(current.record, other.record),
    row('size', String(current.record.desiredReplicas), String(other.record.desiredReplicas)),
    row('smaller from', earliestText(current.record), earliestText(other.record)),
    row('why', current.why, other.why),
  ].filter(({ differs, what }) => differs || !QUIET.has(what));
}

/** Worth a row only where they differ. */
const QUIET: ReadonlySet<string> = new Set(['guards', 'mode']);
const NONE = '-';

function row(what: string, current: string, other: string): Row {
  return { what, current, other, differs: current !== other };
}

function boundsText({ minReplicas, maxReplicas }: TargetSpec): string {
  return `${minReplicas}..${maxReplicas}`;
}

const METRIC_FIELDS: readonly (readonly [what: string, text: (metric: DecidedMetric) => string | undefined])[] = [
  ['value', ({ value }) => value],
  ['target', ({ target }) => target],
  ['ratio', ({ ratio }) => ratio],
  ['asks for', ({ proposal }) => (proposal === undefined ? undefined : String(proposal))],
  ['verdict', ({ verdict }) => verdict],
];

function metricRows(current: readonly DecidedMetric[], other: readonly DecidedMetric[]): Row[] {
  const names = [...new Set([...current, ...other].map(({ name }) => name))];
  return names.flatMap((name) => {
    const [left, right] = [current, other].map((metrics) => metrics.find((metric) => metric.name === name));
    return METRIC_FIELDS.map(([what, text]) =>
      row(`${name}: ${what}`, (left && text(left)) ?? NONE, (right && text(right)) ?? NONE),
    );
  });
}

function stepRows({ steps: current = [] }: DecisionRecord, { steps: other = [] }: DecisionRecord): Row[] {
  const text = (step: (typeof current)[number] | undefined) =>
    step === undefined ? NONE : `${step.before} → ${step.after} ${step.reason}`;
  const stages = [...new Set([...current, ...other].map(({ stage }) => stage))];
  return stages.map((stage) => {
    const at = (steps: typeof current) => steps.find((step) => step.stage === stage);
    return row(stage, text(at(current)), text(at(other)));
  });
}

function earliestText({ earliestScaleDown, scaleDownBlockedBy }: DecisionRecord): string {
  return [earliestScaleDown, scaleDownBlockedBy].filter((part) => part !== undefined).join(' ') || NONE;
}

/** What has no row of its own. */
const OTHER_FIELDS = ['behavior', 'initialization'] as const;

function notesOf(before: TargetSpec, after: TargetSpec): string[] {
  const read = new Set(before.metrics.map(subjectOf));
  const unread = after.metrics.filter((metric) => !read.has(subjectOf(metric))).map(({ name }) => name);
  const notes = unread.map(
    (name) => `${name} is not in the spec that is in force, so it was not read: it counts as missing, not as zero.`,
  );
  const [workload, otherWorkload] = [before, after].map(
    ({ scaleTargetRef }) => `${scaleTargetRef.kind}/${scaleTargetRef.name}`,
  );
  const others = OTHER_FIELDS.filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]));
  if (others.length > 0) notes.push(`Also different: ${others.join(', ')}.`);
  if (others.includes('behavior')) notes.push('The windows of both hold what the spec in force recommended and wrote.');
  if (workload === otherWorkload) return notes;
  return [...notes, `The other spec scales ${otherWorkload}; these are the pods and readings of ${workload}.`];
}
