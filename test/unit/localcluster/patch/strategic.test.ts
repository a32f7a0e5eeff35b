import { describe, expect, test } from 'vitest';
import { applyStrategicPatch } from '../../../../src/localcluster/patch/strategic.ts';
import { builtinSchema } from '../../../../src/localcluster/schema/builtin-schema.ts';

const pod = builtinSchema('V1PodSpec');
const container = builtinSchema('V1Container');

describe('strategic merge patch', () => {
  test('merges containers by name, and what is in them', () => {
    const spec = {
      containers: [
        { name: 'a', image: 'x:1', env: [{ name: 'A', value: '1' }] },
        { name: 'b', image: 'y' },
      ],
    };
    const patched = applyStrategicPatch(
      spec,
      { containers: [{ name: 'a', env: [{ name: 'B', value: '2' }], image: 'x:2' }] },
      pod,
    );
    expect(patched).toEqual({
      containers: [
        {
          name: 'a',
          image: 'x:2',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
        },
        { name: 'b', image: 'y' },
      ],
    });
    expect(spec.containers[0]?.image).toBe('x:1');
  });

  test('deletes an item by its key, and keeps the order asked for', () => {
    const spec = { env: [{ name: 'A' }, { name: 'B' }, { name: 'C' }] };
    const patch = {
      env: [{ name: 'B', $patch: 'delete' }, { name: 'D' }],
      '$setElementOrder/env': [{ name: 'D' }, { name: 'C' }, { name: 'A' }],
    };
    expect(applyStrategicPatch(spec, patch, container)).toEqual({ env: [{ name: 'D' }, { name: 'C' }, { name: 'A' }] });
  });

  test('an order alone sorts the list', () => {
    const patched = applyStrategicPatch(
      { env: [{ name: 'A' }, { name: 'B' }] },
      { '$setElementOrder/env': [{ name: 'B' }, { name: 'A' }] },
      container,
    );
    expect(patched).toEqual({ env: [{ name: 'B' }, { name: 'A' }] });
  });

  test('replaces a whole list or object when told to', () => {
    const listed = applyStrategicPatch(
      { env: [{ name: 'A' }] },
      { env: [{ name: 'B' }, { $patch: 'replace' }] },
      container,
    );
    expect(listed).toEqual({ env: [{ name: 'B' }] });
    const deployment = builtinSchema('V1DeploymentSpec');
    const replaced = applyStrategicPatch(
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
      { strategy: { $patch: 'replace', type: 'Recreate' } },
      deployment,
    );
    expect(replaced).toEqual({ strategy: { type: 'Recreate' } });
  });

  test('retainKeys drops the members it does not name', () => {
    const patch = { strategy: { $retainKeys: ['type'], type: 'Recreate' } };
    const result = applyStrategicPatch(
      { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
      patch,
      builtinSchema('V1DeploymentSpec'),
    );
    expect(result).toEqual({ strategy: { type: 'Recreate' } });
  });

  test('lists without a key are replaced, sets of plain values united and thinned', () => {
    expect(applyStrategicPatch({ args: ['a', 'b'] }, { args: ['c'] }, container)).toEqual({ args: ['c'] });
    const meta = builtinSchema('V1ObjectMeta');
    expect(applyStrategicPatch({ finalizers: ['a'] }, { finalizers: ['b'] }, meta)).toEqual({ finalizers: ['a', 'b'] });
    expect(
      applyStrategicPatch({ finalizers: ['a', 'b'] }, { '$deleteFromPrimitiveList/finalizers': ['a'] }, meta),
    ).toEqual({ finalizers: ['b'] });
  });

  test('null removes, and a null inside a new value is not kept', () => {
    expect(applyStrategicPatch({ image: 'x', env: [] }, { image: null }, container)).toEqual({ env: [] });
    expect(applyStrategicPatch({}, { resources: { limits: { cpu: '1', memory: null } } }, container)).toEqual({
      resources: { limits: { cpu: '1' } },
    });
  });

  test('an item without its key, and an unknown directive, are refused', () => {
    expect(() => applyStrategicPatch({ env: [] }, { env: [{ value: '1' }] }, container)).toThrow(
      /does not contain declared merge key: name/,
    );
    expect(() => applyStrategicPatch({}, { $patch: 'explode' }, container)).toThrow(/invalid value for \$patch/);
  });
});
