// The end of a cycle: events, conditions, status and the report, after a decision and where there was none. What the status looks
// like and whether it is worth a write is said in src/record and status-recorder.ts.
import type { Condition } from '../api/spec.ts';
import { isNotFound, messageOf } from '../base/errors.ts';
import { scaleUnreadable } from '../decide/conclude.ts';
import { withCondition } from '../decide/conditions.ts';
import { withoutDecision } from '../decide/guards/hold-time.ts';
import type { Decision } from '../decide/types.ts';
import type { CycleReport } from '../record/cycle-report.ts';
import { tellRescale } from '../record/rescale-text.ts';
import { tellConflict } from './conflicts.ts';
import type { BegunCycle, Concluded, Cycle, ReconcilerOptions } from './cycle.ts';
import { type CycleEnd, failedWith } from './cycle-end.ts';
import type { NoScale } from './read-scale.ts';

type Options = Pick<ReconcilerOptions, 'events' | 'status' | 'observer' | 'clock' | 'logger'>;

/** A decision was made: it is remembered, told and shown. */
export async function recordDecision(
  cycle: Cycle,
  { decided, outcome, conflict, end }: Concluded,
  options: Options,
): Promise<CycleEnd> {
  const { events } = options;
  const { target, spec, memory } = cycle;
  const { decision, history } = decided;
  memory.history = history;
  for (const event of decision.events) events.record(target, tellRescale(event, decision, spec));
  if (conflict) events.record(target, { type: 'Warning', reason: 'Conflict', message: conflict.message });
  const conditions = tellConflict(decision.conditions, conflict);
  const shown = await show(cycle, { decision, conditions, rescaled: outcome.kind === 'written' }, options);
  const error = decision.error ?? (end.kind === 'error' ? end.error : undefined);
  report(cycle, { decision: { ...decision, conditions }, outcome, error }, options);
  return end.kind === 'error' ? end : shown;
}

/** The scale cannot be read: status keeps its other fields. */
export async function recordUnreadable(cycle: Cycle, { problem, error }: NoScale, options: Options): Promise<CycleEnd> {
  if (cycle.request.stopping.aborted) return { kind: 'waiting', retry: 'period' };
  const { target, spec } = cycle;
  const { namespace, previous } = target;
  const told = scaleUnreadable(problem, { spec, namespace, previous });
  for (const event of told.events) options.events.record(target, event);
  await show(cycle, { decision: undefined, conditions: told.conditions, rescaled: false }, options);
  report(cycle, { decision: undefined, outcome: { kind: 'none' }, error: told.error }, options);
  return failedWith(error);
}

/** The object breaks a rule of the spec: it says so and nothing is done. */
export async function recordInvalid(cycle: BegunCycle, options: Options): Promise<CycleEnd> {
  const { target } = cycle;
  const message = target.faults.map((fault) => fault.message).join('; ') || 'the spec cannot be read';
  options.events.record(target, { type: 'Warning', reason: 'InvalidSpec', message });
  const conditions = withCondition(target.previous.conditions, {
    type: 'ScalingActive',
    status: 'False',
    reason: 'InvalidSpec',
    message,
  });
  const end = await show(cycle, { decision: undefined, conditions, rescaled: false }, options);
  const error = { message: `invalid spec: ${message}` };
  report(cycle, { decision: undefined, outcome: { kind: 'none' }, error }, options);
  return end;
}

async function show(
  { target, memory, atMs, request }: BegunCycle,
  shown: { decision: Decision | undefined; conditions: readonly Condition[]; rescaled: boolean },
  { status, events, logger }: Options,
): Promise<CycleEnd> {
  if (!shown.decision) memory.history = withoutDecision(memory.history, atMs);
  const written = await status.show({ target, memory, now: atMs, ...shown }, request.signal);
  if (written.kind === 'done') return { kind: 'done' };
  if (written.kind === 'closed') return { kind: 'waiting', retry: 'period' };
  if (isNotFound(written.error)) return { kind: 'waiting', retry: 'soon' };
  const error = messageOf(written.error);
  events.record(target, { type: 'Warning', reason: 'FailedUpdateStatus', message: error });
  logger.warn('status not written', { namespace: target.namespace, name: target.name, error });
  return failedWith(written.error);
}

function report(
  cycle: BegunCycle & Partial<Pick<Cycle, 'readings' | 'readyPods'>>,
  told: Pick<CycleReport, 'decision' | 'outcome' | 'error'>,
  { observer, clock }: Options,
): void {
  observer.finished({
    target: cycle.target,
    readings: cycle.readings ?? [],
    readyPods: cycle.readyPods,
    atMs: cycle.atMs,
    lagMs: cycle.request.lagMs,
    durationMs: clock.monotonic() - cycle.startedAt,
    ...told,
  });
}
