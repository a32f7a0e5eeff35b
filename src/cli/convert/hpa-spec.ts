// The spec of a HorizontalPodAutoscaler of any version as the spec of a ScaledTarget. What was left out stays left out where both
// mean the same by it; nothing is judged here.
import { asRecord, type JsonRecord, own, ownList, ownText } from '../../api/json-input.ts';
import { fromFlat, type Origins } from './flat-metric.ts';
import { BEHAVIOR, FLAT_METRIC, V1_SPEC, V2_METRIC, V2_SPEC, V2BETA1_SPEC } from './hpa-shapes.ts';
import { type Copied, copyKnown, type Shape } from './shape.ts';

/** In these the API server keeps what autoscaling/v1 (and behavior, what v2beta1) has no field for. */
export const METRICS_ANNOTATION = 'autoscaling.alpha.kubernetes.io/metrics';
export const BEHAVIOR_ANNOTATION = 'autoscaling.alpha.kubernetes.io/behavior';
const CPU_FIELD = 'spec.targetCPUUtilizationPercentage';

export const HPA_VERSIONS = ['autoscaling/v2', 'autoscaling/v1', 'autoscaling/v2beta2', 'autoscaling/v2beta1'] as const;
export type HpaVersion = (typeof HPA_VERSIONS)[number];

export interface ReadSpec {
  readonly spec: JsonRecord;
  readonly copied: Copied;
  /** Where fields of `spec` come from that stood elsewhere. */
  readonly origins: Origins;
  /** What else is to be told, in sentences. */
  readonly remarks: string[];
}

/** Reads `hpa.spec`, with v1's annotations. */
export function readHpaSpec(hpa: JsonRecord, version: HpaVersion): ReadSpec {
  const copied: Copied = { unknown: [], quoted: [], tooLong: [] };
  const read: ReadSpec = { spec: {}, copied, origins: new Map(), remarks: [] };
  const raw = own(hpa, 'spec') ?? {};
  const annotations = asRecord(own(asRecord(own(hpa, 'metadata')), 'annotations'));
  const copy = (shape: Shape) => copyKnown(raw, shape, { at: 'spec', copied }) as JsonRecord;
  if (version === 'autoscaling/v1') return { ...read, spec: fromV1(copy(V1_SPEC), annotations, read) };
  if (version === 'autoscaling/v2beta1') return { ...read, spec: fromV2beta1(copy(V2BETA1_SPEC), annotations, read) };
  return { ...read, spec: copy(V2_SPEC) };
}

function fromV1(spec: JsonRecord, annotations: JsonRecord | undefined, read: ReadSpec): JsonRecord {
  const { targetCPUUtilizationPercentage: percent, ...bounds } = spec;
  const metrics = metricsOfAnnotation(annotations, read);
  if (percent !== undefined) {
    const at = `spec.metrics[${metrics.length}]`;
    read.origins.set(`${at}.resource.target.averageUtilization`, CPU_FIELD);
    read.remarks.push(`${CPU_FIELD} is a metric of type Resource here.`);
    const target = { type: 'Utilization', averageUtilization: percent };
    metrics.push({ type: 'Resource', resource: { name: 'cpu', target } });
  }
  const behavior = behaviorOfAnnotation(annotations, read);
  return {
    ...bounds,
    ...(metrics.length === 0 ? {} : { metrics }),
    ...(behavior === undefined ? {} : { behavior }),
  };
}

function fromV2beta1(spec: JsonRecord, annotations: JsonRecord | undefined, read: ReadSpec): JsonRecord {
  const behavior = behaviorOfAnnotation(annotations, read);
  const metrics = own(spec, 'metrics');
  const converted = Array.isArray(metrics)
    ? metrics.map((metric: unknown, index) => {
        const at = `spec.metrics[${index}]`;
        return asRecord(metric) === undefined ? metric : fromFlat(metric as JsonRecord, at, at, read.origins);
      })
    : metrics;
  return {
    ...spec,
    ...(converted === undefined ? {} : { metrics: converted }),
    ...(behavior === undefined ? {} : { behavior }),
  };
}

