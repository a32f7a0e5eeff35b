import { describe, expect, test } from 'vitest';
import { celDeclarationCauses } from '../../../../src/localcluster/crd/cel-declarations.ts';
import { celCauses } from '../../../../src/localcluster/crd/cel-rules.ts';
import type { CelRule, SchemaNode } from '../../../../src/localcluster/schema/schema-node.ts';

function withRule(rule: string | CelRule, properties: Record<string, SchemaNode>): SchemaNode {
  const given = typeof rule === 'string' ? { rule } : rule;
  return { type: 'object', properties: { spec: { type: 'object', properties, 'x-kubernetes-validations': [given] } } };
}
const texts = (schema: SchemaNode, spec: unknown, old?: unknown) =>
  celCauses(schema, { spec }, old === undefined ? undefined : { spec: old }).map((it) => `${it.field}: ${it.message}`);

const integer: SchemaNode = { type: 'integer' };
const string: SchemaNode = { type: 'string' };

describe('CEL rules', () => {
  test('integers are integers, and numbers are not', () => {
    expect(texts(withRule('self.a + 1 == 2', { a: integer }), { a: 1 })).toEqual([]);
    expect(texts(withRule('self.a / 2.0 == 0.5', { a: { type: 'number' } }), { a: 1 })).toEqual([]);
  });

  test('has() sees what is there; null counts as absent', () => {
    const schema = withRule('has(self.a)', { a: { type: 'integer', nullable: true } });
    expect(texts(schema, { a: 0 })).toEqual([]);
    expect(texts(schema, { a: null })).toEqual(['spec: Invalid value: "object": failed rule: has(self.a)']);
  });

  test('message, messageExpression, fieldPath and reason', () => {
    const rule = (more: Partial<CelRule>) => withRule({ rule: 'self.a > 5', ...more }, { a: integer });
    expect(texts(rule({ message: 'too small' }), { a: 1 })).toEqual(['spec: Invalid value: "object": too small']);
    expect(texts(rule({ message: 'static', messageExpression: "'a is ' + string(self.a)" }), { a: 1 })).toEqual([
      'spec: Invalid value: "object": a is 1',
    ]);
    expect(texts(rule({ message: 'static', messageExpression: 'self.missing' }), { a: 1 })).toEqual([
      'spec: Invalid value: "object": static',
    ]);
    expect(texts(rule({ message: 'no', fieldPath: '.a', reason: 'FieldValueForbidden' }), { a: 1 })).toEqual([
      'spec.a: Forbidden: no',
    ]);
  });

  test('a rule that fails to evaluate refuses the object and says why', () => {
    expect(
      texts(withRule('self.a.b == 1', { a: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }), {
        a: {},
      })[0],
    ).toMatch(/^spec: Invalid value: "object": rule evaluation error: /);
  });

  test('transition rules run on updates only, item by item where items have keys', () => {
    const schema = withRule('self.a >= oldSelf.a', { a: integer });
    expect(texts(schema, { a: 1 })).toEqual([]);
    expect(texts(schema, { a: 1 }, { a: 2 })).toHaveLength(1);
    const list: SchemaNode = {
      type: 'object',
      properties: {
        spec: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            properties: {
              name: string,
              v: { type: 'integer', 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
            },
          },
        },
      },
    };
    const before = [
      { name: 'a', v: 1 },
      { name: 'b', v: 2 },
    ];
    expect(
      texts(
        list,
        [
          { name: 'b', v: 2 },
          { name: 'c', v: 9 },
          { name: 'a', v: 5 },
        ],
        before,
      ),
    ).toEqual(['spec[2].v: Invalid value: "integer": failed rule: self == oldSelf']);
  });

  test('optionalOldSelf runs on creation, too', () => {
    const schema = withRule({ rule: 'oldSelf.hasValue() || self.a == 0', optionalOldSelf: true }, { a: integer });
    expect(texts(schema, { a: 1 })).toHaveLength(1);
    expect(texts(schema, { a: 0 })).toEqual([]);
    expect(texts(schema, { a: 1 }, { a: 0 })).toEqual([]);
  });

  test('quantities compare by value', () => {
    const cpu = { cpu: string };
    expect(texts(withRule("quantity(self.cpu).isGreaterThan(quantity('100m'))", cpu), { cpu: '0.2' })).toEqual([]);
    expect(texts(withRule("quantity(self.cpu).compareTo(quantity('1')) == 0", cpu), { cpu: '1000m' })).toEqual([]);
    expect(texts(withRule("quantity(self.cpu) == quantity('1k')", cpu), { cpu: '1000' })).toEqual([]);
    expect(texts(withRule('isQuantity(self.cpu)', cpu), { cpu: 'much' })).toHaveLength(1);
    expect(texts(withRule('quantity(self.cpu).asInteger() == 2', cpu), { cpu: '2' })).toEqual([]);
    expect(
      texts(withRule("quantity(self.cpu).add(quantity('500m')).isLessThan(quantity('1'))", cpu), { cpu: '400m' }),
    ).toEqual([]);
  });

  test('matches() cannot be made to run for ever', () => {
    const started = performance.now();
    const [text] = texts(withRule("self.s.matches('^(a+)+$')", { s: string }), { s: `${'a'.repeat(60)}!` });
    expect(text).toContain('can take for ever');
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(texts(withRule("self.s.matches('^[a-z]+$')", { s: string }), { s: 'abc' })).toEqual([]);
  });

  test('names that CEL keeps for itself are escaped, keys of maps are not', () => {
    const schema = withRule("self.__namespace__ == 'x' && self.a__dash__b == 1 && self.m['c-d'] == 2", {
      namespace: string,
      'a-b': integer,
      m: { type: 'object', additionalProperties: integer },
    });
    expect(texts(schema, { namespace: 'x', 'a-b': 1, m: { 'c-d': 2 } })).toEqual([]);
  });

  test('lists and int-or-string', () => {
    expect(
      texts(
        withRule('self.l.all(x, x > 0) && self.l.sum() == 6 && self.l.max() == 3 && self.l.isSorted()', {
          l: { type: 'array', items: integer },
        }),
        { l: [1, 2, 3] },
      ),
    ).toEqual([]);
    const either = withRule("type(self.p) == string ? self.p == '5%' : self.p == 5", {
      p: { 'x-kubernetes-int-or-string': true },
    });
    expect(texts(either, { p: '5%' })).toEqual([]);
    expect(texts(either, { p: 5 })).toEqual([]);
  });
});

test('a rule that does not compile, or gives no bool, is refused with the CRD', () => {
  const causes = (rule: CelRule) =>
    celDeclarationCauses({ 'x-kubernetes-validations': [rule] }, 'schema').map((it) => `${it.field}: ${it.message}`);
  expect(causes({ rule: 'self.a >' })[0]).toMatch(/^schema\.x-kubernetes-validations\[0\]\.rule: .*compilation failed/);
  expect(causes({ rule: '1 + 1' })[0]).toContain('must give a bool, not a int');
  expect(causes({ rule: 'true', messageExpression: '1' })[0]).toContain('messageExpression');
  expect(causes({ rule: '' })[0]).toContain('rule is not specified');
  expect(causes({ rule: 'has(self.a)' })).toEqual([]);
});
