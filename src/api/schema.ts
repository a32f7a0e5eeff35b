// What a user may write in a ScaledTarget: the one source of the parser, of the CRD and of the reference page.
// Every valid autoscaling/v2 HPA spec is valid here, and what the API server refuses in an HPA is refused here.
import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import { MAX_METRICS } from './limits.ts';
import { behaviorSchema } from './schema-behavior.ts';
import { metricSchema } from './schema-metrics.ts';
import { pathSegment, type Rule, text, whole, withRules } from './schema-parts.ts';
import { statusSchema } from './schema-status.ts';

/** Metric types that can tell load while there are no pods. */
const TYPES_FOR_ZERO: readonly string[] = ['Object', 'External', 'Prometheus'];

const REF_MESSAGE = 'names no API group: write group and version, such as apps/v1';
const scaleTargetRef = withRules(
  z.object({
    apiVersion: text(317)
      .regex(/^[^/]*(?:\/[^/]*)?$/, 'must be a group and a version such as apps/v1')
      .optional()
      .describe(
        'Group and version of the workload, such as apps/v1. May be left out for a ReplicationController only.',
      ),
    kind: pathSegment(253).describe(
      'Kind of the workload, such as Deployment. Anything with a scale subresource will do.',
    ),
    name: pathSegment(253).describe('Name of the workload.'),
  }),
  [
    {
      cel: "self.kind == 'ReplicationController' || (has(self.apiVersion) && self.apiVersion.contains('/') && !self.apiVersion.startsWith('/'))",
      holds: ({ kind, apiVersion = '' }) => kind === 'ReplicationController' || apiVersion.indexOf('/') > 0,
      message: ({ apiVersion = '' }) => `"${apiVersion}" ${REF_MESSAGE}`,
      celMessage: `'"' + (has(self.apiVersion) ? self.apiVersion : '') + '" ${REF_MESSAGE}'`,
      field: 'apiVersion',
    },
  ],
).describe('The workload to scale, in the same namespace.');

const initialization = z
  .object({
    cpuInitializationPeriodSeconds: whole(0, 86_400)
      .optional()
      .describe(
        'How long after its start a pod may be left out of cpu metrics while it warms up, in seconds. Unset: --cpu-initialization-period.',
      ),
    initialReadinessDelaySeconds: whole(0, 86_400)
      .optional()
      .describe(
        'How long after its start a pod that is not ready counts as not yet ready, in seconds. Unset: --initial-readiness-delay.',
      ),
  })
  .describe('How pods that have just started are judged.');

const specShape = z.object({
  scaleTargetRef,
  minReplicas: whole(0)
    .default(DEFAULTS.minReplicas)
    .describe('The least replicas. 0 needs an Object, External or Prometheus metric. Default: 1.'),
  maxReplicas: whole(1).describe('The most replicas; not below minReplicas.'),
  metrics: z
    .array(metricSchema)
    .max(MAX_METRICS)
    .prefault(() => structuredClone(DEFAULTS.metrics) as unknown as z.input<typeof metricSchema>[])
    .describe(
      'What decides the size: the largest size that any metric asks for. None: cpu at 80 percent of the request.',
    ),
  behavior: behaviorSchema.optional(),
  syncPeriodSeconds: whole(1, 3600)
    .optional()
    .describe('How often this target is decided, in seconds, 1 to 3600. Unset: --sync-period.'),
  mode: z
    .enum(['Scale', 'Recommend'])
    .default(DEFAULTS.mode)
    .describe('Recommend: decide, record and show everything, and never write the size. Default: Scale.'),
  guards: z
    .enum(['Enabled', 'Disabled'])
    .default(DEFAULTS.guards)
    .describe('Disabled: decide exactly as the HorizontalPodAutoscaler does. Default: Enabled.'),
  initialization: initialization.optional(),
});
type SpecShape = z.output<typeof specShape>;

const NEEDS_METRIC =
  'minReplicas 0 needs an Object, External or Prometheus metric: add one or set minReplicas to 1 or more';

function repeatedName({ metrics }: SpecShape): string | undefined {
  const names = metrics.flatMap(({ name }) => (name === undefined ? [] : [name]));
  return names.find((name, index) => names.indexOf(name) !== index);
}

const specRules: Rule<SpecShape>[] = [
  {
    cel: '!has(self.minReplicas) || self.minReplicas <= self.maxReplicas',
    holds: ({ minReplicas, maxReplicas }) => minReplicas <= maxReplicas,
    message: ({ minReplicas, maxReplicas }) =>
      `maxReplicas ${maxReplicas} is below minReplicas ${minReplicas}: raise maxReplicas or lower minReplicas`,
    // The API server cannot bound the cost of a text made of numbers, nor of one taken out of a list.
    celMessage: "'maxReplicas is below minReplicas: raise maxReplicas or lower minReplicas'",
    field: 'maxReplicas',
  },
  {
    cel: `!has(self.minReplicas) || self.minReplicas != 0 || (has(self.metrics) && self.metrics.exists(m, m.type in [${TYPES_FOR_ZERO.map((type) => `'${type}'`).join(', ')}]))`,
    holds: ({ minReplicas, metrics }) => minReplicas !== 0 || metrics.some(({ type }) => TYPES_FOR_ZERO.includes(type)),
    message: () => NEEDS_METRIC,
    celMessage: `'${NEEDS_METRIC}'`,
    field: 'minReplicas',
  },
  {
    cel: '!has(self.metrics) || self.metrics.all(m, !has(m.name) || self.metrics.exists_one(n, has(n.name) && n.name == m.name))',
    holds: (spec) => repeatedName(spec) === undefined,
    message: (spec) => `name "${repeatedName(spec) ?? ''}" is given to more than one metric: give each its own`,
    celMessage: "'a name is given to more than one metric: give each its own'",
    field: 'metrics',
  },
];

export const specSchema = withRules(specShape, specRules).describe(
  'What to scale, between which sizes, on which metrics.',
);
export type SpecInput = z.output<typeof specSchema>;

/** The object without `apiVersion`, `kind` and `metadata`, which belong to the API server. */
export const scaledTargetSchema = z
  .object({ spec: specSchema, status: statusSchema.optional() })
  .describe('Scales a workload on its metrics, as a HorizontalPodAutoscaler does and more safely.');
