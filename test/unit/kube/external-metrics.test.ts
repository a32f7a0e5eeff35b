import { expect, it } from 'vitest';
import type { CallOptions } from '../../../src/kube/client.ts';
import { KubeExternalMetrics } from '../../../src/kube/external-metrics.ts';

const signal = new AbortController().signal;

it('asks where the HPA asks: in the namespace, by the name in lower case, with the selector of the metric', async () => {
  const asked: { path: string; options: CallOptions }[] = [];
  const client = {
    list(path: string, options: CallOptions) {
      asked.push({ path, options });
      return Promise.resolve('answer');
    },
  };
  const metrics = new KubeExternalMetrics(client);
  const request = { namespace: 'shop', metricName: 'Queue|Depth', metricSelector: 'queue in (fax,mail)' };
  expect(await metrics.list(request, signal)).toBe('answer');
  await metrics.list({ ...request, metricSelector: '' }, signal);
  const path = '/apis/external.metrics.k8s.io/v1beta1/namespaces/shop/queue%7Cdepth';
  expect(asked.map((one) => [one.path, one.options.query])).toEqual([
    [path, { labelSelector: 'queue in (fax,mail)' }],
    [path, { labelSelector: undefined }],
  ]);
  // Once: a 429 of an adapter says nothing about the API server, and the next tick asks again.
  expect(asked[0]?.options).toMatchObject({ signal, aggregated: true, retry: false });
});
