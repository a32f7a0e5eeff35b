// A real kube-apiserver over etcd keeps the contract that the local cluster is held to.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kubeApiContract } from '../contract/kube-api.contract.ts';
import { CRDS, dialCrd } from '../contract/kube-api/objects-under-test.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { INVALID_HPA_SPECS, VALID_HPA_SPECS } from '../support/spec-vectors.ts';

const HPAS = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers';

kubeApiContract('kube-apiserver', async () => {
  const plane = await startControlPlane({ flavour: 'api', namespaces: ['contract'] });
  return {
    url: plane.url,
    token: plane.token,
    certificateAuthority: plane.certificateAuthority,
    namespace: 'contract',
    compact: () => compact(plane),
    close: () => plane.stop(),
  };
});

/** As the API server does every five minutes. */
async function compact(plane: ControlPlane): Promise<void> {
  const credential = (file: string) => readFileSync(join(plane.directory, 'credentials', file), 'utf8');
  const agent = new Agent({
    connect: {
      ca: plane.certificateAuthority,
      cert: credential('etcd-client.pem'),
      key: credential('etcd-client.key'),
    },
  });
  const etcd = async (path: string, body: unknown): Promise<unknown> => {
    const url = `https://127.0.0.1:${plane.ports.etcd}/v3/kv/${path}`;
    const answer = await request(url, { method: 'POST', body: JSON.stringify(body), dispatcher: agent });
    if (answer.statusCode !== 200) throw new Error(`etcd answered ${answer.statusCode}: ${await answer.body.text()}`);
    return answer.body.json();
  };
  try {
    const { header } = (await etcd('range', { key: Buffer.from('/').toString('base64') })) as {
      header: { revision: string };
    };
    await etcd('compaction', { revision: header.revision, physical: true });
  } finally {
    await agent.close();
  }
}

/** What only a real API server notices; see docs/local-cluster.md. */
describe('rules of a CRD on kube-apiserver', () => {
  let plane: ControlPlane;
  beforeAll(async () => {
    plane = await startControlPlane({ flavour: 'api' });
  });
  afterAll(() => plane.stop());

  test.each([
    ['may not name fields that are not declared', { rule: 'self.nothing > 1', message: 'no' }, 'undefined field'],
    ['must be cheap', { rule: 'true', messageExpression: "'is ' + string(self.size)" }, 'exceeds budget'],
  ])('%s', async (_, rule, message) => {
    const [version] = dialCrd.spec.versions;
    const spec = { type: 'object', properties: { size: { type: 'integer' } }, 'x-kubernetes-validations': [rule] };
    const schema = { openAPIV3Schema: { type: 'object', properties: { spec } } };
    const crd = { ...dialCrd, spec: { ...dialCrd.spec, versions: [{ ...version, schema }] } };
    const answer = await plane.api.call('POST', CRDS, crd);
    expect(answer.status).toBe(422);
    expect(answer.body.message).toContain(message);
  });

  test.each(VALID_HPA_SPECS)('an HPA may be: $name', async ({ spec }) => {
    const answer = await plane.api.call('POST', `${HPAS}?dryRun=All`, hpa(spec));
    expect({ status: answer.status, message: answer.body.message }).toEqual({ status: 201, message: undefined });
  });

  test.each(INVALID_HPA_SPECS)('an HPA may not be: $name', async ({ spec }) => {
    const answer = await plane.api.call('POST', `${HPAS}?dryRun=All`, hpa(spec));
    expect([400, 422]).toContain(answer.status);
  });
});

function hpa(spec: Record<string, unknown>) {
  return { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'web' }, spec };
}
