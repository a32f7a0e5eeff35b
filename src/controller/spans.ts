// The spans of a cycle: what they are called and what they say. docs/tracing.md has them as a table. Each function does nothing for a
// span that is undefined; the bench builds the controller without them by an empty version of this file.
import type { DecisionRecord } from '../api/schema-decision.ts';
import type { Metric, ScaledTarget } from '../api/spec.ts';
import { ApiStatusError, messageOf, SetpointError } from '../base/errors.ts';
import type { Span, SpanAttributes, Tracer } from '../base/tracing.ts';
import { type Decided, decide } from '../decide/decide.ts';
import type { Decision, Reading, Situation } from '../decide/types.ts';
import { whyOfRecord } from '../record/explain/why.ts';
import type { Applied } from './apply.ts';
import type { CycleEnd } from './cycle-end.ts';
import type { Scale } from './ports.ts';

/** Kinds of workloads that OpenTelemetry has an attribute for. */
const WORKLOADS: Readonly<Record<string, string>> = {
  Deployment: 'k8s.deployment.name',
  ReplicaSet: 'k8s.replicaset.name',
  ReplicationController: 'k8s.replicationcontroller.name',
  StatefulSet: 'k8s.statefulset.name',
};

/** The span of a cycle; undefined when nobody records it. */
export function startCycle(
  tracer: Tracer,
  id: string,
  { namespace, name, generation, spec }: ScaledTarget,
  lagMs: number,
): Span | undefined {
  if (!tracer.isOn()) return undefined;
  const ref = spec?.scaleTargetRef;
  const everywhere = { 'k8s.namespace.name': namespace, 'setpoint.name': name, 'setpoint.cycle': id };
  return tracer.start('setpoint.cycle', everywhere, {
    'setpoint.generation': generation,
    'setpoint.lag_ms': Math.round(lagMs),
    'setpoint.mode': spec?.mode,
    'setpoint.workload.kind': ref?.kind,
    'setpoint.workload.name': ref?.name,
    ...(ref && Object.hasOwn(WORKLOADS, ref.kind) && { [WORKLOADS[ref.kind] ?? '']: ref.name }),
  });
}

/** What was decided and what became of it, in the words of the status. */
export function tellDecided(span: Span | undefined, decision: Decision, record: DecisionRecord): void {
  if (!span) return;
  span.set(attributesOf(decision));
  span.set({
    'setpoint.outcome': record.outcome,
    'setpoint.why': whyOfRecord(record),
    'setpoint.replicas.ready': record.readyReplicas,
  });
  if (!decision.error) return;
  const failing = decision.conditions.find(
    ({ type, status }) => status === 'False' && (type === 'AbleToScale' || type === 'ScalingActive'),
  );
  span.fail(failing?.reason ?? decision.error.kind, decision.error.message);
}

/** Why nothing could be decided: the reason of the condition that says so. */
export function tellUndecided(span: Span | undefined, reason: string, message: string): void {
  if (!span) return;
  span.set({ 'setpoint.outcome': 'Undecided', 'setpoint.reason': reason });
  span.fail(reason, message);
}

function attributesOf(decision: Decision): SpanAttributes {
  return {
    'setpoint.reason': decision.steps.at(-1)?.reason,
    'setpoint.metric.winner': decision.winner,
    'setpoint.replicas.current': decision.currentReplicas,
    'setpoint.replicas.desired': decision.desiredReplicas,
    'setpoint.replicas.unclamped': decision.unclampedReplicas,
  };
}

/** Ends the span of a cycle; gives its end back. */
export function endCycle(span: Span | undefined, end: CycleEnd): CycleEnd {
  if (!span) return end;
  span.set({ 'setpoint.end': end.kind, 'setpoint.retry': 'retry' in end ? end.retry : undefined });
  if (end.kind === 'error') failWith(span, end.error);
  span.end();
  return end;
}

