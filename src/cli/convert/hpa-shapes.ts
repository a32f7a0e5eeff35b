// The fields of a HorizontalPodAutoscaler's spec, by version of its API.
import type { Shape } from './shape.ts';

const REFERENCE = { apiVersion: 'any', kind: 'any', name: 'any' } as const;
const SELECTOR = {
  matchLabels: 'any',
  matchExpressions: [{ key: 'any', operator: 'any', values: 'any' }],
} as const satisfies Shape;
const BOUNDS = { scaleTargetRef: REFERENCE, minReplicas: 'any', maxReplicas: 'any' } as const satisfies Shape;

const TARGET = { type: 'any', averageUtilization: 'any', averageValue: 'quantity', value: 'quantity' } as const;
const METRIC = { name: 'any', selector: SELECTOR } as const satisfies Shape;
export const V2_METRIC = {
  type: 'any',
  resource: { name: 'any', target: TARGET },
  containerResource: { name: 'any', container: 'any', target: TARGET },
  pods: { metric: METRIC, target: TARGET },
  object: { describedObject: REFERENCE, metric: METRIC, target: TARGET },
  external: { metric: METRIC, target: TARGET },
} as const satisfies Shape;

const RULES = {
  stabilizationWindowSeconds: 'any',
  selectPolicy: 'any',
  policies: [{ type: 'any', value: 'any', periodSeconds: 'any' }],
  tolerance: 'quantity',
} as const satisfies Shape;
export const BEHAVIOR = { scaleUp: RULES, scaleDown: RULES } as const satisfies Shape;

/** autoscaling/v2, and v2beta2 before it. */
export const V2_SPEC = { ...BOUNDS, metrics: [V2_METRIC], behavior: BEHAVIOR } as const satisfies Shape;

export const V1_SPEC = { ...BOUNDS, targetCPUUtilizationPercentage: 'any' } as const satisfies Shape;

const RESOURCE_TARGET = { name: 'any', targetAverageUtilization: 'any', targetAverageValue: 'quantity' } as const;
/** As in v2beta1, and in the annotation of v1 that holds what its spec cannot say. */
export const FLAT_METRIC = {
  type: 'any',
  resource: RESOURCE_TARGET,
  containerResource: { ...RESOURCE_TARGET, container: 'any' },
  pods: { metricName: 'any', selector: SELECTOR, targetAverageValue: 'quantity' },
  object: {
    target: REFERENCE,
    metricName: 'any',
    selector: SELECTOR,
    targetValue: 'quantity',
    averageValue: 'quantity',
  },
  external: {
    metricName: 'any',
    metricSelector: SELECTOR,
    targetValue: 'quantity',
    targetAverageValue: 'quantity',
  },
} as const satisfies Shape;

export const V2BETA1_SPEC = { ...BOUNDS, metrics: [FLAT_METRIC] } as const satisfies Shape;
