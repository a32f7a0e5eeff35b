import { describe, expect, it } from 'vitest';
import { Memory } from '../../../src/controller/memory.ts';
import { Owners, workloadRefOf } from '../../../src/controller/owners.ts';
import { target } from '../../support/targets.ts';

const AT = Date.UTC(2026, 0, 1);

describe('Memory', () => {
  it('begins with no recommendations and the scale events of status', () => {
    const restored = target({
      previous: { conditions: [], scaleEvents: { up: [{ change: 3, atMs: AT }], down: [] } },
    });
    expect(new Memory().recall(restored, 'ref').history).toEqual({
      recommendations: null,
      scaleEvents: { up: [{ change: 3, atMs: AT, outdated: false }], down: [] },
      metrics: {},
    });
  });

  it('keeps what a cycle left', () => {
    const memory = new Memory();
    const entry = memory.recall(target(), 'ref');
    entry.history = { ...entry.history, recommendations: [{ replicas: 3, atMs: AT }] };
    expect(memory.recall(target({ generation: 2, resourceVersion: '99' }), 'ref').history.recommendations).toHaveLength(
      1,
    );
  });

  it('begins anew for a target of the same name with another uid', () => {
    const memory = new Memory();
    const entry = memory.recall(target(), 'ref');
    entry.history = { ...entry.history, recommendations: [] };
    entry.wrote = { replicas: 4, over: '10', atMs: AT };
    const fresh = memory.recall(target({ uid: 'other' }), 'ref');
    expect([fresh.history.recommendations, fresh.wrote]).toEqual([null, undefined]);
  });

  it('begins anew, without the scale events of the old workload, when the reference changed', () => {
    const memory = new Memory();
    const events = { conditions: [], scaleEvents: { up: [{ change: 3, atMs: AT }], down: [] } };
    memory.recall(target({ previous: events }), 'ref');
    expect(memory.recall(target({ previous: events }), 'other').history.scaleEvents.up).toEqual([]);
  });

  it('measures no lead time from a write to the old workload to pods of the new one', () => {
    const memory = new Memory();
    memory.recall(target(), 'ref').leadTime = { pending: { replicas: 4, atMs: AT }, lastMs: 20_000 };
    expect(memory.recall(target(), 'other').leadTime).toEqual({});
  });

  it('knows an object from one that had its name before', () => {
    const memory = new Memory();
    expect(memory.isOfAnother(target())).toBe(false);
    memory.recall(target(), 'ref');
    expect([memory.isOfAnother(target()), memory.isOfAnother(target({ uid: 'other' }))]).toEqual([false, true]);
  });

  it('F28: begins anew when the workload was recreated under the same name', () => {
    const memory = new Memory();
    const entry = memory.recall(target(), 'ref');
    memory.meet(entry, 'uid-1');
    entry.history = { ...entry.history, recommendations: [{ replicas: 9, atMs: AT }] };
    memory.meet(entry, 'uid-1');
    expect(entry.history.recommendations).toHaveLength(1);
    memory.meet(entry, 'uid-2');
    expect(entry.history.recommendations).toBeNull();
  });

  it('holds nothing of a target that is forgotten', () => {
    const memory = new Memory();
    memory.recall(target(), 'ref');
    memory.forget('shop/web');
    expect(memory.size).toBe(0);
  });
});

describe('Owners', () => {
  const older = target({ name: 'older', createdAtMs: AT });
  const younger = target({ name: 'younger', createdAtMs: AT + 1 });

  it('B17: the oldest of two targets on one workload acts, whichever is noted first', () => {
    for (const order of [
      [older, younger],
      [younger, older],
    ]) {
      const owners = new Owners();
      for (const one of order) owners.note(one);
      expect(owners.elderOf(older)).toBeUndefined();
      expect(owners.elderOf(younger)?.name).toBe('older');
    }
  });

  it('B17: the name decides between targets of one moment', () => {
    const owners = new Owners();
    const twin = target({ name: 'aaa', createdAtMs: AT });
    owners.note(older);
    owners.note(twin);
    expect(owners.elderOf(older)?.name).toBe('aaa');
  });

  it('the younger takes over when the elder is gone, is being deleted, only recommends, is broken or looks elsewhere', () => {
    const leaving = [
      (owners: Owners) => owners.forget(older.key),
      (owners: Owners) => owners.note({ ...older, deleting: true }),
      (owners: Owners) => owners.note({ ...older, spec: { ...older.spec!, mode: 'Recommend' } }),
      (owners: Owners) => owners.note({ ...older, spec: undefined }),
      (owners: Owners) =>
        owners.note({
          ...older,
          spec: { ...older.spec!, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'api' } },
        }),
    ];
    for (const leave of leaving) {
      const owners = new Owners();
      owners.note(older);
      owners.note(younger);
      expect(owners.elderOf(younger)).toBeDefined();
      leave(owners);
      expect(owners.elderOf(younger)).toBeUndefined();
    }
  });

  it('tells workloads apart by namespace, group, kind and name, not by version', () => {
    const ref = (apiVersion: string, kind = 'Deployment', name = 'web') =>
      workloadRefOf(target({ spec: { ...target().spec!, scaleTargetRef: { apiVersion, kind, name } } }));
    expect(ref('apps/v1')).toBe(ref('apps/v1beta1'));
    expect(
      new Set([ref('apps/v1'), ref('v1'), ref('apps/v1', 'StatefulSet'), ref('apps/v1', 'Deployment', 'x')]).size,
    ).toBe(4);
  });
});
