import { describe, expect, it } from 'vitest';
import type { ScaledTarget } from '../../../src/api/spec.ts';
import { ApiStatusError } from '../../../src/base/errors.ts';
import { type Logger, silentLogger } from '../../../src/base/logger.ts';
import type { Labels } from '../../../src/base/selector.ts';
import type { Scale } from '../../../src/controller/ports.ts';
import type { PodState } from '../../../src/decide/types.ts';
import type { WatchContext } from '../../../src/kube/collection.ts';
import { KubeRivals } from '../../../src/kube/rivals.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeCollection } from '../../support/fake-collection.ts';
import { spec, target } from '../../support/targets.ts';

const scale = (name: string, selector: string, changes: Partial<Scale> = {}): Scale => ({
  group: 'apps',
  version: 'v1',
  resource: 'deployments',
  kind: 'Deployment',
  namespace: 'shop',
  name,
  uid: `uid-${name}`,
  resourceVersion: '1',
  specReplicas: 1,
  statusReplicas: 1,
  selector,
  ...changes,
});
const hpa = (kind: string, name: string, apiVersion = 'apps/v1') => ({
  spec: { scaleTargetRef: { apiVersion, kind, name } },
});

function setUp() {
  const clock = new FakeClock();
  const server = new FakeCollection('HorizontalPodAutoscalerList');
  const warnings: string[] = [];
  const logger: Logger = { ...silentLogger, warn: (message) => warnings.push(message) };
  const labels = new Map<string, Labels>();
  const known = new Map<string, ScaledTarget>();
  const context = { clock, random: () => 0.5, logger, namespaces: [] } as unknown as WatchContext;
  const rivals = new KubeRivals(
    {
      ...context,
      targets: { get: (key) => known.get(key) },
      pods: { labelsOf: (_namespace, name) => labels.get(name) },
    },
    () => server,
  );
  const pod = (name: string, of: Labels): PodState => {
    labels.set(name, of);
    return {
      name,
      phase: 'Running',
      deleting: false,
      ready: 'True',
      readyTransitionAtMs: undefined,
      startedAtMs: undefined,
      containers: [],
      initContainers: [],
      podRequests: undefined,
    };
  };
  const add = (name: string, changes: Partial<ScaledTarget> = {}) => {
    const added = target({ name, ...changes });
    known.set(added.key, added);
    return added;
  };
  return { clock, server, warnings, rivals, known, pod, add };
}

