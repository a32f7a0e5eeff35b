// One cycle of one target, start to end: find it, read its scale, pods and metrics, decide, write the size, record why.
// Promises: ends as done, gone, waiting or error and never rejects; sleeps nowhere; writes only what was decided on the target
// and the workload as they are now. When the next cycle comes is controller.ts.
import type { Condition, ScaledTarget, TargetSpec } from '../api/spec.ts';
import { type Deadline, startDeadline } from '../base/deadline.ts';
import type { Clock } from '../base/clock.ts';
import { isNotFound, messageOf, SetpointError } from '../base/errors.ts';
import type { Logger } from '../base/logger.ts';
import { conclude, scaleUnreadable, type UnreadableScale } from '../decide/conclude.ts';
import { withCondition } from '../decide/conditions.ts';
import { decide, type Decided, needsReadings } from '../decide/decide.ts';
import { withoutDecision } from '../decide/guards/hold-time.ts';
import type { Decision, DecisionDefaults, Reading, Situation, WriteOutcome } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from '../record/cycle-report.ts';
import { tellRescale } from '../record/rescale-text.ts';
import type { MetricReader } from '../sources/source.ts';
import { applySize, type Attempts } from './apply.ts';
import { followClock } from './clock-jump.ts';
import { type Conflict, findConflict, noteFoundSize, tellConflict } from './conflicts.ts';
import { type CycleEnd, failedWith } from './cycle-end.ts';
import { gather } from './gather.ts';
import type { Memory, TargetMemory } from './memory.ts';
import { type Owners, workloadRefOf } from './owners.ts';
import { mayHaveTakenEffect, settleOpenWrite } from './open-write.ts';
import type { EventSink, Pods, PodSelection, Rivals, Scale, Scales, Targets, WriteGate } from './ports.ts';
import { besideStalePods } from './stale-pods.ts';
import type { StatusRecorder } from './status-recorder.ts';
import type { Away } from './workers.ts';

export interface ReconcilerOptions {
  readonly targets: Targets;
  readonly scales: Scales;
  readonly pods: Pods;
  readonly rivals: Rivals;
  readonly reader: MetricReader;
  readonly gate: WriteGate;
  readonly events: EventSink;
  readonly status: Pick<StatusRecorder, 'show' | 'forget'>;
  readonly observer: CycleObserver;
  readonly memory: Memory;
  readonly owners: Owners;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly defaults: DecisionDefaults;
}

/** One turn of one key. */
export interface CycleRequest {
  readonly key: string;
  /** The scheduled time: reads with the same tick are shared. */
  readonly tickMs: number;
  readonly lagMs: number;
  /** Aborts everything: leadership is lost. */
  readonly signal: AbortSignal;
  /** Aborts reads: the process is stopping, or leadership is lost; writes under way may end. */
  readonly stopping: AbortSignal;
  readonly away: Away;
}

/** Attempts to write one size, conflicts included. */
const WRITE_ATTEMPTS = 5;
/**
 * For everything that is read. The client and the sources have deadlines of their own, 30 s at most; this is for one that
 * breaks its promise.
 */
const READ_TIMEOUT_MS = 35_000;
/** For writing one size, attempts included. */
const WRITE_TIMEOUT_MS = 20_000;
/** A store that shows a workload as it was before our own write is waited for this long. */
const STORE_BEHIND_MS = 5_000;

/** What a cycle knows, in the order it comes to know it. */
interface Cycle {
  readonly request: CycleRequest;
  readonly target: ScaledTarget;
  readonly spec: TargetSpec;
  readonly memory: TargetMemory;
  /** Of everything that is read. */
  readonly reading: Deadline;
  readonly atMs: number;
  readonly startedAt: number;
  readonly attempts: Attempts;
  readings: readonly Reading[] | undefined;
  readyPods: number | undefined;
}

/** A decision and what became of it. */
interface Concluded {
  readonly decided: Decided;
  readonly outcome: CycleReport['outcome'];
  readonly conflict: Conflict | undefined;
  readonly end: CycleEnd;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Works on one key. Never rejects. */
  async cycle(request: CycleRequest): Promise<CycleEnd> {
    const { targets, clock, logger } = this.#options;
    const stored = targets.get(request.key);
    if (!stored || stored.deleting) return this.#forget(request.key);
    const reading = startDeadline(clock, READ_TIMEOUT_MS, request.stopping);
    try {
      return await this.#work(request, stored, reading);
    } catch (error) {
      // Nothing below is expected to throw: this is a fault of ours, contained to one target.
      logger.error('cycle failed', { target: request.key, error: messageOf(error), stack: stackOf(error) });
      return failedWith(error);
    } finally {
      reading.dispose();
    }
  }

