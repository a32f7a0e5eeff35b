// The objects that the contract is about: a kind of its own with all that a CRD can say, and workloads without pods.

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
export const NO_UID = '00000000-0000-0000-0000-000000000000';

const gaugeSpec = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', minimum: 0, maximum: 100 },
    unit: { type: 'string', default: 'rps', enum: ['rps', 'ms'] },
    low: { type: 'integer' },
    high: { type: 'integer' },
    fixed: {
      type: 'string',
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed is fixed' }],
    },
    share: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
    note: { type: 'string', nullable: true, minLength: 2 },
    since: { type: 'string', format: 'date-time' },
    tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
    labels: { type: 'object', maxProperties: 2, additionalProperties: { type: 'string' } },
    free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    nested: {
      type: 'object',
      default: {},
      properties: { depth: { type: 'integer', default: 1 } },
    },
    steps: {
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', pattern: '^[a-z]+$', maxLength: 8 },
          value: { type: 'integer' },
        },
      },
    },
  },
  'x-kubernetes-validations': [
    {
      rule: '!has(self.low) || !has(self.high) || self.low <= self.high',
      // Of constant parts: the API server refuses what it cannot show to be cheap, such as joining texts of any length.
      messageExpression: "self.low - self.high > 10 ? 'low is far above high' : 'low is above high'",
      fieldPath: '.low',
    },
  ],
};

const gaugeStatus = {
  type: 'object',
  properties: {
    size: { type: 'integer' },
    selector: { type: 'string' },
    conditions: {
      type: 'array',
      items: { type: 'object', properties: { type: { type: 'string' }, status: { type: 'string' } } },
    },
  },
};

/** `Gauge`, with a status, a scale, columns, and a schema with most of what a schema can ask for. */
export const gaugeCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gauges.contract.setpoint.dev' },
  spec: {
    group: 'contract.setpoint.dev',
    scope: 'Namespaced',
    names: { plural: 'gauges', singular: 'gauge', kind: 'Gauge', shortNames: ['gg'], categories: ['instruments'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.size',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Unit', type: 'string', jsonPath: '.spec.unit', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
        schema: { openAPIV3Schema: { type: 'object', properties: { spec: gaugeSpec, status: gaugeStatus } } },
      },
    ],
  },
};

/** `Dial`, the least that a CRD can be: no status, nothing required. */
export const dialCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'dials.contract.setpoint.dev' },
  spec: {
    group: 'contract.setpoint.dev',
    scope: 'Namespaced',
    names: { plural: 'dials', kind: 'Dial' },
    versions: [
      {
        name: 'v2',
        served: true,
        storage: true,
        subresources: { scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } },
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', properties: { size: { type: 'integer' } } },
              status: { type: 'object', properties: { size: { type: 'integer' } } },
            },
          },
        },
      },
    ],
  },
};

export function gauge(name: string, spec: Record<string, unknown>, metadata: Record<string, unknown> = {}) {
  return { apiVersion: 'contract.setpoint.dev/v1', kind: 'Gauge', metadata: { name, ...metadata }, spec };
}

/** A workload of a built-in kind that has a scale; without replicas, so that no pods come and go while the suite looks. */
export function workload(kind: 'Deployment' | 'StatefulSet' | 'ReplicaSet' | 'ReplicationController', name: string) {
  const isOld = kind === 'ReplicationController';
  return {
    apiVersion: isOld ? 'v1' : 'apps/v1',
    kind,
    metadata: { name, labels: { app: name } },
    spec: {
      replicas: 0,
      selector: isOld ? { app: name } : { matchLabels: { app: name } },
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'app', image: 'registry.invalid/app:1' }] },
      },
    },
  };
}

export function configMap(name: string, data: Record<string, string>, metadata: Record<string, unknown> = {}) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data };
}
