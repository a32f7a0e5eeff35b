import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import { matches, parseSelector } from '../../../src/base/selector.ts';
import { type Labelled, LabelIndex } from '../../../src/kube/label-index.ts';
import { PodTrimmer } from '../../../src/kube/pod-state.ts';
import { KubePods } from '../../../src/kube/pods.ts';
import type { WatchContext } from '../../../src/kube/collection.ts';
import { FakeClock, settle } from '../../support/fake-clock.ts';
import { FakeCollection } from '../../support/fake-collection.ts';

const trimPod = (object: Record<string, unknown>) => new PodTrimmer().trim(object);
const pod = (labels: Record<string, string>) => ({ metadata: { labels }, status: { phase: 'Running' } });

async function setUp() {
  const server = new FakeCollection();
  const clock = new FakeClock();
  const context = { clock, random: () => 0.5, logger: silentLogger, namespaces: [], client: undefined };
  const pods = new KubePods(context as unknown as WatchContext, () => server);
  pods.start();
  await settle();
  const names = (selector: string | undefined, namespace = 'shop') =>
    pods.select(namespace, selector).pods?.map(({ name }) => name);
  const index = () => pods.index;
  return { server, pods, names, clock, index };
}

describe('trimPod', () => {
  it('keeps what a decision needs and nothing else (B31)', () => {
    const trimmed = trimPod({
      metadata: {
        namespace: 'shop',
        name: 'web-1',
        uid: 'u1',
        resourceVersion: '7',
        labels: { app: 'web' },
        annotations: { big: 'x'.repeat(250_000) },
        managedFields: [{ fieldsV1: {} }],
        deletionTimestamp: '2026-01-01T00:00:00Z',
      },
      spec: {
        containers: [{ name: 'app', env: [{ name: 'X' }], resources: { requests: { cpu: '250m', memory: '1Gi' } } }],
        initContainers: [
          { name: 'init', resources: { requests: { cpu: 1 } } },
          { name: 'sidecar', restartPolicy: 'Always' },
        ],
        resources: { requests: { cpu: '2' } },
      },
      status: {
        phase: 'Running',
        startTime: '2026-01-01T00:00:01Z',
        conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-01-01T00:00:05Z' }],
      },
    });
    expect(trimmed).toEqual({
      namespace: 'shop',
      name: 'web-1',
      uid: 'u1',
      resourceVersion: '7',
      labels: { app: 'web' },
      state: {
        name: 'web-1',
        phase: 'Running',
        deleting: true,
        ready: 'True',
        readyTransitionAtMs: Date.UTC(2026, 0, 1, 0, 0, 5),
        startedAtMs: Date.UTC(2026, 0, 1, 0, 0, 1),
        containers: [{ name: 'app', requests: { cpu: 250n, memory: 1024n ** 3n * 1000n } }],
        initContainers: [
          { name: 'init', requests: { cpu: 1000n }, restartable: false },
          { name: 'sidecar', requests: {}, restartable: true },
        ],
        podRequests: { cpu: 2000n },
      },
    });
  });

  it.each<[name: string, object: Record<string, unknown>]>([
    ['nothing', {}],
    ['nulls', { metadata: null, spec: null, status: null }],
    [
      'wrong types',
      { metadata: 'x', spec: { containers: {}, initContainers: 'x', resources: [] }, status: { conditions: 7 } },
    ],
  ])('reads %s without a throw', (_name, object) => {
    expect(trimPod(object).state).toMatchObject({ phase: '', deleting: false, ready: undefined, containers: [] });
  });

  it('pods of one template share what they have in common; others do not', () => {
    const trimmer = new PodTrimmer();
    const of = (name: string, cpu: string, app: string) =>
      trimmer.trim({
        metadata: { name, labels: { app } },
        spec: { containers: [{ name: 'a', resources: { requests: { cpu } } }] },
      });
    const [one, two, other] = [of('p1', '1', 'web'), of('p2', '1', 'web'), of('p3', '2', 'db')];
    expect(two.labels).toBe(one.labels);
    expect(two.state.containers).toBe(one.state.containers);
    expect(other.labels).toEqual({ app: 'db' });
    expect(other.state.containers[0]?.requests).toEqual({ cpu: 2000n });
    expect(two.state.name).toBe('p2');
  });

  it('a request that cannot be read is not there, rather than zero', () => {
    const [container] = trimPod({
      spec: { containers: [{ name: 'a', resources: { requests: { cpu: 'lots', memory: null, gpu: '1' } } }] },
    }).state.containers;
    expect(container?.requests).toEqual({ gpu: 1000n });
  });

  it('labels and resources named like properties of objects are plain data (B30)', () => {
    const { labels, state } = trimPod(
      JSON.parse(
        '{"metadata":{"labels":{"__proto__":"a","constructor":"b"}},"spec":{"containers":[{"resources":{"requests":{"__proto__":"1"}}}]}}',
      ) as Record<string, unknown>,
    );
    expect(Object.entries(labels)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
    expect(Object.entries(state.containers[0]?.requests ?? {})).toEqual([['__proto__', 1000n]]);
    expect(Object.keys({})).toEqual([]);
  });
});

describe('KubePods', () => {
  it('finds pods by selector in order of name, as they come, change and go', async () => {
    const { server, names } = await setUp();
    server.put('web-2', pod({ app: 'web', tier: 'front' }));
    server.put('web-1', pod({ app: 'web' }));
    server.put('db-1', pod({ app: 'db' }));
    server.put('web-9', pod({ app: 'web' }), 'other');
    await settle();
    expect(names('app=web')).toEqual(['web-1', 'web-2']);
    expect(names('app in (web,db)')).toEqual(['db-1', 'web-1', 'web-2']);
    expect(names('app=web,tier!=front')).toEqual(['web-1']);
    expect(names('!tier')).toEqual(['db-1', 'web-1']);
    expect(names('app=web', 'other')).toEqual(['web-9']);
    server.put('web-2', pod({ app: 'db' }));
    server.delete('web-1');
    server.put('web-3', pod({ app: 'web' }));
    await settle();
    expect(names('app=web')).toEqual(['web-3']);
    expect(names('app=db')).toEqual(['db-1', 'web-2']);
    expect(names('app=nobody')).toEqual([]);
    expect(names('app=web', 'nowhere')).toEqual([]);
  });

  it('keeps no index of namespaces whose pods are gone', async () => {
    const { server, names, index } = await setUp();
    for (let round = 0; round < 3; round++) {
      for (let index = 0; index < 20; index++) {
        expect(names('app=web', `preview-${index}`)).toEqual([]);
        server.put('web-1', pod({ app: 'web' }), `preview-${index}`);
        await settle();
        expect(names('app=web', `preview-${index}`)).toEqual(['web-1']);
      }
      expect(index().namespaces).toBe(20);
      for (let index = 0; index < 20; index++) server.delete('web-1', `preview-${index}`);
      await settle();
      expect(index().namespaces).toBe(0);
    }
  });

  it('says why pods cannot be told apart', async () => {
    const { pods } = await setUp();
    expect(pods.select('shop', undefined)).toEqual({ problem: { kind: 'missing' } });
    expect(pods.select('shop', '')).toEqual({ problem: { kind: 'missing' } });
    expect(pods.select('shop', 'a=b=c')).toEqual({
      problem: { kind: 'unparsable', message: 'found "=", expected ","' },
    });
  });
});

it('a selection finds what a walk would find, in order of name, whatever came and went before', () => {
  const value = fc.constantFrom('a', 'b', 'c');
  const change = fc.record({ name: fc.integer({ min: 0, max: 30 }), isGone: fc.boolean(), app: value, tier: value });
  const selectors = [
    'app=a',
    'app in (a,b)',
    'app in (b,a,x),tier=c',
    'app=a,tier in (a,b,c)',
    'app notin (a)',
    'app=x',
  ];
  fc.assert(
    fc.property(fc.array(change, { maxLength: 80 }), (changes) => {
      const stored = new Map<string, Labelled>();
      const index = new LabelIndex<Labelled>(() => stored.values());
      for (const [at, { name: number, isGone, app, tier }] of changes.entries()) {
        const name = `pod-${number}`;
        const before = stored.get(name);
        if (before && isGone) stored.delete(name);
        if (before) index.removed(before);
        if (!isGone) {
          const item = { namespace: 'shop', name, labels: { app, tier } };
          stored.set(name, item);
          index.added(item);
        }
        const selector = parseSelector(selectors[at % selectors.length] ?? '').selector ?? [];
        const walked = [...stored.values()].filter(({ labels }) => matches(selector, labels));
        const byName = walked.sort((a, b) => (a.name < b.name ? -1 : 1));
        expect(index.select('shop', selector)).toEqual(byName);
      }
    }),
  );
});

it('a selection does not walk the namespace: 1,000 selectors on 10,000 pods look at 10 pods each', () => {
  const all = Array.from({ length: 10_000 }, (_, i) => ({
    namespace: 'shop',
    name: `pod-${i}`,
    labels: { app: `app-${i % 1000}`, team: 'one' },
  }));
  let looked = 0;
  const counted = all.map((one) => ({
    ...one,
    get labels() {
      looked++;
      return one.labels;
    },
  }));
  const index = new LabelIndex<(typeof counted)[0]>(() => counted);
  const select = (app: number) => index.select('shop', parseSelector(`app=app-${app},team=one`).selector ?? []);
  expect(select(0)).toHaveLength(10);
  looked = 0;
  for (let app = 0; app < 1000; app++) expect(select(app)).toHaveLength(10);
  expect(looked).toBe(10_000);
});

it('says of pods that can neither be watched nor listed any more that they are stale, until they can', async () => {
  const { server, pods, clock } = await setUp();
  server.put('web-1', pod({ app: 'web' }));
  await settle();
  const isStale = () => pods.select('shop', 'app=web').isStale;
  const failure = new Error('too many requests');
  server.watchFailures.push(...Array.from({ length: 1000 }, () => failure));
  server.listFailures.push(...Array.from({ length: 1000 }, () => failure));
  server.stream.fail(failure);
  await clock.advance(149_000);
  expect(isStale()).toBeUndefined();
  await clock.advance(2_000);
  expect(isStale()).toBe(true);
  server.listFailures.length = 0;
  await clock.advance(31_000);
  expect(isStale()).toBeUndefined();
});
