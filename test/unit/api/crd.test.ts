import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { buildCrd, buildSchema } from '../../../src/api/crd.ts';
import { renderReference } from '../../../src/api/reference.ts';
import { statusSchema } from '../../../src/api/schema-status.ts';
import { type StructuralSchema, toStructuralSchema } from '../../../src/api/structural-schema.ts';
import { admit } from '../../support/crd-admission.ts';
import { cpu, specWith } from '../../support/spec-vectors.ts';

function walk(schema: StructuralSchema, path: string, visit: (schema: StructuralSchema, path: string) => void): void {
  visit(schema, path);
  for (const [key, child] of Object.entries(schema.properties ?? {})) walk(child, `${path}.${key}`, visit);
  if (schema.items) walk(schema.items, `${path}[]`, visit);
  if (schema.additionalProperties) walk(schema.additionalProperties, `${path}{}`, visit);
}

describe('the CRD', () => {
  const [version] = buildCrd().spec.versions;

  it('is the file in crds/', () => {
    const file = parse(readFileSync(new URL('../../../crds/scaledtargets.yaml', import.meta.url), 'utf8')) as unknown;
    expect(file).toEqual(JSON.parse(JSON.stringify(buildCrd())));
  });

  it('has the names, the status subresource and the columns', () => {
    expect(buildCrd().metadata.name).toBe('scaledtargets.setpoint.dev');
    expect(buildCrd().spec.names).toMatchObject({
      kind: 'ScaledTarget',
      shortNames: ['st'],
      categories: ['autoscaling'],
    });
    expect(version?.subresources).toEqual({ status: {} });
    const columns = version?.additionalPrinterColumns ?? [];
    expect(columns.filter(({ priority = 0 }) => priority === 0).map(({ name }) => name)).toEqual([
      'Target',
      'Metrics',
      'Min',
      'Max',
      'Current',
      'Desired',
      'Why',
      'Age',
    ]);
    expect(columns.filter(({ priority = 0 }) => priority === 1).map(({ name }) => name)).toEqual([
      'Mode',
      'Last Scale',
    ]);
  });

  it('shows columns that exist', () => {
    for (const { name, jsonPath } of version?.additionalPrinterColumns ?? []) {
      if (jsonPath.startsWith('.metadata.')) continue;
      const node = jsonPath
        .slice(1)
        .split('.')
        .reduce<StructuralSchema | undefined>((schema, key) => schema?.properties?.[key], buildSchema());
      expect({ name, type: node?.type }).toEqual({ name, type: expect.stringMatching(/^(string|integer)$/) });
    }
  });

  it('describes and bounds every field', () => {
    const undescribed: string[] = [];
    const { spec, status } = buildSchema().properties ?? {};
    for (const [root, path] of [
      [spec, 'spec'],
      [status, 'status'],
    ] as const) {
      walk(root ?? {}, path, (schema, at) => {
        for (const key of Object.keys(schema.properties ?? {})) {
          if (schema.properties?.[key]?.description === undefined) undescribed.push(`${at}.${key}`);
        }
      });
    }
    // In the status a few say all by their name, as in the HPA.
    expect(undescribed.filter((path) => path.startsWith('spec'))).toEqual([]);
  });

  it('has no default where the controller has a flag', () => {
    const defaults: string[] = [];
    walk(buildSchema(), '', (schema, path) => {
      if (schema.default !== undefined) defaults.push(path);
    });
    expect(defaults).toEqual([
      '.spec.minReplicas',
      '.spec.metrics',
      '.spec.metrics[].maxAgeSeconds',
      '.spec.metrics[].direction',
      '.spec.metrics[].prometheus.source',
      '.spec.behavior.scaleUp',
      '.spec.behavior.scaleUp.stabilizationWindowSeconds',
      '.spec.behavior.scaleUp.selectPolicy',
      '.spec.behavior.scaleUp.policies',
      '.spec.behavior.scaleDown',
      '.spec.behavior.scaleDown.selectPolicy',
      '.spec.behavior.scaleDown.policies',
      '.spec.mode',
      '.spec.guards',
    ]);
  });

  it('stores an empty behavior with the rules of both directions', () => {
    const { object } = admit({ spec: specWith({ behavior: {} }) });
    expect((object['spec'] as Record<string, unknown>)['behavior']).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  it('says limits and rules in the reference page', () => {
    const page = renderReference();
    expect(page).toContain('| `maxReplicas` (required) | whole number from 1 |');
    expect(page).toContain('| `metrics[].prometheus.query` (required) | text, at most 4096 |');
    expect(page).toContain('`!has(self.minReplicas) || self.minReplicas <= self.maxReplicas`');
  });
});

describe('the status', () => {
  const time = '2026-01-01T00:00:00Z';
  const status: z.input<typeof statusSchema> = {
    observedGeneration: 1,
    currentReplicas: 2,
    desiredReplicas: 3,
    lastScaleTime: time,
    currentMetrics: [
      {
        type: 'Resource',
        name: 'cpu',
        sampleTime: time,
        resource: { name: 'cpu', current: { averageUtilization: 73, averageValue: '365m' } },
      },
      { type: 'Prometheus', name: 'rps', prometheus: { source: 'default', current: { value: '120' } } },
      { type: '' },
    ],
    conditions: [
      {
        type: 'AbleToScale',
        status: 'True',
        observedGeneration: 1,
        lastTransitionTime: time,
        reason: 'ReadyForNewScale',
        message: 'm',
      },
    ],
    lastDecision: {
      time,
      epoch: 4,
      currentReplicas: 2,
      desiredReplicas: 3,
      unclampedReplicas: 5,
      winner: 'cpu',
      metrics: [
        {
          name: 'cpu',
          value: '73%',
          target: '60%',
          sampleTime: time,
          ratio: '1.2167',
          proposal: 5,
          verdict: 'MetricProposal',
        },
      ],
      steps: [{ stage: 'rate', before: 5, after: 3, reason: 'ScaleUpLimit', detail: 'd' }],
      earliestScaleDown: time,
    },
    scaleEvents: { up: [{ change: 1, time }], down: [] },
    history: [{ time, from: 2, to: 3, reason: 'cpu above target' }],
    summary: { target: 'Deployment/web', metrics: 'cpu: 73%/60%', why: 'cpu above target' },
  };

  it('is accepted and nothing of it is pruned', () => {
    const { faults, dropped, object } = admit({
      spec: specWith({ metrics: [cpu] }),
      status,
    });
    expect(faults).toEqual([]);
    expect(dropped).toEqual([]);
    expect(object['status']).toEqual(status);
    expect(statusSchema.parse(status)).toEqual(status);
  });

  it('has one condition of a type', () => {
    const conditions = [...status.conditions!, ...status.conditions!];
    expect(admit({ spec: specWith({}), status: { conditions } }).faults).toHaveLength(1);
  });
});

describe('toStructuralSchema refuses what a structural schema cannot say', () => {
  const text = z.string().max(3);
  it.each<[string, z.ZodType]>([
    ['a text needs a bound', z.string()],
    ['a list needs a bound', z.array(text)],
    ['a map needs a bound', z.record(z.string(), text)],
    ['no alternatives', z.union([z.object({ a: text }), z.object({ b: text })])],
    ['oneOf', z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.literal('b') })])],
    ['additionalProperties', z.strictObject({ a: text })],
    ['type number', z.number().min(0).max(1)],
    ['type undefined', z.unknown()],
    [
      'RE2 cannot read',
      z
        .string()
        .max(9)
        .regex(/^(?!a)/),
    ],
    ['RE2 cannot read', z.string().max(9).regex(/(a)\1/)],
    ['needs a pattern', z.union([z.int().min(0), text]).meta({ 'x-kubernetes-int-or-string': true })],
    ['whole number and a text', z.union([text, z.int()]).meta({ 'x-kubernetes-int-or-string': true })],
    ['nullable', z.object({ a: text.nullable() })],
  ])('%s', (message, schema) => {
    expect(() => toStructuralSchema(z.object({ field: schema }))).toThrow(
      message === 'a number needs bounds' ? 'allOf' : message,
    );
  });

  it('emits int-or-string in its fixed form', () => {
    const schema = z
      .union([z.int().min(1), z.string().max(8).regex(/^a$/)])
      .meta({ 'x-kubernetes-int-or-string': true });
    expect(toStructuralSchema(z.object({ field: schema })).properties?.['field']).toEqual({
      anyOf: [{ type: 'integer' }, { type: 'string' }],
      'x-kubernetes-int-or-string': true,
      minimum: 1,
      pattern: '^a$',
      maxLength: 8,
    });
  });

  it('tells 32 from 64 bits', () => {
    const { properties } = toStructuralSchema(z.object({ a: z.int().min(0).max(5), b: z.int().min(0) }));
    expect(properties?.['a']).toEqual({ type: 'integer', format: 'int32', minimum: 0, maximum: 5 });
    expect(properties?.['b']).toEqual({ type: 'integer', format: 'int64', minimum: 0 });
  });
});
