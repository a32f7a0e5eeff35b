// The CustomResourceDefinition of ScaledTarget, from the one schema. What the API server shows, defaults and refuses is here.
import { scaledTargetSchema } from './schema.ts';
import { type StructuralSchema, toStructuralSchema } from './structural-schema.ts';

export const GROUP = 'setpoint.dev';
export const VERSION = 'v1alpha1';
export const KIND = 'ScaledTarget';
export const PLURAL = 'scaledtargets';
export const API_VERSION = `${GROUP}/${VERSION}`;

interface PrinterColumn {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'date';
  readonly jsonPath: string;
  readonly description: string;
  /** Above 0: shown by `-o wide` only. */
  readonly priority?: number;
}

const COLUMNS: readonly PrinterColumn[] = [
  { name: 'Target', type: 'string', jsonPath: '.status.summary.target', description: 'What is scaled.' },
  { name: 'Metrics', type: 'string', jsonPath: '.status.summary.metrics', description: 'Values against targets.' },
  { name: 'Min', type: 'integer', jsonPath: '.spec.minReplicas', description: 'The least replicas.' },
  { name: 'Max', type: 'integer', jsonPath: '.spec.maxReplicas', description: 'The most replicas.' },
  { name: 'Current', type: 'integer', jsonPath: '.status.currentReplicas', description: 'The size last found.' },
  { name: 'Desired', type: 'integer', jsonPath: '.status.desiredReplicas', description: 'The size last decided on.' },
  { name: 'Why', type: 'string', jsonPath: '.status.summary.why', description: 'Why this size.' },
  { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', description: 'Since when it exists.' },
  { name: 'Mode', type: 'string', jsonPath: '.spec.mode', description: 'Scale or Recommend.', priority: 1 },
  {
    name: 'Last Scale',
    type: 'date',
    jsonPath: '.status.lastScaleTime',
    description: 'When the size was last changed.',
    priority: 1,
  },
];

/** The schema of the whole object: what users write, and the status. */
export function buildSchema(): StructuralSchema {
  const { properties, ...schema } = toStructuralSchema(scaledTargetSchema);
  // The API server itself looks after these; they may carry nothing but a type.
  return {
    ...schema,
    properties: {
      apiVersion: { type: 'string' },
      kind: { type: 'string' },
      metadata: { type: 'object' },
      ...properties,
    },
  };
}

/** The CRD as a plain object. */
export function buildCrd() {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${PLURAL}.${GROUP}` },
    spec: {
      group: GROUP,
      names: {
        kind: KIND,
        listKind: `${KIND}List`,
        plural: PLURAL,
        singular: KIND.toLowerCase(),
        shortNames: ['st'],
        categories: ['autoscaling'],
      },
      scope: 'Namespaced',
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: buildSchema() },
          subresources: { status: {} },
          additionalPrinterColumns: COLUMNS,
        },
      ],
    },
  };
}