describe('HorizontalPodAutoscalers', () => {
  it('are found by group, kind and name of what they scale', async () => {
    const { server, rivals } = setUp();
    server.put('b', hpa('Deployment', 'web', 'apps/v1beta1'));
    server.put('a', hpa('Deployment', 'web'));
    server.put('other-kind', hpa('StatefulSet', 'web'));
    server.put('other-group', hpa('Deployment', 'web', 'example.com/v1'));
    server.put('broken', { spec: null });
    rivals.start();
    await rivals.waitForSync(new AbortController().signal);
    expect(rivals.autoscalersOf('shop', scale('web', 'app=web'))).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(rivals.autoscalersOf('depot', scale('web', 'app=web'))).toEqual([]);
    await settle();
    server.put('a', hpa('Deployment', 'api'));
    server.delete('b');
    await settle();
    expect(rivals.autoscalersOf('shop', scale('web', 'app=web'))).toEqual([]);
    await rivals.stop();
  });

  it('are shown with the size they decided on last; 0 is what the API server shows before the first decision', async () => {
    const { server, rivals } = setUp();
    const withStatus = (status?: unknown) => ({ ...hpa('Deployment', 'web'), status });
    server.put('acts', withStatus({ desiredReplicas: 7 }));
    server.put('begins', withStatus({ desiredReplicas: 0, currentMetrics: null }));
    server.put('broken', withStatus({ desiredReplicas: '7' }));
    server.put('new', withStatus());
    rivals.start();
    await rivals.waitForSync(new AbortController().signal);
    const wanted = () =>
      rivals.autoscalersOf('shop', scale('web', 'app=web')).map(({ desiredReplicas }) => desiredReplicas);
    expect(wanted()).toEqual([7, undefined, undefined, undefined]);
    await settle();
    server.put('acts', withStatus({ desiredReplicas: 9 }));
    await settle();
    expect(wanted()).toEqual([9, undefined, undefined, undefined]);
    await rivals.stop();
  });

  it.each([403, 404])('that cannot be seen (%i) hold up nothing and are said once', async (code) => {
    const { server, rivals, warnings, clock } = setUp();
    for (let i = 0; i < 1000; i++) server.listFailures.push(new ApiStatusError(code, '', 'no'));
    rivals.start();
    await clock.advance(30_000);
    await rivals.waitForSync(new AbortController().signal);
    const asked = server.lists.length;
    await clock.advance(600_000);
    expect(warnings.filter((one) => one.includes('cannot be seen'))).toHaveLength(1);
    expect(server.lists).toHaveLength(asked + 2);
    server.listFailures.length = 0;
    await clock.advance(300_000);
    expect(rivals.state.synced).toBe(true);
    await rivals.stop();
  });

  it('are waited for when an API server that has just started refuses everybody', async () => {
    const { server, rivals, warnings, clock } = setUp();
    server.listFailures.push(new ApiStatusError(403, 'Forbidden', 'no'), new ApiStatusError(403, 'Forbidden', 'no'));
    rivals.start();
    let isKnown = false;
    const note = async () => {
      await rivals.waitForSync(new AbortController().signal);
      isKnown = true;
    };
    void note();
    await settle();
    expect(isKnown).toBe(false);
    // Two pauses of 0.8 and 1.6 s at most.
    await clock.advance(2400);
    expect([isKnown, rivals.state.synced]).toEqual([true, true]);
    expect(warnings.filter((one) => one.includes('cannot be seen'))).toEqual([]);
    await rivals.stop();
  });
});

