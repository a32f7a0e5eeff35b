// The end of a cycle: events, conditions, the report and the status, after a decision and where there was none. The report comes
// first: whoever looks on does not wait for the API server. What the status looks like and whether it is worth a write is said in
// src/record and status-recorder.ts.
import type { DecisionRecord } from '../api/schema-decision.ts';
import { isNotFound, messageOf } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { scaleUnreadable } from '../decide/conclude.ts';
import { withCondition } from '../decide/conditions.ts';
import { withoutDecision } from '../decide/guards/hold-time.ts';
import type { CycleReport } from '../record/cycle-report.ts';
import { recordOf } from '../record/decision-record.ts';
import { whyOfRecord } from '../record/explain/why.ts';
import { followLeadTime } from '../record/lead-time.ts';
import { tellRescale } from '../record/rescale-text.ts';
import { tellConflict } from './conflicts.ts';
import { type BegunCycle, type Concluded, type Cycle, fieldsOf, type ReconcilerOptions } from './cycle.ts';
import { type CycleEnd, failedWith } from './cycle-end.ts';
import type { NoScale } from './read-scale.ts';
import { tellDecided, tellUndecided } from './spans.ts';
import type { Shown, ShowResult } from './status-recorder.ts';

type Options = Pick<ReconcilerOptions, 'events' | 'status' | 'observer' | 'clock' | 'logger' | 'gate'>;

const UNDECIDED = { decision: undefined, record: undefined, rescaled: false } as const;

/** A decision was made: it is remembered, told and shown. */
export function recordDecision(
  cycle: Cycle,
  { situation, decided, outcome, conflict, end }: Concluded,
  options: Options,
): Promise<CycleEnd> {
  const { events } = options;
  const { target, spec, memory } = cycle;
  const { decision, history } = decided;
  memory.history = history;
  for (const event of decision.events) events.record(target, tellRescale(event, decision, spec));
  if (conflict) events.record(target, { type: 'Warning', reason: 'Conflict', message: conflict.message });
  const conditions = tellConflict(decision.conditions, conflict);
  const error = decision.error ?? (end.kind === 'error' ? end.error : undefined);
  const rescaled = outcome.kind === 'written';
  const { leadTime, measuredMs } = followLeadTime(memory.leadTime, {
    atMs: cycle.atMs,
    replicas: decision.currentReplicas,
    readyPods: cycle.readyPods,
    written: rescaled ? { from: decision.currentReplicas, to: decision.desiredReplicas } : undefined,
  });
  memory.leadTime = leadTime;
  const record = recordOf({
    decision,
    metrics: spec.metrics,
    outcome,
    error,
    cycle: { id: cycle.id, epoch: options.gate.epoch },
    readyPods: cycle.readyPods,
    leadTimeMs: leadTime.lastMs,
    now: cycle.atMs,
  });
  tellDecided(cycle.span, decision, record);
  logSize(cycle, record, outcome, options.logger);
  if (memory.openWrite?.cycle === cycle.id) memory.openWrite = { ...memory.openWrite, why: whyOfRecord(record) };
  const told = conditions === decision.conditions ? decision : { ...decision, conditions };
  report(cycle, { decision: told, record, situation, conditions, outcome, error, leadTimeMs: measuredMs }, options);
  const shown = show(cycle, { decision, record, conditions, rescaled }, options);
  return end.kind === 'error' ? shown.then(() => end) : shown;
}

/** A size that was written, or could not be, with its whole story. */
function logSize(cycle: Cycle, record: DecisionRecord, outcome: CycleReport['outcome'], logger: Logger): void {
  const { currentReplicas: from, desiredReplicas: to } = record;
  const fields = { ...fieldsOf(cycle), from, to, decision: record };
  if (outcome.kind === 'written') logger.info('size written', fields);
  else if (outcome.kind === 'failed') logger.warn('size not written', { ...fields, error: outcome.message });
}

/** The scale cannot be read: status keeps its other fields. */
export async function recordUnreadable(cycle: Cycle, { problem, error }: NoScale, options: Options): Promise<CycleEnd> {
  if (cycle.request.stopping.aborted) return { kind: 'waiting', retry: 'period' };
  const { target, spec } = cycle;
  const { namespace, previous } = target;
  const told = scaleUnreadable(problem, { spec, namespace, previous });
  tellUndecided(cycle.span, 'FailedGetScale', told.error.message);
  for (const event of told.events) options.events.record(target, event);
  report(cycle, { ...UNDECIDED, conditions: told.conditions, outcome: { kind: 'none' }, error: told.error }, options);
  await show(cycle, { ...UNDECIDED, conditions: told.conditions }, options);
  return failedWith(error);
}

/** The object breaks a rule of the spec: it says so and nothing is done. */
export function recordInvalid(cycle: BegunCycle, options: Options): Promise<CycleEnd> {
  const { target } = cycle;
  const message = target.faults.map((fault) => fault.message).join('; ') || 'the spec cannot be read';
  tellUndecided(cycle.span, 'InvalidSpec', message);
  options.events.record(target, { type: 'Warning', reason: 'InvalidSpec', message });
  const conditions = withCondition(target.previous.conditions, {
    type: 'ScalingActive',
    status: 'False',
    reason: 'InvalidSpec',
    message,
  });
  const error = { message: `invalid spec: ${message}` };
  report(cycle, { ...UNDECIDED, conditions, outcome: { kind: 'none' }, error }, options);
  return show(cycle, { ...UNDECIDED, conditions }, options);
}

async function show(
  begun: BegunCycle,
  shown: Pick<Shown, 'decision' | 'record' | 'conditions' | 'rescaled'>,
  options: Options,
): Promise<CycleEnd> {
  const { id: cycle, span, target, memory, atMs: now, request } = begun;
  if (!shown.decision) memory.history = withoutDecision(memory.history, now);
  const { decision, record, conditions, rescaled } = shown;
  const whole = { target, memory, cycle, span, decision, record, conditions, rescaled, now };
  const { status, observer, clock } = options;
  try {
    return endAfter(begun, await status.show(whole, request.signal), options);
  } finally {
    observer.ended?.(clock.monotonic() - begun.startedAt);
  }
}

function endAfter(begun: BegunCycle, written: ShowResult, { events, logger }: Options): CycleEnd {
  if (written.kind === 'done') return { kind: 'done' };
  if (written.kind === 'closed') return { kind: 'waiting', retry: 'period' };
  if (isNotFound(written.error)) return { kind: 'waiting', retry: 'soon' };
  const error = messageOf(written.error);
  events.record(begun.target, { type: 'Warning', reason: 'FailedUpdateStatus', message: error });
  logger.warn('status not written', { ...fieldsOf(begun), error });
  return failedWith(written.error);
}

function report(
  cycle: BegunCycle,
  told: Pick<CycleReport, 'decision' | 'record' | 'situation' | 'conditions' | 'outcome' | 'error' | 'leadTimeMs'>,
  { observer }: Options,
): void {
  observer.concluded({
    cycle: cycle.id,
    target: cycle.target,
    readings: cycle.readings ?? [],
    readyPods: cycle.readyPods,
    atMs: cycle.atMs,
    lagMs: cycle.request.lagMs,
    decision: told.decision,
    record: told.record,
    situation: told.situation,
    conditions: told.conditions,
    outcome: told.outcome,
    error: told.error,
    leadTimeMs: told.leadTimeMs,
  });
}
