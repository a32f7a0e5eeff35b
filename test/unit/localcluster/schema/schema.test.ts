import { describe, expect, test } from 'vitest';
import { applyDefaults } from '../../../../src/localcluster/schema/defaults.ts';
import { decodeBuiltin } from '../../../../src/localcluster/schema/decode.ts';
import { builtinSchema } from '../../../../src/localcluster/schema/builtin-schema.ts';
import { matchesPattern } from '../../../../src/localcluster/schema/pattern.ts';
import { prune } from '../../../../src/localcluster/schema/prune.ts';
import type { SchemaNode } from '../../../../src/localcluster/schema/schema-node.ts';
import { validateValue } from '../../../../src/localcluster/schema/validate.ts';

const messages = (schema: SchemaNode, value: unknown) =>
  validateValue(schema, value).map((it) => `${it.field}: ${it.message}`);

describe('prune', () => {
  const schema: SchemaNode = {
    type: 'object',
    properties: {
      known: { type: 'object', properties: { a: { type: 'integer' } } },
      list: { type: 'array', items: { type: 'object', properties: { a: {} } } },
      map: { type: 'object', additionalProperties: { type: 'object', properties: { a: {} } } },
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { inner: { type: 'object', properties: {} } },
      },
      embedded: { type: 'object', 'x-kubernetes-embedded-resource': true, properties: {} },
    },
  };

  test('drops what is not declared and says where', () => {
    const { value, dropped } = prune(schema, {
      known: { a: 1, b: 2 },
      list: [{ a: 1 }, { c: 3 }],
      map: { x: { a: 1, d: 4 } },
      other: 5,
    });
    expect(value).toEqual({ known: { a: 1 }, list: [{ a: 1 }, {}], map: { x: { a: 1 } } });
    expect(dropped).toEqual(['known.b', 'list[1].c', 'map.x.d', 'other']);
  });

  test('keeps what is preserved, but prunes declared parts inside', () => {
    const { value, dropped } = prune(schema, {
      free: { any: { thing: 1 }, inner: { gone: 1 } },
      embedded: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' }, spec: 1 },
    });
    expect(value).toEqual({
      free: { any: { thing: 1 }, inner: {} },
      embedded: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'x' } },
    });
    expect(dropped).toEqual(['free.inner.gone', 'embedded.spec']);
  });

  test('a member named like one of Object’s is not declared by that', () => {
    expect(prune(schema, { constructor: 1, toString: 2 }).dropped).toEqual(['constructor', 'toString']);
  });
});

describe('defaults', () => {
  const schema: SchemaNode = {
    type: 'object',
    properties: {
      a: { type: 'integer', default: 1 },
      nullable: { type: 'string', nullable: true, default: 'x' },
      object: { type: 'object', default: {}, properties: { deep: { type: 'string', default: 'd' } } },
      absent: { type: 'object', properties: { deep: { type: 'string', default: 'd' } } },
      list: { type: 'array', items: { type: 'object', properties: { b: { type: 'boolean', default: true } } } },
    },
  };

  test('fill in what is missing, at every depth, but make no objects', () => {
    expect(applyDefaults(schema, { list: [{}, { b: false }] })).toEqual({
      a: 1,
      nullable: 'x',
      object: { deep: 'd' },
      list: [{ b: true }, { b: false }],
    });
  });

  test('null counts as missing unless it is allowed', () => {
    expect(applyDefaults(schema, { a: null, nullable: null })).toMatchObject({ a: 1, nullable: null });
  });
});