describe('overlapping', () => {
  it('remembers no target that is gone, whether or not anything is asked about its pods', () => {
    const { rivals, known, pod, add } = setUp();
    for (let index = 0; index < 5000; index++) {
      const preview = add(`preview-${index}`);
      rivals.overlapping(preview, scale(preview.name, `app=${preview.name}`), []);
      known.delete(preview.key);
      expect(rivals.claims).toBeLessThanOrEqual(200);
    }
    const living = Array.from({ length: 300 }, (_, index) => add(`app-${index}`));
    for (const { name } of living) rivals.overlapping(known.get(`shop/${name}`)!, scale(name, `app=${name}`), []);
    const pods = [pod('p1', { app: 'app-7' })];
    expect(rivals.overlapping(add('all'), scale('all', '!gone'), pods)).toEqual(['all', 'app-7']);
  });

  it('names all targets on the same pods whose workload is another', () => {
    const { rivals, pod, add } = setUp();
    const pods = [pod('p1', { app: 'web', tier: 'front' })];
    expect(rivals.overlapping(add('web'), scale('web', 'app=web'), pods)).toEqual([]);
    expect(rivals.overlapping(add('all'), scale('all', '!gone'), pods)).toEqual(['all', 'web']);
    expect(rivals.overlapping(add('front'), scale('front', 'tier in (front,edge)'), pods)).toEqual([
      'all',
      'front',
      'web',
    ]);
    expect(rivals.overlapping(add('web'), scale('web', 'app=web'), pods)).toEqual(['all', 'front', 'web']);
  });

  it('is known of the first target that is asked about, of whatever was learned before', () => {
    const { rivals, pod, add, known } = setUp();
    const pods = [pod('p1', { app: 'web', tier: 'front' })];
    const scales = new Map([
      ['web', scale('web', 'app=web')],
      ['front', scale('front', 'tier=front')],
      ['watching', scale('watching', 'app=web')],
      ['broken', scale('broken', 'app=web')],
      ['bare', scale('bare', '')],
    ]);
    for (const name of scales.keys()) {
      const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name };
      add(name, { spec: spec({ scaleTargetRef, mode: name === 'watching' ? 'Recommend' : 'Scale' }) });
    }
    add('broken', { spec: undefined });
    const elsewhere = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'elsewhere' };
    add('unread', { spec: spec({ scaleTargetRef: elsewhere }) });
    const asked: string[] = [];
    rivals.learn(known.values(), {
      known(namespace, ref) {
        asked.push(`${namespace}/${ref.apiVersion}/${ref.kind}/${ref.name}`);
        return scales.get(ref.name);
      },
    });
    expect(asked).toContain('shop/apps/v1/Deployment/front');
    expect(rivals.claims).toBe(2);
    expect(rivals.overlapping(known.get('shop/web')!, scales.get('web')!, pods)).toEqual(['front', 'web']);
  });

  it('a target that is switched off claims no pods, one that scaled to zero does', () => {
    const { rivals, pod, add } = setUp();
    const pods = [pod('p1', { app: 'web' })];
    const ask = () => rivals.overlapping(add('blue'), scale('blue', 'app=web'), pods);
    const green = (specReplicas: number, conditions: ScaledTarget['previous']['conditions'] = []) => {
      const previous = { conditions, scaleEvents: { up: [], down: [] } };
      return rivals.overlapping(add('green', { previous }), scale('green', 'app=web', { specReplicas }), []);
    };
    green(1);
    expect(ask()).toEqual(['blue', 'green']);
    green(0);
    expect(ask()).toEqual([]);
    green(0, [{ type: 'ScaledToZero', status: 'True', reason: 'ScaledToZero', message: '' }]);
    expect(ask()).toEqual(['blue', 'green']);
  });

  it('does not mind a second target on the same workload, other pods, or another namespace', () => {
    const { rivals, pod, add } = setUp();
    const pods = [pod('p1', { app: 'web' })];
    rivals.overlapping(add('web'), scale('web', 'app=web'), pods);
    rivals.overlapping(add('db'), scale('db', 'app=db'), []);
    rivals.overlapping(add('far', { namespace: 'depot' }), scale('far', 'app=web'), []);
    expect(rivals.overlapping(add('web-2'), scale('web', 'app=web'), pods)).toEqual([]);
  });

  it('forgets targets that are gone, recommend only, were made anew, or moved to other pods', () => {
    const { rivals, pod, add, known } = setUp();
    const pods = [pod('p1', { app: 'web' })];
    const ask = () => rivals.overlapping(add('web'), scale('web', 'app=web'), pods);
    const rival = (changes: Partial<ScaledTarget> = {}) =>
      rivals.overlapping(add('rival', changes), scale('rival', 'app=web'), []);
    rival();
    expect(ask()).toEqual(['rival', 'web']);
    known.delete('shop/rival');
    expect(ask()).toEqual([]);
    rival();
    add('rival', { uid: 'another' });
    expect(ask()).toEqual([]);
    rival();
    add('rival', { spec: spec({ mode: 'Recommend' }) });
    expect(ask()).toEqual([]);
    rival();
    rivals.overlapping(add('rival'), scale('rival', 'app=other'), []);
    expect(ask()).toEqual([]);
  });

  it('a target in mode Recommend is neither rival nor rivalled', () => {
    const { rivals, pod, add } = setUp();
    const pods = [pod('p1', { app: 'web' })];
    rivals.overlapping(add('web'), scale('web', 'app=web'), pods);
    const watching = add('watching', { spec: spec({ mode: 'Recommend' }) });
    expect(rivals.overlapping(watching, scale('watching', 'app=web'), pods)).toEqual([]);
    expect(rivals.overlapping(add('web'), scale('web', 'app=web'), pods)).toEqual([]);
  });
});
