// The CRD on a running API server: it accepts, refuses and defaults the same specs as the parser does.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseScaledTarget, parseSpec } from '../../src/api/scaled-target.ts';
import type { ApiServer } from '../../src/localcluster/api-server.ts';
import { startApiServer } from '../../src/localcluster/api-server.ts';
import { INVALID_SPECS, specWith, VALID_SPECS } from '../support/spec-vectors.ts';

const TARGETS = '/apis/setpoint.dev/v1alpha1/namespaces/shop/scaledtargets';
const CRD = new URL('../../crds/scaledtargets.yaml', import.meta.url);

interface Answer {
  readonly code: number;
  readonly body: {
    readonly spec?: Record<string, unknown>;
    readonly status?: Record<string, unknown>;
    readonly metadata?: { readonly resourceVersion?: string };
    readonly message?: string;
    readonly details?: { readonly causes?: readonly { readonly field: string; readonly message: string }[] };
  };
}

let server: ApiServer;

async function send(method: string, path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(server.url + path, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.token}` },
    body: JSON.stringify(body),
  });
  return { code: answer.status, body: (await answer.json()) as Answer['body'] };
}

function target(name: string, spec: unknown) {
  return { apiVersion: 'setpoint.dev/v1alpha1', kind: 'ScaledTarget', metadata: { name, namespace: 'shop' }, spec };
}

beforeAll(async () => {
  server = await startApiServer({ namespaces: ['shop'] });
  const crd: unknown = parse(readFileSync(CRD, 'utf8'));
  const { code, body } = await send('POST', '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', crd);
  if (code !== 201) throw new Error(`the CRD was refused: ${body.message}`);
});
afterAll(() => server.close());

describe('the API server with crds/scaledtargets.yaml', () => {
  it('accepts what the parser accepts, and stores what reads the same', async () => {
    for (const [index, { name, spec }] of VALID_SPECS.entries()) {
      const { code, body } = await send('POST', TARGETS, target(`good-${index}`, spec));
      expect({ name, code, message: body.message }).toEqual({ name, code: 201, message: undefined });
      expect({ name, parsed: parseSpec(body.spec) }).toEqual({ name, parsed: parseSpec(spec) });
    }
  });

  it('refuses what the parser refuses, naming the field', async () => {
    for (const [index, { name, field, spec }] of INVALID_SPECS.entries()) {
      const { code, body } = await send('POST', TARGETS, target(`bad-${index}`, spec));
      const fields = body.details?.causes?.map((cause) => cause.field) ?? [];
      expect({ name, code, fields }).toEqual({ name, code: 422, fields: expect.arrayContaining([field]) as unknown });
    }
  });

  it('B29 prunes an unknown field, and refuses it when asked to be strict', async () => {
    const spec = specWith({ schedules: [] });
    const pruned = await send('POST', TARGETS, target('pruned', spec));
    expect(pruned.code).toBe(201);
    expect(pruned.body.spec).not.toHaveProperty('schedules');
    const strict = await send('POST', `${TARGETS}?fieldValidation=Strict`, target('strict', spec));
    expect(strict.code).toBe(400);
    expect(strict.body.message).toContain('spec.schedules');
  });

  it('keeps spec and status apart, and the status within bounds', async () => {
    const { body: created } = await send('POST', TARGETS, target('status', specWith({})));
    const status = { currentReplicas: 3, summary: { target: 'Deployment/web' } };
    const written = await send('PUT', `${TARGETS}/status/status`, { ...created, status });
    expect(written.code).toBe(200);
    expect(written.body.status).toEqual(status);
    expect(parseScaledTarget(written.body).previous.currentReplicas).toBe(3);
    const refused = await send('PUT', `${TARGETS}/status/status`, { ...written.body, status: { currentReplicas: -1 } });
    expect(refused.code).toBe(422);
  });
});
