// One cycle as its steps share it: what it was asked for, what it works with, and what it came to know.
import type { ScaledTarget, TargetSpec } from '../api/spec.ts';
import type { Clock } from '../base/clock.ts';
import type { Deadline } from '../base/deadline.ts';
import type { LogFields, Logger } from '../base/logger.ts';
import { type Span, type Tracer, traceFields } from '../base/tracing.ts';
import type { Decided } from '../decide/decide.ts';
import type { DecisionDefaults, Reading, Situation } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from '../record/cycle-report.ts';
import type { MetricReader } from '../sources/source.ts';
import type { Attempts } from './apply.ts';
import type { Conflict } from './conflicts.ts';
import type { CycleEnd } from './cycle-end.ts';
import type { Memory, TargetMemory } from './memory.ts';
import type { Owners } from './owners.ts';
import type { EventSink, Pods, Rivals, Scales, Targets, WriteGate } from './ports.ts';
import type { StatusRecorder } from './status-recorder.ts';
import type { Away } from './workers.ts';

/** What cycles work with; each step takes the part it needs. */
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
  readonly tracer: Tracer;
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

/** A cycle as it begins, whatever the target's spec is, and what it comes to know on its way. */
export interface BegunCycle {
  /** The leadership and a count, such as `5-1042`: the same in record, logs and spans. */
  readonly id: string;
  /** Undefined when nobody records it. */
  readonly span: Span | undefined;
  readonly request: CycleRequest;
  readonly target: ScaledTarget;
  /** Undefined: it cannot be read. */
  readonly spec: TargetSpec | undefined;
  readonly memory: TargetMemory;
  /** Of everything that is read. */
  readonly reading: Deadline;
  /** Wall clock and monotonic clock of the begin. */
  readonly atMs: number;
  readonly startedAt: number;
  readonly attempts: Attempts;
  readings: readonly Reading[] | undefined;
  readyPods: number | undefined;
}

/** A cycle with a spec to decide by. */
export interface Cycle extends BegunCycle {
  readonly spec: TargetSpec;
}

export function hasSpec(cycle: BegunCycle): cycle is Cycle {
  return cycle.spec !== undefined;
}

/** A decision and what became of it. */
export interface Concluded {
  readonly situation: Situation;
  readonly decided: Decided;
  readonly outcome: CycleReport['outcome'];
  readonly conflict: Conflict | undefined;
  readonly end: CycleEnd;
}

/** By which a log line is found from its target, its cycle and its span. */
export function fieldsOf({ target, id, span }: Pick<BegunCycle, 'target' | 'id' | 'span'>): LogFields {
  return { namespace: target.namespace, name: target.name, cycle: id, ...traceFields(span) };
}

/** Whether the target in the store is still the one this cycle decides on. */
export function isCurrent({ request, target }: BegunCycle, targets: Targets): boolean {
  const stored = targets.get(request.key);
  return stored?.uid === target.uid && stored.generation === target.generation && !stored.deleting;
}
