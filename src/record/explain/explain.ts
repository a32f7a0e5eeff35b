// A decision in plain sentences: why the size is what it is, what each metric asked for, what changed the number, what became of
// it, and what would change it next. Words only: nothing is decided here, and the same record and time give the same words.
import type { TargetSpec } from '../../api/spec.ts';
import type { DecidedMetric, DecisionRecord } from '../../api/schema-decision.ts';
import { nextSentences } from './next.ts';
import { causeOf, isFailed, stopOf } from './why.ts';
import { capital, countOf, durationText, NOT_WRITTEN, phraseOf, whenText } from './words.ts';

/** What is known beside the record. */
export interface About {
  /** How the target is called, such as `shop/web`. */
  readonly name: string;
  /** The spec that is in force; undefined where it is not known or breaks a rule. */
  readonly spec: TargetSpec | undefined;
  readonly conditions: readonly ExplainedCondition[];
  readonly nowMs: number;
  /** The controller's --tolerance, where known. */
  readonly defaultTolerance?: number | undefined;
  /** False: an earlier decision, of which there is no next. True where unset. */
  readonly inForce?: boolean;
}

/** A condition as a status shows it: its words may be of a later version. */
export interface ExplainedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A story in parts, each of whole sentences. */
export interface Explanation {
  readonly headline: string;
  /** One for each metric. */
  readonly metrics: readonly string[];
  /** What changed the number, in order. */
  readonly steps: readonly string[];
  /** What became of the size; empty when nothing was decided. */
  readonly outcome: string;
  /** What would change the size now; empty for an earlier decision. */
  readonly next: readonly string[];
}

/** All sentences in the order of the story. */
export function sentencesOf({ headline, metrics, steps, outcome, next }: Explanation): string[] {
  return [headline, ...metrics, ...steps, ...(outcome === '' ? [] : [outcome]), ...next];
}

/** The story of the last decision; undefined: there was none yet. */
export function explainRecord(record: DecisionRecord | undefined, about: About): Explanation {
  const { name, nowMs, inForce = true } = about;
  // The record is then of before.
  const stop = inForce ? stopOf(about, about.conditions) : undefined;
  if (!record) {
    const headline = stop
      ? `${name}: nothing is decided: ${sentence(stop.message)}`
      : `${name}: nothing was decided yet.`;
    return { headline, metrics: [], steps: [], outcome: '', next: stop ? [remedyOf(stop)] : [] };
  }
  const story = {
    metrics: (record.metrics ?? []).map((metric) => metricSentence(metric, record)),
    steps: stepSentences(record),
    outcome: outcomeSentence(record, about),
  };
  if (stop) {
    const last = `The last decision was made ${whenText(record.time, nowMs)}:`;
    const headline = `${name}: nothing is decided now: ${sentence(stop.message)} ${last}`;
    return { headline, ...story, next: [remedyOf(stop)] };
  }
  const { spec, defaultTolerance } = about;
  const next = inForce ? nextSentences({ record, spec, nowMs, defaultTolerance }) : [];
  return { headline: headlineOf(record, about), ...story, next: [...next, ...conflictSentences(record, about)] };
}

function remedyOf({ reason }: ExplainedCondition): string {
  return reason === 'InvalidSpec'
    ? 'The size stays as it is until the spec is corrected.'
    : 'The size stays as it is until it can be read again.';
}

function headlineOf(record: DecisionRecord, { name, nowMs }: About): string {
  const { currentReplicas: from, desiredReplicas: to, outcome } = record;
  const { subject, limit } = causeOf(record);
  const cause = [subject, limit].filter((part) => part !== '').join(', ');
  const because = cause === '' ? '' : `: ${cause}`;
  const when = `(decided ${whenText(record.time, nowMs)})`;
  if (from === to) return `${name} stays at ${countOf(to, 'replica')}${because} ${when}.`;
  const notWritten = outcome === undefined ? undefined : NOT_WRITTEN[outcome];
  if (notWritten !== undefined) {
    return `${name} stays at ${countOf(from, 'replica')}; ${to} ${notWritten}${because} ${when}.`;
  }
  return `${name} went from ${from} to ${countOf(to, 'replica')}${because} ${when}.`;
}

