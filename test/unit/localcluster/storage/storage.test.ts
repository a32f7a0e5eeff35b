import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../../src/localcluster/objects.ts';
import { Storage } from '../../../../src/localcluster/storage/storage.ts';

const object = (name: string, value = 0, namespace = 'n'): KubeObject => ({
  apiVersion: 'v1',
  kind: 'X',
  metadata: { name, namespace, uid: name, resourceVersion: '', creationTimestamp: '' },
  value,
});
const shown = (objects: readonly KubeObject[]) => objects.map((it) => `${it.metadata.name}=${String(it['value'])}`);

describe('storage', () => {
  test('one version for all resources, and frozen objects', () => {
    const storage = new Storage();
    expect(storage.put('a', object('x')).metadata.resourceVersion).toBe('1');
    expect(storage.put('b', object('x')).metadata.resourceVersion).toBe('2');
    const last = storage.remove('a', 'n', 'x');
    expect(last?.metadata.resourceVersion).toBe('3');
    expect(Object.isFrozen(last?.metadata)).toBe(true);
    expect(storage.remove('a', 'n', 'x')).toBeUndefined();
    expect(storage.version).toBe(3);
  });

  test('lists by namespace in order', () => {
    const storage = new Storage();
    for (const [name, namespace] of [
      ['b', 'n'],
      ['a', 'n'],
      ['c', 'n2'],
    ] as const)
      storage.put('a', object(name, 0, namespace));
    expect(storage.list('a', 'n').map((it) => it.metadata.name)).toEqual(['a', 'b']);
    expect(storage.list('a').map((it) => it.metadata.name)).toEqual(['a', 'b', 'c']);
    expect(storage.list('none')).toEqual([]);
  });

  test('changes resume after a version until they are compacted', () => {
    const storage = new Storage();
    storage.put('a', object('x', 1));
    storage.put('a', object('x', 2));
    storage.put('b', object('y', 1));
    storage.remove('a', 'n', 'x');
    expect(storage.changesSince('a', 1).map((it) => [it.type, it.version])).toEqual([
      ['MODIFIED', 2],
      ['DELETED', 4],
    ]);
    storage.compact(2);
    expect(storage.changesSince('a', 2).map((it) => it.version)).toEqual([4]);
    expect(() => storage.changesSince('a', 1)).toThrow('too old resource version: 1 (2)');
    expect(() => storage.listAt('a', 1)).toThrow('too old resource version');
  });

  test('an earlier version can be listed exactly, whatever happened since', () => {
    const operation = fc.record({
      name: fc.constantFrom('a', 'b', 'c'),
      value: fc.integer({ min: 0, max: 9 }),
      remove: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 30 }), (operations) => {
        const storage = new Storage();
        const snapshots: { version: number; list: string[] }[] = [];
        for (const { name, value, remove } of operations) {
          snapshots.push({ version: storage.version, list: shown(storage.list('r')) });
          if (remove) storage.remove('r', 'n', name);
          else storage.put('r', object(name, value));
        }
        for (const { version, list } of snapshots) expect(shown(storage.listAt('r', version))).toEqual(list);
      }),
    );
  });

  test('a listener that throws keeps nobody else from hearing, and the writer hears of it', () => {
    const storage = new Storage();
    const seen: number[] = [];
    storage.subscribe('r', () => {
      throw new Error('listener broke');
    });
    storage.subscribe('r', ({ version }) => seen.push(version));
    expect(() => storage.put('r', object('a'))).toThrow('listener broke');
    expect(() => storage.put('r', object('b'))).toThrow('listener broke');
    expect(seen).toEqual([1, 2]);
  });

  test('replaying the changes gives the list', () => {
    const storage = new Storage();
    const replayed = new Map<string, KubeObject>();
    storage.subscribe('r', ({ type, object: changed }) => {
      if (type === 'DELETED') replayed.delete(changed.metadata.name);
      else replayed.set(changed.metadata.name, changed);
    });
    for (let step = 0; step < 50; step += 1) {
      if (step % 7 === 3) storage.remove('r', 'n', `o${step % 5}`);
      else storage.put('r', object(`o${step % 5}`, step));
    }
    expect(shown(Array.from(replayed.values())).sort()).toEqual(shown(storage.list('r')).sort());
  });
});
