// Custom resources: schema, defaults, pruning and rules, for a kind with most of what a schema can say and for our own CRD.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { INVALID_SPECS, specWith, VALID_SPECS } from '../../support/spec-vectors.ts';
import { CRDS, dialCrd, gauge } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

const OWN_CRD = new URL('../../../crds/scaledtargets.yaml', import.meta.url);

export function customResourcesContract(api: ApiSession): void {
  const gauges = () => api.in('apis/contract.setpoint.dev/v1', 'gauges');

  describe('custom resources', () => {
    test.each([
      ['a missing required field', {}, 'spec.size', 'FieldValueRequired', 'Required value'],
      [
        'a wrong type',
        { size: '1' },
        'spec.size',
        'FieldValueTypeInvalid',
        'spec.size in body must be of type integer: "string"',
      ],
      [
        'a fraction',
        { size: 1.5 },
        'spec.size',
        'FieldValueTypeInvalid',
        'spec.size in body must be of type integer: "number"',
      ],
      [
        'too small',
        { size: -1 },
        'spec.size',
        'FieldValueInvalid',
        'spec.size in body should be greater than or equal to 0',
      ],
      [
        'too large',
        { size: 101 },
        'spec.size',
        'FieldValueInvalid',
        'spec.size in body should be less than or equal to 100',
      ],
      [
        'not in the enum',
        { size: 1, unit: 'kg' },
        'spec.unit',
        'FieldValueNotSupported',
        'supported values: "rps", "ms"',
      ],
      ['at an exclusive bound', { size: 1, ratio: 0 }, 'spec.ratio', 'FieldValueInvalid', 'should be greater than 0'],
      ['no multiple', { size: 1, ratio: 0.7 }, 'spec.ratio', 'FieldValueInvalid', 'should be a multiple of 0.5'],
      [
        'text that is too short',
        { size: 1, note: 'a' },
        'spec.note',
        'FieldValueInvalid',
        'should be at least 2 chars long',
      ],
      [
        'a time that is none',
        { size: 1, since: 'noon' },
        'spec.since',
        'FieldValueTypeInvalid',
        'must be of type date-time',
      ],
      [
        'a set with an item twice',
        { size: 1, tags: ['a', 'b', 'a'] },
        'spec.tags[2]',
        'FieldValueDuplicate',
        'Duplicate value: "a"',
      ],
      [
        'an item of a wrong type',
        { size: 1, tags: [1] },
        'spec.tags[0]',
        'FieldValueTypeInvalid',
        'must be of type string: "integer"',
      ],
      [
        'a value of a wrong type in a map',
        { size: 1, labels: { a: 1 } },
        'spec.labels.a',
        'FieldValueTypeInvalid',
        'must be of type string',
      ],
      [
        'too many members',
        { size: 1, labels: { a: '', b: '', c: '' } },
        'spec.labels',
        'FieldValueTooMany',
        'must have at most 2 ',
      ],
      [
        'too many items',
        { size: 1, steps: ['a', 'b', 'c', 'd'].map((name) => ({ name })) },
        'spec.steps',
        'FieldValueTooMany',
        'Too many: 4: must have at most 3 items',
      ],
      [
        'a duplicate key',
        { size: 1, steps: [{ name: 'a' }, { name: 'a' }] },
        'spec.steps[1]',
        'FieldValueDuplicate',
        'Duplicate value: {"name":"a"}',
      ],
      [
        'a required field of an item',
        { size: 1, steps: [{}] },
        'spec.steps[0].name',
        'FieldValueRequired',
        'Required value',
      ],
      [
        'a pattern',
        { size: 1, steps: [{ name: 'A1' }] },
        'spec.steps[0].name',
        'FieldValueInvalid',
        "spec.steps[0].name in body should match '^[a-z]+$'",
      ],
      [
        'text that is too long',
        { size: 1, steps: [{ name: 'abcdefghi' }] },
        'spec.steps[0].name',
        'FieldValueTooLong',
        'may not be more than 8 bytes',
      ],
      [
        'an object where a list belongs',
        { size: 1, steps: {} },
        'spec.steps',
        'FieldValueTypeInvalid',
        'must be of type array: "object"',
      ],
      [
        'a boolean for int-or-string',
        { size: 1, share: true },
        'spec.share',
        'FieldValueTypeInvalid',
        'must be of type integer,string: "boolean"',
      ],
      ['null where it is not allowed', { size: null }, 'spec.size', 'FieldValueRequired', 'Required value'],
      [
        'a rule, with its own words and place',
        { size: 1, low: 5, high: 2 },
        'spec.low',
        'FieldValueInvalid',
        'low is above high',
      ],
    ])('%s is refused with 422', async (_, spec, field, reason, message) => {
      const { status, body } = await api.call('POST', gauges(), gauge('bad', spec));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toContain('Gauge.contract.setpoint.dev "bad" is invalid: ');
      expect(body.details).toMatchObject({ name: 'bad', group: 'contract.setpoint.dev', kind: 'Gauge' });
      expect(body.details.causes).toContainEqual({
        field,
        reason,
        message: expect.stringContaining(message) as unknown,
      });
    });

    test('all faults come at once', async () => {
      const { body } = await api.call('POST', gauges(), gauge('bad', { size: 101, unit: 'kg', ratio: -1 }));
      const fields = body.details.causes.map(({ field }) => field);
      expect(fields).toEqual(expect.arrayContaining(['spec.ratio', 'spec.size', 'spec.unit']));
      // Rules are for objects whose parts are right.
      expect(fields).toContain('<nil>');
    });

    test.each([
      ['int-or-string as a number', { share: 5 }, { share: 5 }],
      ['int-or-string as text', { share: '5%' }, { share: '5%' }],
      ['null where it is allowed', { note: null }, { note: null }],
      ['a default, at any depth', { nested: {} }, { unit: 'rps', nested: { depth: 1 } }],
      ['a default for null', { unit: null }, { unit: 'rps' }],
      ['anything below preserve-unknown-fields', { free: { a: [{ b: null }] } }, { free: { a: [{ b: null }] } }],
      ['a time with an offset', { since: '2026-01-02T03:04:05+02:00' }, { since: '2026-01-02T03:04:05+02:00' }],
    ])('%s is kept', async (_, spec, stored) => {
      const { status, body } = await api.call('POST', `${gauges()}?dryRun=All`, gauge('good', { size: 1, ...spec }));
      expect(status).toBe(201);
      expect(body.spec).toMatchObject(stored);
    });

    test('null where it is not allowed is pruned', async () => {
      const { body } = await api.call('POST', `${gauges()}?dryRun=All`, gauge('good', { size: 1, low: null }));
      expect(body.spec).not.toHaveProperty('low');
    });

    test('a transition rule compares with the value before', async () => {
      await api.call('POST', gauges(), gauge('fixed', { size: 1, fixed: 'a' }));
      const { status, body } = await api.patch(`${gauges()}/fixed`, 'merge', { spec: { fixed: 'b' } });
      expect(status).toBe(422);
      expect(body.details.causes).toMatchObject([{ field: 'spec.fixed', reason: 'FieldValueInvalid' }]);
      expect(body.message).toContain('fixed is fixed');
      expect((await api.patch(`${gauges()}/fixed`, 'merge', { spec: { size: 2 } })).status).toBe(200);
    });
  });

  describe('a CRD', () => {
    const version = dialCrd.spec.versions[0];
    const withSchema = (spec: Record<string, unknown>) => ({
      ...dialCrd,
      spec: {
        ...dialCrd.spec,
        versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }],
      },
    });

    test.each([
      [
        'another name than its own',
        { ...dialCrd, metadata: { name: 'wheels.contract.setpoint.dev' } },
        'metadata.name',
      ],
      [
        'no schema',
        { ...dialCrd, spec: { ...dialCrd.spec, versions: [{ ...version, schema: undefined }] } },
        'spec.versions[0].schema.openAPIV3Schema: Required value',
      ],
      [
        'no storage version',
        { ...dialCrd, spec: { ...dialCrd.spec, versions: [{ ...version, storage: false }] } },
        'storage',
      ],
      ['a field without type', withSchema({ type: 'object', properties: { size: {} } }), 'type: Required value'],
      [
        'a rule that cannot be compiled',
        withSchema({ type: 'object', 'x-kubernetes-validations': [{ rule: 'self.nothing >', message: 'no' }] }),
        'rule: Invalid value',
      ],
      [
        'a rule that gives no bool',
        withSchema({ type: 'object', 'x-kubernetes-validations': [{ rule: '1 + 1', message: 'no' }] }),
        'rule: Invalid value',
      ],
      [
        'a default that its schema refuses',
        withSchema({ type: 'object', properties: { size: { type: 'integer', default: 'one' } } }),
        'default',
      ],
    ])('with %s is refused', async (_, crd, message) => {
      const { status, body } = await api.call('POST', `${CRDS}?dryRun=All`, crd);
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.message).toContain(message);
    });
  });

  describe('our CRD', () => {
    const targets = () => api.in('apis/setpoint.dev/v1alpha1', 'scaledtargets');
    const target = (name: string, spec: unknown) => ({
      apiVersion: 'setpoint.dev/v1alpha1',
      kind: 'ScaledTarget',
      metadata: { name },
      spec,
    });

    beforeAll(async () => {
      const { status, body } = await api.call('POST', CRDS, parse(readFileSync(OWN_CRD, 'utf8')));
      if (status !== 201 && status !== 409) throw new Error(`the CRD was refused: ${body.message}`);
      await api.until(async () => expect((await api.get(targets())).status).toBe(200));
    });

    test.each(VALID_SPECS)('takes $name', async ({ spec }) => {
      const { status, body } = await api.call('POST', `${targets()}?dryRun=All`, target('good', spec));
      expect({ status, message: body.message }).toEqual({ status: 201, message: undefined });
    });

    test.each(INVALID_SPECS)('refuses $name at $field', async ({ spec, field }) => {
      const { status, body } = await api.call('POST', `${targets()}?dryRun=All`, target('bad', spec));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      expect(body.details.causes.map((cause) => cause.field)).toContain(field);
    });

    test('fills in what the HPA fills in, and our defaults', async () => {
      const { body } = await api.call('POST', targets(), target('defaults', specWith({ behavior: {} })));
      expect(body.spec).toEqual({
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
            maxAgeSeconds: 180,
            direction: 'Both',
          },
        ],
        behavior: {
          scaleUp: {
            stabilizationWindowSeconds: 0,
            selectPolicy: 'Max',
            policies: [
              { type: 'Pods', value: 4, periodSeconds: 15 },
              { type: 'Percent', value: 100, periodSeconds: 15 },
            ],
          },
          scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
        },
        mode: 'Scale',
        guards: 'Enabled',
      });
    });

    test('prunes an unknown field with a warning, and refuses it when asked to be strict', async () => {
      const spec = specWith({ minReplica: 2 });
      const pruned = await api.call('POST', targets(), target('pruned', spec));
      expect(pruned.body.spec).not.toHaveProperty('minReplica');
      expect(pruned.warning).toContain('unknown field "spec.minReplica"');
      const strict = await api.call('POST', `${targets()}?fieldValidation=Strict`, target('strict', spec));
      expect(strict.status).toBe(400);
      expect(strict.body.message).toContain('unknown field "spec.minReplica"');
    });

    test('keeps a status with everything in it, and a status out of bounds out', async () => {
      const { body } = await api.get(`${targets()}/defaults`);
      const path = `${targets()}/defaults/status`;
      const at = '2026-01-02T03:04:05Z';
      const condition = {
        type: 'AbleToScale',
        status: 'True',
        reason: 'ReadyForNewScale',
        message: 'fine',
        lastTransitionTime: at,
      };
      const status = {
        observedGeneration: 1,
        currentReplicas: 3,
        desiredReplicas: 4,
        lastScaleTime: at,
        conditions: [condition],
        summary: { target: 'Deployment/web', metrics: 'cpu: 73%/60%', why: 'cpu asks for 4' },
      };
      const written = await api.call('PUT', path, { ...body, status });
      expect(written.status).toBe(200);
      expect(written.warning).toBe('');
      expect(written.body.status).toEqual(status);
      const refused = await api.patch(path, 'merge', { status: { currentReplicas: -1 } });
      expect(refused.status).toBe(422);
      expect(refused.body.details.causes.map(({ field }) => field)).toEqual(['status.currentReplicas']);
    });

    test('shows its columns, two of them only when wide', async () => {
      const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io';
      const { body } = await api.get(`${targets()}/defaults`, { headers: { accept } });
      expect(body.columnDefinitions.map(({ name, type, priority }) => [name, type, priority])).toEqual([
        ['Name', 'string', 0],
        ['Target', 'string', 0],
        ['Metrics', 'string', 0],
        ['Min', 'integer', 0],
        ['Max', 'integer', 0],
        ['Current', 'integer', 0],
        ['Desired', 'integer', 0],
        ['Why', 'string', 0],
        ['Age', 'date', 0],
        ['Mode', 'string', 1],
        ['Last Scale', 'date', 1],
      ]);
      const [name, ...cells] = body.rows[0]?.cells ?? [];
      expect(name).toBe('defaults');
      expect(cells.slice(0, 7)).toEqual(['Deployment/web', 'cpu: 73%/60%', 1, 10, 3, 4, 'cpu asks for 4']);
      expect(cells[8]).toBe('Scale');
      expect(cells[9]).toMatch(/^\d+d$/);
    });

    test('answers to its short name and category', async () => {
      const { body } = await api.get('/apis/setpoint.dev/v1alpha1');
      expect(body.resources.find(({ name }) => name === 'scaledtargets')).toMatchObject({
        kind: 'ScaledTarget',
        shortNames: ['st'],
        categories: ['autoscaling'],
      });
      expect(body.resources.map(({ name }) => name)).not.toContain('scaledtargets/scale');
    });
  });
}