/** Metrics that v1 has no field for: in v2beta1's shape as the API server writes them; in v2's, as people do. */
function metricsOfAnnotation(annotations: JsonRecord | undefined, read: ReadSpec): unknown[] {
  const parsed = parseAnnotation(annotations, METRICS_ANNOTATION, read);
  if (parsed === undefined) return [];
  if (!Array.isArray(parsed)) {
    ignoredAnnotation(METRICS_ANNOTATION, 'it is no list', read);
    return [];
  }
  if (parsed.length > 0) read.remarks.push(movedRemark(METRICS_ANNOTATION, 'spec.metrics'));
  return parsed.map((metric: unknown, index) => {
    const from = `${annotationField(METRICS_ANNOTATION)}[${index}]`;
    const to = `spec.metrics[${index}]`;
    read.origins.set(to, from);
    const isNested = isV2Metric(metric);
    const shape = isNested ? V2_METRIC : FLAT_METRIC;
    const known = copyKnown(metric, shape, { at: from, copied: read.copied, anyCase: true });
    return isNested || asRecord(known) === undefined ? known : fromFlat(known as JsonRecord, from, to, read.origins);
  });
}

function isV2Metric(metric: unknown): boolean {
  return Object.values(asRecord(metric) ?? {}).some((member) => {
    const struct = asRecord(member);
    const target = asRecord(own(struct, 'target'));
    return (
      own(struct, 'metric') !== undefined ||
      ['Utilization', 'Value', 'AverageValue'].includes(ownText(target, 'type') ?? '')
    );
  });
}

/** The API server writes it in Go's own names (`ScaleUp`), and so takes them in any case. One without content counts as none. */
function behaviorOfAnnotation(annotations: JsonRecord | undefined, read: ReadSpec): unknown {
  const parsed = parseAnnotation(annotations, BEHAVIOR_ANNOTATION, read);
  if (parsed === undefined) return undefined;
  if (asRecord(parsed) === undefined) {
    ignoredAnnotation(BEHAVIOR_ANNOTATION, 'it is no object', read);
    return undefined;
  }
  const at = annotationField(BEHAVIOR_ANNOTATION);
  const behavior = copyKnown(parsed, BEHAVIOR, { at, copied: read.copied, anyCase: true }) as JsonRecord;
  if (Object.keys(behavior).length === 0) return undefined;
  read.origins.set('spec.behavior', at);
  read.remarks.push(movedRemark(BEHAVIOR_ANNOTATION, 'spec.behavior'));
  return behavior;
}

/** Undefined when there is none, or when it is no JSON: the API server passes over that too. */
function parseAnnotation(annotations: JsonRecord | undefined, name: string, read: ReadSpec): unknown {
  const text = ownText(annotations, name);
  if (text === undefined) return undefined;
  try {
    return (JSON.parse(text) as unknown) ?? undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    ignoredAnnotation(name, 'it is no JSON', read);
    return undefined;
  }
}

function ignoredAnnotation(name: string, why: string, read: ReadSpec): void {
  read.remarks.push(`The annotation ${name} is left out, as the API server does: ${why}.`);
}

function movedRemark(annotation: string, field: string): string {
  return `What the annotation ${annotation} holds is ${field} here: compare it with kubectl get hpa.v2.autoscaling.`;
}

function annotationField(name: string): string {
  return `metadata.annotations["${name}"]`;
}

/** Whether the HPA names no metric at all: cpu at 80 % then, for a ScaledTarget as for an HPA. */
export function hasNoMetric(spec: JsonRecord): boolean {
  const metrics = own(spec, 'metrics');
  return metrics === undefined || (Array.isArray(metrics) && ownList(spec, 'metrics').length === 0);
}
