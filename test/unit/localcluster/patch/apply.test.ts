import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/localcluster/objects.ts';
import { applyConfiguration, type ApplyRequest } from '../../../../src/localcluster/patch/apply.ts';
import { trackFields } from '../../../../src/localcluster/patch/managed-fields.ts';
import { builtinResources } from '../../../../src/localcluster/resources/builtin.ts';
import { internalContext } from '../../../../src/localcluster/resources/prepare.ts';

const definition = builtinResources().find((it) => it.key === 'deployments.apps')!;
const now = '2026-01-02T03:04:05Z';

function configuration(spec: Record<string, unknown>, metadata: Record<string, unknown> = {}): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...metadata },
    spec,
  } as unknown as KubeObject;
}

function apply(
  current: KubeObject | undefined,
  spec: Record<string, unknown>,
  options: Partial<ApplyRequest> = {},
): KubeObject {
  return applyConfiguration(current, {
    definition,
    configuration: configuration(spec),
    manager: 'one',
    force: false,
    subresource: '',
    now,
    ...options,
  });
}

function update(before: KubeObject, after: KubeObject, manager: string): KubeObject {
  return trackFields({ definition, before, after, subresource: '', context: { ...internalContext(), manager }, now });
}

const containers = (...items: Record<string, unknown>[]) => ({ template: { spec: { containers: items } } });
const managers = (object: KubeObject) =>
  (object.metadata.managedFields as { manager: string; operation: string }[]).map(
    (it) => `${it.manager} ${it.operation}`,
  );

describe('server-side apply', () => {
  test('merges lists by their keys and leaves what others own', () => {
    const first = apply(undefined, { replicas: 2, ...containers({ name: 'a', image: 'x' }) });
    const second = apply(first, containers({ name: 'b', image: 'y' }), { manager: 'two' });
    expect(second.spec).toEqual({ replicas: 2, ...containers({ name: 'a', image: 'x' }, { name: 'b', image: 'y' }) });
    expect(managers(second)).toEqual(['one Apply', 'two Apply']);
  });

  test('takes out what its manager leaves out, unless another owns it, too', () => {
    const first = apply(undefined, {
      replicas: 2,
      minReadySeconds: 5,
      ...containers({
        name: 'a',
        image: 'x',
        env: [
          { name: 'A', value: '1' },
          { name: 'B', value: '1' },
        ],
      }),
    });
    const shared = apply(first, { replicas: 2 }, { manager: 'two' });
    const after = apply(shared, containers({ name: 'a', image: 'x', env: [{ name: 'B', value: '1' }] }));
    expect(after.spec).toEqual({
      replicas: 2,
      ...containers({ name: 'a', image: 'x', env: [{ name: 'B', value: '1' }] }),
    });
  });

  test('an equal value is shared, another one a conflict that names all owners and fields', () => {
    const first = apply(undefined, { replicas: 2, minReadySeconds: 5 });
    expect(managers(apply(first, { replicas: 2 }, { manager: 'two' }))).toEqual(['one Apply', 'two Apply']);
    expect(() => apply(first, { replicas: 3, minReadySeconds: 6 }, { manager: 'two' })).toThrow(
      'Apply failed with 2 conflicts: conflicts with "one":\n- .spec.minReadySeconds\n- .spec.replicas',
    );
  });

  test('an update takes fields over; the applier then meets a conflict and may force', () => {
    const first = apply(undefined, { replicas: 2, minReadySeconds: 5 });
    const scaled = update(first, { ...first, spec: { replicas: 7, minReadySeconds: 5 } }, 'setpoint');
    expect(managers(scaled)).toEqual(['one Apply', 'setpoint Update']);
    expect(() => apply(scaled, { replicas: 2, minReadySeconds: 5 })).toThrow(
      /conflict with "setpoint" using apps\/v1: .spec.replicas/,
    );
    // Leaving the field out gives it up without a conflict, and the size stays: this is how manifests live beside an autoscaler.
    expect(apply(scaled, { minReadySeconds: 5 }).spec).toEqual({ replicas: 7, minReadySeconds: 5 });
    const forced = apply(scaled, { replicas: 2, minReadySeconds: 5 }, { force: true });
    expect(forced.spec).toEqual({ replicas: 2, minReadySeconds: 5 });
    expect(managers(forced)).toEqual(['one Apply']);
  });

  test('an atomic value is owned as a whole', () => {
    const first = apply(undefined, { selector: { matchLabels: { a: '1' } } });
    expect(() => apply(first, { selector: { matchLabels: { b: '1' } } }, { manager: 'two' })).toThrow(
      /\.spec\.selector$/,
    );
    expect(apply(first, { selector: { matchLabels: { b: '1' } } }, { manager: 'two', force: true }).spec).toEqual({
      selector: { matchLabels: { b: '1' } },
    });
  });

  test('fields removed by an update are nobody’s any more', () => {
    const first = apply(undefined, { replicas: 2, minReadySeconds: 5 });
    const after = update(first, { ...first, spec: { replicas: 2 } }, 'editor');
    const [entry] = after.metadata.managedFields as { fieldsV1: unknown }[];
    expect(entry?.fieldsV1).toEqual({ 'f:spec': { 'f:replicas': {} } });
  });
});

describe('whatever is applied', () => {
  const keyed = (names: string[], more: Record<string, fc.Arbitrary<unknown>>) =>
    fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), ...more }, { requiredKeys: ['name'] }), {
      selector: (it) => it.name,
      maxLength: 3,
    });
  const env = keyed(['A', 'B', 'C'], { value: fc.constantFrom('1', '2') });
  const spec = fc.record(
    {
      replicas: fc.integer({ min: 0, max: 3 }),
      paused: fc.boolean(),
      selector: fc.record({ matchLabels: fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2')) }),
      template: fc.record({
        spec: fc.record({ containers: keyed(['a', 'b', 'c'], { image: fc.constantFrom('i', 'j'), env }) }),
      }),
    },
    { requiredKeys: [] },
  );
  /** Lists by key compare as sets, and what is empty as absent. */
  const normal = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.length === 0
        ? undefined
        : Object.fromEntries(value.map((it: { name: string }) => [it.name, normal(it)]));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value)
      .map(([key, child]) => [key, normal(child)] as const)
      .filter(([, child]) => child !== undefined);
    return members.length === 0 ? undefined : Object.fromEntries(members);
  };

  test('applying again changes nothing, and the last configuration of the only manager is what is there', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const once = apply(undefined, first);
        expect(apply(once, first)).toEqual(once);
        const after = apply(once, second);
        expect(normal(after.spec)).toEqual(normal(second));
      }),
    );
  });

  test('with force the applier gets its way, and then nobody is in conflict with it', () => {
    fc.assert(
      fc.property(spec, spec, (first, second) => {
        const base = apply(undefined, first);
        const taken = apply(base, second, { manager: 'two', force: true });
        expect(() => apply(taken, second, { manager: 'two' })).not.toThrow();
        // The first manager leaving everything leaves exactly what the second one has.
        expect(normal(apply(taken, {}).spec)).toEqual(normal(second));
      }),
    );
  });
});