/** Decides, as a part of the cycle. */
export function decideWithin(cycle: Span | undefined, situation: Situation): Decided {
  if (!cycle) return decide(situation);
  const span = cycle.child('setpoint.decide', { 'setpoint.pods': situation.pods.length });
  try {
    const decided = decide(situation);
    const { decision } = decided;
    span.set(attributesOf(decision));
    span.set({ 'setpoint.outcome': decision.rescale ? 'Rescale' : 'Hold' });
    if (decision.error) span.fail(decision.error.kind, decision.error.message);
    return decided;
  } catch (error) {
    failWith(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** The read of one metric. */
export function startRead(cycle: Span | undefined, metric: Metric): Span | undefined {
  return cycle?.child('setpoint.read', {
    'setpoint.metric.name': metric.name,
    'setpoint.metric.type': metric.type === 'Unknown' ? metric.typeName : metric.type,
    'setpoint.source': sourceOf(metric),
    'setpoint.read.shared': false,
  });
}

export function endRead(span: Span | undefined, reading: Reading): void {
  if (!span) return;
  if (reading.kind === 'absent') {
    span.set({ 'setpoint.outcome': 'Absent', 'setpoint.reason': reading.reason });
    span.fail(reading.reason, reading.message);
  } else {
    span.set({
      'setpoint.outcome': 'Read',
      'setpoint.read.samples': reading.kind === 'pods' ? reading.samples.size : undefined,
    });
  }
  span.end();
}

/** The write of a size, with its attempts. */
export function startScaleWrite(cycle: Span | undefined, scale: Scale, replicas: number): Span | undefined {
  return cycle?.child('setpoint.scale.write', {
    'setpoint.workload.kind': scale.kind,
    'setpoint.workload.name': scale.name,
    'setpoint.replicas.current': scale.specReplicas,
    'setpoint.replicas.desired': replicas,
  });
}

export function endScaleWrite(span: Span | undefined, applied: Applied, attempts: number): void {
  if (!span) return;
  span.set({ 'setpoint.outcome': APPLIED[applied.kind], 'setpoint.attempts': attempts });
  if (applied.kind === 'moved') span.set({ 'setpoint.replicas.found': applied.scale.specReplicas });
  if ('error' in applied) {
    span.set({ 'setpoint.reason': wordFor(applied.error) });
    failWith(span, applied.error);
  }
  span.end();
}

const APPLIED: Readonly<Record<Applied['kind'], string>> = {
  written: 'Written',
  moved: 'Moved',
  void: 'Void',
  closed: 'Closed',
  failed: 'Failed',
};

/** The write of a status: at once, or later by the budget, when the cycle has ended. */
export function startStatusWrite(cycle: Span | undefined, kind: 'change' | 'refresh'): Span | undefined {
  return cycle?.child('setpoint.status.write', { 'setpoint.status.kind': kind });
}

/** @param error undefined: it was written. */
export function endStatusWrite(span: Span | undefined, error?: unknown): void {
  if (!span) return;
  if (error === undefined) span.set({ 'setpoint.outcome': 'Written' });
  else {
    span.set({ 'setpoint.outcome': 'Failed', 'setpoint.reason': wordFor(error) });
    failWith(span, error);
  }
  span.end();
}

/** As the metrics of the sources call it. */
function sourceOf(metric: Metric): string | undefined {
  switch (metric.type) {
    case 'Resource':
    case 'ContainerResource':
      return 'metrics.k8s.io';
    case 'Prometheus':
      return `prometheus/${metric.source}`;
    case 'Pods':
    case 'Object':
      return 'custom.metrics.k8s.io';
    case 'External':
      return 'external.metrics.k8s.io';
    case 'Unknown':
    default:
      return undefined;
  }
}

function failWith(span: Span, error: unknown): void {
  span.fail(wordFor(error), messageOf(error));
}

function wordFor(error: unknown): string {
  if (error instanceof ApiStatusError) return error.reason || `HTTP ${error.status}`;
  if (error instanceof SetpointError) return error.code;
  return error instanceof Error ? error.name : 'Unknown';
}