describe('validation', () => {
  test.each<[string, SchemaNode, unknown, string[]]>([
    [
      'int32 range',
      { properties: { a: { type: 'integer', format: 'int32' } } },
      { a: 3_000_000_000 },
      ['a: Invalid value: 3000000000: a in body must be of type integer with format int32'],
    ],
    [
      'a fraction is no integer',
      { properties: { a: { type: 'integer' } } },
      { a: 1.5 },
      ['a: Invalid value: "number": a in body must be of type integer: "number"'],
    ],
    ['a whole number is a number', { properties: { a: { type: 'number' } } }, { a: 1 }, []],
    [
      'null where it is not allowed',
      { properties: { a: { type: 'string' } } },
      { a: null },
      ['a: Invalid value: "null": a in body must be of type string: "null"'],
    ],
    ['null where it is', { properties: { a: { type: 'string', nullable: true } } }, { a: null }, []],
    [
      'exclusive bounds',
      { properties: { a: { type: 'number', minimum: 0, exclusiveMinimum: true } } },
      { a: 0 },
      ['a: Invalid value: 0: a in body should be greater than 0'],
    ],
    ['lengths count characters', { properties: { a: { type: 'string', maxLength: 1 } } }, { a: '🙂' }, []],
    [
      'too long',
      { properties: { a: { type: 'string', maxLength: 1 } } },
      { a: 'ab' },
      ['a: Too long: may not be more than 1 bytes'],
    ],
    [
      'date-time',
      { properties: { a: { type: 'string', format: 'date-time' } } },
      { a: 'yesterday' },
      ['a: Invalid value: "yesterday": a in body must be of type date-time: "yesterday"'],
    ],
    [
      'a set with a duplicate',
      { properties: { a: { type: 'array', 'x-kubernetes-list-type': 'set' } } },
      { a: ['x', 'x'] },
      ['a[1]: Duplicate value: "x"'],
    ],
    [
      'maps are bounded',
      { properties: { a: { type: 'object', maxProperties: 1 } } },
      { a: { x: 1, y: 2 } },
      ['a: Too many: 2: must have at most 1 items'],
    ],
    [
      'values of a map',
      { additionalProperties: { type: 'string' } },
      { k: 1 },
      ['.k: Invalid value: "integer": .k in body must be of type string: "integer"'],
    ],
    [
      'one of several',
      { properties: { a: { anyOf: [{ minimum: 5 }, { maximum: 1 }] } } },
      { a: 3 },
      ['a: Invalid value: 3: a in body must validate at least one schema (anyOf)'],
    ],
    [
      'not',
      { properties: { a: { not: { enum: ['x'] } } } },
      { a: 'x' },
      ['a: Invalid value: "x": a in body must not validate the schema (not)'],
    ],
  ])('%s', (_, schema, value, expected) => {
    expect(messages({ type: 'object', ...schema }, value)).toEqual(expected);
  });
});

describe('patterns', () => {
  test('match as RE2 would', () => {
    expect(matchesPattern('^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$', 'a-b.c')).toBe(true);
    expect(matchesPattern('^(?:[^/%]*[^/%.][^/%]*|\\.{3,})$', 'web')).toBe(true);
    expect(matchesPattern('(?i)^ABC$', 'abc')).toBe(true);
    expect(matchesPattern('^a\\-b$', 'a-b')).toBe(true);
  });

  test.each(['^(a+)+$', '^(a|b*)*c$', '(x+x+)+y', '^(?:[a-z]*)*$'])(
    '%s could run for ever and is refused',
    (pattern) => {
      const started = performance.now();
      expect(() => matchesPattern(pattern, 'a'.repeat(50))).toThrow(/can take for ever/);
      // It would take years: a pause of a busy machine is no answer to that.
      expect(performance.now() - started).toBeLessThan(2_000);
    },
  );

  test('a broken or endless pattern is named', () => {
    expect(() => matchesPattern('(', 'a')).toThrow(/"\(" is not a regular expression/);
    expect(() => matchesPattern('a'.repeat(3_000), 'a')).toThrow(/longer than 2000 characters/);
  });
});

describe('built-in types', () => {
  const decode = (spec: unknown) => decodeBuiltin(builtinSchema('V1Deployment')!, { spec }, 'Deployment', 'v1');

  test('null is absent, a number becomes a quantity', () => {
    expect(decode({ replicas: null, minReadySeconds: 1 })).toEqual({ spec: { minReadySeconds: 1 } });
    const template = { spec: { containers: [{ name: 'c', resources: { requests: { cpu: 1 } } }] } };
    expect(decode({ template })).toMatchObject({
      spec: { template: { spec: { containers: [{ resources: { requests: { cpu: '1' } } }] } } },
    });
  });

  test.each([
    [{ replicas: '2' }, 'json: cannot unmarshal string into Go struct field spec.replicas of type int32'],
    [{ replicas: 1.5 }, 'json: cannot unmarshal number into Go struct field spec.replicas of type int32'],
    [{ selector: [] }, 'json: cannot unmarshal array into Go struct field spec.selector of type object'],
    [
      { template: { spec: { containers: [{ name: 'c', resources: { requests: { cpu: 'much' } } }] } } },
      'quantities must match the regular expression',
    ],
  ])('%j is refused', (spec, message) => {
    expect(() => decode(spec)).toThrow(message);
  });
});
