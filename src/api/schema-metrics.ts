// The metric union of the spec: the HPA's five types in its shapes and with its limits, and Prometheus.
// One optional struct per type beside `type`, since a structural schema has no unions; rules tie the two together.
import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import { MAX_METRIC_NAME } from './limits.ts';
import { labelSelector, pathSegment, positiveQuantity, type Rule, text, whole, withRules } from './schema-parts.ts';

/** Metric types and the field that each needs. */
export const METRIC_FIELDS = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
  Prometheus: 'prometheus',
} as const;
export type MetricType = keyof typeof METRIC_FIELDS;
export const METRIC_TYPES = Object.keys(METRIC_FIELDS) as MetricType[];

/** A DNS label. */
const DNS_LABEL = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?$/;
const METRIC_NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_./]*[A-Za-z0-9])?$/;
/** Resources that a container can request: the built-in ones, or an extended resource with its domain. */
const CONTAINER_RESOURCE =
  /^(?:cpu|memory|ephemeral-storage|hugepages-(?:[-A-Za-z0-9_.]{0,52}[A-Za-z0-9])|[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*\/[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)$/;

const targetFields = {
  type: z
    .enum(['Utilization', 'Value', 'AverageValue'])
    .describe('Utilization (percent of the request), Value (in all) or AverageValue (per replica).'),
  averageUtilization: whole(1)
    .optional()
    .describe('Average over the pods, in percent of what they request. Resource and ContainerResource only.'),
  averageValue: positiveQuantity().optional().describe('Value per replica, a quantity above zero.'),
  value: positiveQuantity().optional().describe('Value in all, a quantity above zero.'),
};
const target = () => z.object(targetFields).describe('What the metric is compared with.');

type TargetOf = { readonly target: Partial<Record<'averageUtilization' | 'averageValue' | 'value', unknown>> };
type TargetField = keyof TargetOf['target'];

/** Exactly one of two target fields. */
function oneOf(first: TargetField, second: TargetField): Rule<TargetOf> {
  const both = `target has both ${first} and ${second}: keep one of them`;
  const neither = `target has neither ${first} nor ${second}: set one of them`;
  return {
    cel: `has(self.target.${first}) != has(self.target.${second})`,
    holds: ({ target }) => (target[first] === undefined) !== (target[second] === undefined),
    message: ({ target }) => (target[first] === undefined ? neither : both),
    celMessage: `has(self.target.${first}) ? '${both}' : '${neither}'`,
    field: 'target',
  };
}

const resource = withRules(
  z.object({
    name: z.string().min(1).max(253).describe('Name of the resource, such as cpu or memory.'),
    target: target(),
  }),
  [oneOf('averageUtilization', 'averageValue')],
).describe('A resource of the pods, summed over their containers, from metrics.k8s.io.');

const NO_QUOTA = 'is a quota and not a resource of a container: leave out requests.';
const containerResource = withRules(
  z.object({
    name: z
      .string()
      .max(317)
      .regex(CONTAINER_RESOURCE, 'must be cpu, memory, ephemeral-storage, hugepages-<size> or a domain/name resource')
      .describe('Name of the resource, such as cpu or memory.'),
    container: z
      .string()
      .max(63)
      .regex(DNS_LABEL, "must be a container's name: lower-case letters, digits and dashes")
      .describe('Name of the container, the same in every pod.'),
    target: target(),
  }),
  [
    oneOf('averageUtilization', 'averageValue'),
    {
      // What the API server takes for a quota and not for a resource of a container.
      cel: "!self.name.startsWith('requests.') || self.name.contains('kubernetes.io/')",
      holds: ({ name }) => !name.startsWith('requests.') || name.includes('kubernetes.io/'),
      message: ({ name }) => `"${name}" ${NO_QUOTA}`,
      celMessage: `'"' + self.name + '" ${NO_QUOTA}'`,
      field: 'name',
    },
  ],
).describe('A resource of one container of the pods, from metrics.k8s.io.');

const metricIdentifier = z
  .object({
    name: pathSegment(1024).describe('Name of the metric.'),
    selector: labelSelector()
      .optional()
      .describe('Labels that narrow the metric down. Unset: all series of that name.'),
  })
  .describe('Which metric.');

const pods = z
  .object({
    metric: metricIdentifier,
    target: z
      .object({ ...targetFields, averageValue: positiveQuantity().describe('Value per pod, a quantity above zero.') })
      .describe('What the metric is compared with.'),
  })
  .describe('A metric that each pod has, from custom.metrics.k8s.io, averaged over the pods.');

const describedObject = z
  .object({
    apiVersion: text(317)
      .regex(
        /^[^/]*(?:\/[^/]*)?$/,
        'must be a version such as v1 or a group and a version such as networking.k8s.io/v1',
      )
      .optional()
      .describe('Group and version of the object.'),
    kind: pathSegment(253).describe('Kind of the object.'),
    name: pathSegment(253).describe('Name of the object.'),
  })
  .describe('The object that the metric describes, in the same namespace.');

const object = withRules(z.object({ describedObject, metric: metricIdentifier, target: target() }), [
  {
    cel: 'has(self.target.value) || has(self.target.averageValue)',
    holds: ({ target }) => target.value !== undefined || target.averageValue !== undefined,
    message: () => 'target has neither value nor averageValue: set one of them',
    celMessage: "'target has neither value nor averageValue: set one of them'",
    field: 'target',
  },
]).describe('A metric of one Kubernetes object, from custom.metrics.k8s.io.');

const external = withRules(z.object({ metric: metricIdentifier, target: target() }), [
  oneOf('value', 'averageValue'),
]).describe('A metric from outside the cluster, from external.metrics.k8s.io; several series are summed.');

const prometheus = withRules(
  z.object({
    query: z
      .string()
      .max(4096)
      .regex(/[^ \t\r\n]/, 'must be a PromQL query')
      .describe('PromQL that answers with a scalar or a vector of one sample.'),
    source: z
      .string()
      .max(63)
      .regex(
        DNS_LABEL,
        'must be the name of a configured source, not an address: lower-case letters, digits and dashes',
      )
      .default(DEFAULTS.metric.prometheusSource)
      .describe('Name of a Prometheus server that the administrator configured. Default: default.'),
    timestampQuery: z
      .string()
      .max(4096)
      .regex(/[^ \t\r\n]/, 'must be a PromQL query')
      .optional()
      .describe(
        'PromQL whose value is the Unix time, in seconds, of the newest sample behind `query`, such as min(timestamp(...)). Unset: the age of the data is unknown.',
      ),
    target: target(),
  }),
  [oneOf('value', 'averageValue')],
).describe('The answer of a Prometheus query.');

const metricShape = z.object({
  type: z
    .enum(METRIC_TYPES)
    .describe(
      'Resource, ContainerResource, Pods, Object, External or Prometheus: says which of the fields below is set.',
    ),
  name: z
    .string()
    .max(MAX_METRIC_NAME)
    .regex(METRIC_NAME, 'must be letters, digits and -_./ with a letter or digit at both ends')
    .optional()
    .describe(
      'How status, events, metrics and logs call this metric; unique in the object. Unset: derived from the metric, such as cpu.',
    ),
  maxAgeSeconds: whole(1, 86_400)
    .default(DEFAULTS.metric.maxAgeSeconds)
    .describe(
      'Older samples may raise the size, not lower it, in seconds; without effect when guards are disabled. Default: 180.',
    ),
  direction: z
    .enum(['Both', 'Up', 'Down'])
    .default(DEFAULTS.metric.direction)
    .describe('Up: this metric never votes for fewer replicas, it abstains; Down: never for more. Default: Both.'),
  resource: resource.optional(),
  containerResource: containerResource.optional(),
  pods: pods.optional(),
  object: object.optional(),
  external: external.optional(),
  prometheus: prometheus.optional(),
});
type MetricShape = z.output<typeof metricShape>;

/** The struct of a type is there exactly when that is the type. */
function structOf(type: MetricType): Rule<MetricShape> {
  const field = METRIC_FIELDS[type];
  const missing = `type ${type} needs the field ${field}: add it`;
  return {
    cel: `(self.type == '${type}') == has(self.${field})`,
    holds: (metric) => (metric.type === type) === (metric[field] !== undefined),
    message: (metric) =>
      metric.type === type ? missing : `${field} must not be set when type is ${metric.type}: remove it or change type`,
    celMessage: `self.type == '${type}' ? '${missing}' : '${field} must not be set when type is ' + self.type + ': remove it or change type'`,
    field,
  };
}

export const metricSchema = withRules(metricShape, METRIC_TYPES.map(structOf)).describe(
  'One metric. Several metrics: the largest size that any asks for.',
);
export type MetricInput = z.output<typeof metricSchema>;
