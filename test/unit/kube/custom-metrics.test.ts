// Where custom metrics are asked for: the paths, selectors and versions of the HPA's client.
import { describe, expect, it } from 'vitest';
import { ApiStatusError } from '../../../src/base/errors.ts';
import type { CallOptions } from '../../../src/kube/client.ts';
import { KubeCustomMetrics } from '../../../src/kube/custom-metrics.ts';
import type { CustomMetricRequest } from '../../../src/sources/custom.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const signal = new AbortController().signal;
const API = '/apis/custom.metrics.k8s.io';
const group = (...versions: string[]) => ({
  preferredVersion: { version: versions[0] },
  versions: versions.map((version) => ({ version })),
});

/** An API server with these discovery answers; all below the metrics API answers with its own path. */
function setUp(...versions: string[]) {
  const clock = new FakeClock();
  const answers = new Map<string, unknown>([
    [
      '/api/v1',
      {
        resources: [
          { name: 'services', kind: 'Service' },
          { name: 'nodes', kind: 'Node' },
        ],
      },
    ],
    ['/apis/networking.k8s.io/v1', { resources: [{ name: 'ingresses', kind: 'Ingress' }] }],
    ['/apis/networking.k8s.io', group('v1')],
  ]);
  if (versions.length > 0) answers.set(API, group(...versions));
  const discovered: string[] = [];
  const asked: { path: string; options: CallOptions }[] = [];
  const client = {
    get(path: string, options: CallOptions): Promise<unknown> {
      if (path.startsWith(`${API}/`)) {
        asked.push({ path, options });
        return Promise.resolve(path);
      }
      discovered.push(path);
      return answers.has(path) ? Promise.resolve(answers.get(path)) : Promise.reject(new ApiStatusError(404, '', ''));
    },
  };
  const metrics = new KubeCustomMetrics({ client, clock });
  const get = (of: CustomMetricRequest['of'], more: Partial<CustomMetricRequest> = {}) =>
    metrics.get({ namespace: 'shop', metricName: 'rps', metricSelector: '', of, ...more }, signal);
  return { clock, answers, asked, discovered, get };
}

const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'web' };

describe('paths and selectors', () => {
  it.each<[string, CustomMetricRequest['of'], string]>([
    ['pods', { podSelector: 'app=web' }, 'namespaces/shop/pods/*/rps'],
    ['an object of a group', ingress, 'namespaces/shop/ingresses.networking.k8s.io/web/rps'],
    [
      'an object of the core group',
      { apiVersion: 'v1', kind: 'Service', name: 'web' },
      'namespaces/shop/services/web/rps',
    ],
    ['an object without apiVersion', { kind: 'Service', name: 'web' }, 'namespaces/shop/services/web/rps'],
    // The HPA asks below its own namespace, whatever the scope of the kind.
    ['an object without a namespace', { kind: 'Node', name: 'n1' }, 'namespaces/shop/nodes/n1/rps'],
    [
      'the namespace, whatever its name',
      { apiVersion: 'v1', kind: 'Namespace', name: 'bank' },
      'namespaces/shop/metrics/rps',
    ],
    [
      'a version that is not served',
      { ...ingress, apiVersion: 'networking.k8s.io/v1beta1' },
      'namespaces/shop/ingresses.networking.k8s.io/web/rps',
    ],
  ])('%s', async (_what, of, path) => {
    const { get, asked } = setUp('v1beta2');
    expect(await get(of)).toEqual({ body: `${API}/v1beta2/${path}` });
    expect(asked).toHaveLength(1);
  });

  it('pods are found by the selector of the target, series by that of the metric; empty ones are left out', async () => {
    const { get, asked } = setUp('v1beta2');
    await get({ podSelector: 'app=web,tier in (a,b)' }, { metricSelector: 'verb=GET' });
    await get(ingress, { metricSelector: 'verb=GET' });
    await get({ podSelector: '' });
    const none = { labelSelector: undefined, metricLabelSelector: undefined };
    expect(asked.map(({ options }) => options.query)).toEqual([
      { labelSelector: 'app=web,tier in (a,b)', metricLabelSelector: 'verb=GET' },
      { ...none, metricLabelSelector: 'verb=GET' },
      none,
    ]);
    // Once: a 429 of an adapter says nothing about the API server, and the next tick asks again.
    expect(asked[0]?.options).toMatchObject({ aggregated: true, retry: false });
  });

  it('names of users stay one segment of the path', async () => {
    const { get, asked } = setUp('v1beta2');
    await get({ kind: 'Service', name: '../secrets' }, { metricName: '..', namespace: 'a/b' });
    expect(asked[0]?.path).toBe(`${API}/v1beta2/namespaces/a%2Fb/services/..%2Fsecrets/%2E%2E`);
  });
});

describe('versions', () => {
  it.each([
    [['v1beta2', 'v1beta1'], 'v1beta2'],
    [['v1beta1'], 'v1beta1'],
    [['v1beta1', 'v1beta2'], 'v1beta1'],
    [['v9', 'v1beta2'], 'v1beta2'],
  ])('%j: %s, the preferred one if it is known, as the HPA', async (served, version) => {
    const { get } = setUp(...served);
    expect(await get({ podSelector: '' })).toEqual({ body: `${API}/${version}/namespaces/shop/pods/*/rps` });
  });

  it('none, or none that is known, is an answer of its own, and so is an unknown kind', async () => {
    expect(await setUp().get({ podSelector: '' })).toEqual({ unknown: 'api' });
    expect(await setUp('v9').get({ podSelector: '' })).toEqual({ unknown: 'version' });
    const { get, asked } = setUp('v1beta2');
    expect(await get({ kind: 'Ingress', name: 'web' })).toEqual({ unknown: 'kind' });
    expect(await get({ apiVersion: 'example.com/v1', kind: 'Shop', name: 'web' })).toEqual({ unknown: 'kind' });
    expect(asked).toEqual([]);
  });

  it('one that comes later, or is upgraded, is found within half a minute; looked for at most twice a minute', async () => {
    const { get, clock, answers, discovered } = setUp();
    for (let second = 0; second < 30; second++) {
      expect(await get({ podSelector: '' })).toEqual({ unknown: 'api' });
      await clock.advance(1000);
    }
    expect(discovered).toEqual([API]);
    answers.set(API, group('v1beta1'));
    expect(await get({ podSelector: '' })).toEqual({ body: `${API}/v1beta1/namespaces/shop/pods/*/rps` });
    answers.set(API, group('v1beta2', 'v1beta1'));
    await clock.advance(30_000);
    expect(await get({ podSelector: '' })).toEqual({ body: `${API}/v1beta2/namespaces/shop/pods/*/rps` });
    expect(discovered).toEqual([API, API, API]);
  });

  it('rejects when discovery fails, and asks again', async () => {
    const { get, answers } = setUp('v1beta2');
    answers.set(API, Promise.reject(new ApiStatusError(503, '', '')));
    await expect(get({ podSelector: '' })).rejects.toMatchObject({ status: 503 });
    answers.set(API, group('v1beta2'));
    expect(await get({ podSelector: '' })).toMatchObject({ body: expect.any(String) });
  });
});