  #forget(key: string): CycleEnd {
    const { memory, owners, status, observer } = this.#options;
    memory.forget(key);
    owners.forget(key);
    status.forget(key);
    const slash = key.indexOf('/');
    observer.forgotten(key.slice(0, slash), key.slice(slash + 1));
    return { kind: 'gone' };
  }

  async #work(request: CycleRequest, stored: ScaledTarget, reading: Deadline): Promise<CycleEnd> {
    const { memory, owners, clock } = this.#options;
    owners.note(stored);
    const remembered = memory.recall(stored, workloadRefOf(stored));
    const target = memory.latest(stored, remembered);
    const [atMs, startedAt] = [clock.now(), clock.monotonic()];
    followClock(remembered, atMs, startedAt);
    const begun = { request, target, memory: remembered, reading, atMs, startedAt };
    const { spec } = target;
    if (!spec) return this.#invalid({ ...begun, spec });
    const attempts = { left: WRITE_ATTEMPTS };
    const cycle: Cycle = { ...begun, spec, attempts, readings: undefined, readyPods: undefined };
    const scale = await this.#readScale(cycle);
    if ('problem' in scale) return this.#unreadable(cycle, scale);
    if (this.#isBehind(cycle, scale)) return { kind: 'waiting', retry: 'soon' };
    memory.meet(remembered, scale.uid);
    const concluded = await this.#settle(cycle, scale);
    if ('kind' in concluded) return concluded;
    return this.#record(cycle, concluded);
  }

  async #readScale(cycle: Cycle): Promise<Scale | { problem: UnreadableScale; error: unknown }> {
    const { scaleTargetRef } = cycle.spec;
    if (scaleTargetRef.apiVersion.split('/').length > 2) {
      const message = `unexpected GroupVersion string: ${scaleTargetRef.apiVersion}`;
      return { problem: { what: 'apiVersion', message }, error: new SetpointError('NotScalable', message) };
    }
    try {
      const read = this.#options.scales.read(cycle.target.namespace, scaleTargetRef, cycle.reading.signal);
      return await cycle.request.away(read);
    } catch (error) {
      const unknown = error instanceof SetpointError && error.code === 'NotScalable';
      return { problem: { what: unknown ? 'kind' : 'scale', message: messageOf(error) }, error };
    }
  }

  /** Whether the store still shows the workload as it was before the size we wrote. */
  #isBehind({ memory }: Cycle, scale: Scale): boolean {
    const { wrote } = memory;
    if (!wrote || wrote.over !== scale.resourceVersion) return false;
    return this.#options.clock.monotonic() - wrote.atMs < STORE_BEHIND_MS;
  }

  /** Decides and writes, again on a new size when somebody changed it meanwhile, as long as attempts are left. */
  async #settle(cycle: Cycle, found: Scale): Promise<Concluded | CycleEnd> {
    const { pods, owners, rivals } = this.#options;
    for (let scale = found; ; ) {
      settleOpenWrite(cycle.memory, scale, cycle.spec);
      noteFoundSize(cycle.memory, scale.specReplicas, cycle.atMs);
      const selection = pods.select(cycle.target.namespace, scale.selector);
      const situation = await this.#situationOf(cycle, scale, selection);
      if (!situation) return { kind: 'waiting', retry: 'period' };
      const decided = decide(situation);
      const conflict = findConflict(cycle.target, scale, { owners, rivals, memory: cycle.memory });
      const withheld = withholding(cycle.spec, decided.decision, conflict);
      if (withheld) return this.#conclude(situation, decided, { outcome: withheld, conflict, end: { kind: 'done' } });
      if (!decided.decision.rescale) return { decided, outcome: { kind: 'none' }, conflict, end: { kind: 'done' } };
      const applied = await this.#apply(cycle, scale, decided.decision.desiredReplicas);
      switch (applied.kind) {
        case 'written':
          return this.#conclude(situation, decided, { outcome: applied, conflict, end: { kind: 'done' } });
        case 'failed': {
          const outcome = { kind: 'failed', message: applied.message } as const;
          return this.#conclude(situation, decided, { outcome, conflict, end: failedWith(applied.error) });
        }
        case 'closed':
          // The recommendation counts although it could not be written: the window must not have a hole.
          cycle.memory.history = decided.history;
          return { kind: 'waiting', retry: 'period' };
        case 'void':
          return { kind: 'waiting', retry: 'soon' };
        case 'moved':
          scale = applied.scale;
      }
    }
  }

  #conclude(
    situation: Situation,
    decided: Decided,
    { outcome, conflict, end }: { outcome: WriteOutcome; conflict: Conflict | undefined; end: CycleEnd },
  ): Concluded {
    return { decided: conclude(decided, outcome, situation), outcome, conflict, end };
  }

  /** Everything the decision needs; undefined when the target changed, or the process is stopping, while metrics were read. */
  async #situationOf(cycle: Cycle, scale: Scale, selection: PodSelection): Promise<Situation | undefined> {
    const { target, spec, memory, request } = cycle;
    const { rivals, defaults } = this.#options;
    const pods = selection.pods ?? [];
    const mayOverlap = selection.problem === undefined && spec.mode === 'Scale';
    const overlapping = mayOverlap ? rivals.overlapping(target, scale, pods) : [];
    const ambiguous =
      overlapping.length > 1
        ? ({ kind: 'ambiguous', rivals: overlapping, selector: scale.selector ?? '' } as const)
        : undefined;
    cycle.readyPods = selection.problem ? undefined : countReady(selection.pods);
    const known = {
      now: cycle.atMs,
      namespace: target.namespace,
      name: target.name,
      spec,
      scale: { specReplicas: scale.specReplicas, statusReplicas: scale.statusReplicas },
      selectorProblem: selection.problem ?? ambiguous,
      pods,
      previous: target.previous,
      history: memory.history,
      defaults,
    };
    if (!needsReadings(known)) return { ...known, readings: [] };
    cycle.readings ??= await this.#readMetrics(cycle, scale, selection);
    if (request.stopping.aborted || !this.#isCurrent(cycle)) return undefined;
    return { ...known, readings: cycle.readings };
  }

  async #readMetrics(cycle: Cycle, scale: Scale, { pods = [], isStale }: PodSelection): Promise<readonly Reading[]> {
    const { reader, logger } = this.#options;
    const { target, spec, request, reading } = cycle;
    const context = {
      namespace: target.namespace,
      name: target.name,
      podNames: new Set(pods.map(({ name }) => name)),
      selector: scale.selector ?? '',
      tickMs: request.tickMs,
    };
    const readings = await request.away(gather(reader, spec.metrics, context, { deadline: reading, logger }));
    return isStale ? besideStalePods(spec.metrics, readings) : readings;
  }

  async #apply(cycle: Cycle, scale: Scale, replicas: number) {
    const { scales, gate, clock, logger } = this.#options;
    const { target, attempts, memory } = cycle;
    const isCurrent = () => this.#isCurrent(cycle);
    const deadline = startDeadline(clock, WRITE_TIMEOUT_MS, cycle.request.signal);
    const writing = applySize(scale, replicas, deadline.signal, { scales, gate, isCurrent, attempts });
    // Writes may hang as well, behind an admission webhook: they hold no worker.
    const applied = await cycle.request.away(writing);
    deadline.dispose();
    const fields = { namespace: target.namespace, name: target.name, from: scale.specReplicas, to: replicas };
    if (applied.kind === 'written') {
      memory.wrote = { replicas, over: scale.resourceVersion, atMs: clock.monotonic() };
      memory.openWrite = undefined;
      logger.info('size written', fields);
    } else if (applied.kind === 'failed') {
      if (mayHaveTakenEffect(applied.error)) {
        const { specReplicas: from, resourceVersion: over } = scale;
        memory.openWrite = { from, to: replicas, over, atMs: cycle.atMs, sentAt: clock.monotonic() };
      }
      logger.warn('size not written', { ...fields, error: applied.message });
    }
    return applied;
  }

  /** Whether the target in the store is still the one this cycle decides on. */
  #isCurrent({ request, target }: Cycle): boolean {
    const stored = this.#options.targets.get(request.key);
    return stored?.uid === target.uid && stored.generation === target.generation && !stored.deleting;
  }

  async #record(cycle: Cycle, { decided, outcome, conflict, end }: Concluded): Promise<CycleEnd> {
    const { events } = this.#options;
    const { target, spec, memory } = cycle;
    const { decision, history } = decided;
    memory.history = history;
    for (const event of decision.events) events.record(target, tellRescale(event, decision, spec));
    if (conflict) events.record(target, { type: 'Warning', reason: 'Conflict', message: conflict.message });
    const conditions = tellConflict(decision.conditions, conflict);
    const shown = await this.#show(cycle, { decision, conditions, rescaled: outcome.kind === 'written' });
    this.#report(cycle, { decision: { ...decision, conditions }, outcome, error: errorOf(decision, end) });
    return end.kind === 'error' ? end : shown;
  }

  /** The scale cannot be read: status keeps its other fields. */
  async #unreadable(cycle: Cycle, { problem, error }: { problem: UnreadableScale; error: unknown }): Promise<CycleEnd> {
    if (cycle.request.stopping.aborted) return { kind: 'waiting', retry: 'period' };
    const { target, spec } = cycle;
    const { namespace, previous } = target;
    const told = scaleUnreadable(problem, { spec, namespace, previous });
    for (const event of told.events) this.#options.events.record(target, event);
    await this.#show(cycle, { decision: undefined, conditions: told.conditions, rescaled: false });
    this.#report(cycle, { decision: undefined, outcome: { kind: 'none' }, error: told.error });
    return failedWith(error);
  }

  /** The object breaks a rule of the spec: it says so and nothing is done. */
  async #invalid(cycle: Omit<Cycle, 'spec' | 'attempts' | 'readings' | 'readyPods'> & { spec: undefined }) {
    const { target } = cycle;
    const message = target.faults.map((fault) => fault.message).join('; ') || 'the spec cannot be read';
    this.#options.events.record(target, { type: 'Warning', reason: 'InvalidSpec', message });
    const conditions = withCondition(target.previous.conditions, {
      type: 'ScalingActive',
      status: 'False',
      reason: 'InvalidSpec',
      message,
    });
    const end = await this.#show(cycle, { decision: undefined, conditions, rescaled: false });
    const error = { message: `invalid spec: ${message}` };
    this.#report(cycle, { decision: undefined, outcome: { kind: 'none' }, error });
    return end;
  }

  async #show(
    cycle: Pick<Cycle, 'request' | 'target' | 'memory' | 'atMs'>,
    shown: { decision: Decision | undefined; conditions: readonly Condition[]; rescaled: boolean },
  ): Promise<CycleEnd> {
    const { status, events, logger } = this.#options;
    const { target, memory, atMs, request } = cycle;
    if (!shown.decision) memory.history = withoutDecision(memory.history, atMs);
    const written = await status.show({ target, memory, now: atMs, ...shown }, request.signal);
    if (written.kind === 'done') return { kind: 'done' };
    if (written.kind === 'closed') return { kind: 'waiting', retry: 'period' };
    if (isNotFound(written.error)) return { kind: 'waiting', retry: 'soon' };
    events.record(target, { type: 'Warning', reason: 'FailedUpdateStatus', message: messageOf(written.error) });
    logger.warn('status not written', {
      namespace: target.namespace,
      name: target.name,
      error: messageOf(written.error),
    });
    return failedWith(written.error);
  }

  #report(
    cycle: Pick<Cycle, 'target' | 'request' | 'atMs' | 'startedAt'> & Partial<Pick<Cycle, 'readings' | 'readyPods'>>,
    report: Pick<CycleReport, 'decision' | 'outcome' | 'error'>,
  ): void {
    const { observer, clock } = this.#options;
    observer.finished({
      target: cycle.target,
      readings: cycle.readings ?? [],
      readyPods: cycle.readyPods,
      atMs: cycle.atMs,
      lagMs: cycle.request.lagMs,
      durationMs: clock.monotonic() - cycle.startedAt,
      ...report,
    });
  }
}

/** Why a size that was decided is not to be written, if so. */
function withholding(
  spec: TargetSpec,
  { rescale, desiredReplicas, currentReplicas }: Decision,
  conflict: Conflict | undefined,
): Extract<WriteOutcome, { kind: 'withheld' }> | undefined {
  if (!rescale) return undefined;
  if (spec.mode === 'Recommend') return { kind: 'withheld', why: 'Recommend' };
  if (!conflict) return undefined;
  if (conflict.withholds === 'lowering' && desiredReplicas > currentReplicas) return undefined;
  return { kind: 'withheld', why: 'Conflict' };
}

function errorOf(decision: Decision, end: CycleEnd): CycleReport['error'] {
  return decision.error ?? (end.kind === 'error' ? end.error : undefined);
}

function countReady(pods: readonly { readonly ready: string | undefined; readonly deleting: boolean }[]): number {
  let ready = 0;
  for (const pod of pods) if (pod.ready === 'True' && !pod.deleting) ready += 1;
  return ready;
}

function stackOf(error: unknown): string | undefined {
  return error instanceof Error ? error.stack : undefined;
}