function metricSentence(metric: DecidedMetric, { currentReplicas }: DecisionRecord): string {
  const { name, proposal, rawProposal, detail = '' } = metric;
  if (proposal === undefined) {
    const because = detail === '' ? 'nothing was read' : detail;
    return isFailed(metric)
      ? `${name} has no usable reading: ${sentence(because)}`
      : `${name} asks for nothing: ${sentence(because)}`;
  }
  const same = proposal === currentReplicas ? ', the size it has' : '';
  const raw = rawProposal === undefined ? '' : ` (${rawProposal} before guards and direction)`;
  const parts = [measuredText(metric), withoutName(detail, name)].filter((part) => part !== '');
  const why = parts.length === 0 ? '' : `: ${parts.join(', ')}`;
  return sentence(`${name} asks for ${countOf(proposal, 'replica')}${same}${raw}${why}`);
}

/** `37% against a target of 60% (sample 14 s old)` */
function measuredText({ value, target, ageSeconds }: DecidedMetric): string {
  if (value === undefined) return '';
  const goal = target === undefined ? '' : ` against a target of ${target}`;
  return `${value}${goal}${ageSeconds === undefined ? '' : ` (sample ${durationText(ageSeconds * 1000)} old)`}`;
}

function withoutName(detail: string, name: string): string {
  return detail.startsWith(`${name} is `) ? detail.slice(name.length + 4) : detail;
}

function stepSentences(record: DecisionRecord): string[] {
  return (record.steps ?? []).map(({ stage, before, after, reason, detail }) => {
    const change = before === after ? `stays at ${after}` : `${before} → ${after}`;
    if (stage === 'combine' && record.winner !== undefined) {
      const whose = (record.metrics ?? []).length === 1 ? 'The proposal' : 'The largest proposal';
      return `${whose}, of ${record.winner}, counts: ${change}.`;
    }
    const phrase = phraseOf(reason);
    return `${capital(phrase)}: ${change}${detail === undefined || detail === phrase ? '' : ` (${detail})`}.`;
  });
}

function outcomeSentence(record: DecisionRecord, { conditions }: About): string {
  const { currentReplicas: from, desiredReplicas: to, outcome, error } = record;
  const failed = error === undefined || isToldAlready(record) ? '' : `, with an error: ${error}`;
  if (outcome === 'Failed') {
    const why = error === undefined ? '' : `: ${error}`;
    return sentence(`Result: ${countOf(from, 'replica')}; the new size of ${to} could not be written${why}`);
  }
  if (outcome === 'Recommend')
    return `Result: ${countOf(to, 'replica')} recommended and not written (mode: Recommend); the size is ${from}.`;
  if (outcome === 'Conflict') {
    const conflict = conditions.find(({ type, status }) => type === 'Conflict' && status === 'True');
    const who = conflict ? `: ${conflict.message}` : ': somebody else sets the size of this workload';
    return sentence(`Result: ${countOf(from, 'replica')}; the new size of ${to} was not written${who}`);
  }
  if (from === to) return sentence(`Result: ${countOf(from, 'replica')}, no change${failed}`);
  return sentence(`Result: from ${countOf(from, 'replica')} to ${countOf(to, 'replica')}${failed}`);
}

/** What failed metrics and missing pods say of themselves need not be said again. */
function isToldAlready({ metrics, steps }: DecisionRecord): boolean {
  return (metrics ?? []).some(isFailed) || (steps ?? []).some(({ reason }) => reason === 'NoUsableMetric');
}

/** A conflict that the record itself does not tell of. */
function conflictSentences({ outcome }: DecisionRecord, { conditions, inForce = true }: About): string[] {
  if (!inForce || outcome === 'Conflict') return [];
  const conflict = conditions.find(({ type, status }) => type === 'Conflict' && status === 'True');
  return conflict ? [sentence(`There is a conflict: ${conflict.message}`)] : [];
}

/** With a full stop, unless it ends in one. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
