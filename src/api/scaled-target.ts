// Turns a ScaledTarget as the API server stores it into what the decision uses. Lenient: unknown fields are passed over, objects
// may be older or newer than the schema, and nothing here throws or changes its input. A broken rule becomes a fault.
import { faultsOf, remedyOf } from './faults.ts';
import { asRecord, type JsonRecord, own, ownList, ownText, ownTimeMs, ownWhole, withoutNulls } from './json-input.ts';
import { readPreviousStatus } from './previous-status.ts';
import { specSchema } from './schema.ts';
import { METRIC_TYPES } from './schema-metrics.ts';
import type { ScaledTarget, SpecFault, TargetSpec } from './spec.ts';
import { readTakeOver } from './take-over.ts';
import { type MetricEntry, toTargetSpec } from './target-spec.ts';

/**
 * A ScaledTarget from the store or a manifest. `spec` is undefined when a rule is broken, and `faults` says which. `nowMs`, the
 * wall clock, lets times of the status that lie in the future be ignored.
 */
export function parseScaledTarget(raw: unknown, nowMs?: number): ScaledTarget {
  const object = asRecord(raw);
  const metadata = asRecord(own(object, 'metadata'));
  const namespace = ownText(metadata, 'namespace') ?? '';
  const name = ownText(metadata, 'name') ?? '';
  const { spec, faults } = parseSpec(own(object, 'spec'));
  const rawStatus = own(object, 'status');
  return {
    key: `${namespace}/${name}`,
    namespace,
    name,
    uid: ownText(metadata, 'uid') ?? '',
    generation: ownWhole(metadata, 'generation', 0, Number.MAX_SAFE_INTEGER) ?? 0,
    resourceVersion: ownText(metadata, 'resourceVersion') ?? '',
    createdAtMs: ownTimeMs(metadata, 'creationTimestamp') ?? 0,
    deleting: own(metadata, 'deletionTimestamp') !== undefined,
    spec,
    faults,
    takeOver: readTakeOver(metadata),
    previous: readPreviousStatus(rawStatus, spec, nowMs),
    rawStatus,
  };
}

/** A spec on its own, with the defaults filled in. An HPA's spec is one. */
export function parseSpec(raw: unknown): {
  readonly spec: TargetSpec | undefined;
  readonly faults: readonly SpecFault[];
} {
  const plain = withoutNulls(raw);
  const { judged, positions, unknown } = setUnknownMetricsAside(plain);
  const parsed = specSchema.safeParse(judged, { error: remedyOf, reportInput: true });
  if (!parsed.success) {
    const locate = (path: readonly PropertyKey[]): PropertyKey[] => {
      const [first, index, ...rest] = path;
      if (first !== 'metrics' || typeof index !== 'number') return ['spec', ...path];
      return ['spec', first, positions[index] ?? index, ...rest];
    };
    return { spec: undefined, faults: faultsOf(parsed.error.issues, locate) };
  }
  const entries: MetricEntry[] = [];
  for (const [index, known] of parsed.data.metrics.entries()) entries[positions[index] ?? index] = { known };
  for (const [index, metric] of unknown) entries[index] = { unknown: metric };
  return { spec: toTargetSpec(parsed.data, entries), faults: [] };
}

/**
 * A metric type of a later version is no fault of the spec: as in the HPA that metric fails and the others count. The schema
 * judges the rest; `positions` says where they stood.
 */
function setUnknownMetricsAside(spec: unknown): {
  readonly judged: unknown;
  readonly positions: readonly number[];
  readonly unknown: ReadonlyMap<number, JsonRecord>;
} {
  const record = asRecord(spec);
  const metrics = ownList(record, 'metrics');
  const unknown = new Map<number, JsonRecord>();
  for (const [index, metric] of metrics.entries()) {
    const type = ownText(asRecord(metric), 'type');
    if (type === undefined || type === '' || METRIC_TYPES.some((known) => known === type)) continue;
    unknown.set(index, asRecord(metric) ?? {});
  }
  if (unknown.size === 0) return { judged: spec, positions: [...metrics.keys()], unknown };
  const positions = [...metrics.keys()].filter((index) => !unknown.has(index));
  return { judged: { ...record, metrics: positions.map((index) => metrics[index]) }, positions, unknown };
}
