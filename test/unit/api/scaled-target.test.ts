import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseScaledTarget, parseSpec } from '../../../src/api/scaled-target.ts';
import {
  containerResource,
  cpu,
  externalMetric,
  objectMetric,
  podsMetric,
  prometheusMetric,
  specWith,
  VALID_SPECS,
} from '../../support/spec-vectors.ts';

const averageValue = (value: unknown) => ({ type: 'AverageValue', averageValue: value });
const metricsOf = (...metrics: unknown[]) => parseSpec(specWith({ metrics })).spec?.metrics ?? [];
const namesOf = (...metrics: unknown[]) => metricsOf(...metrics).map(({ name }) => name);

describe('parseScaledTarget', () => {
  it('reads what the controller needs of the object', () => {
    const rawStatus = { currentReplicas: 3, lastScaleTime: '2026-01-01T00:00:00Z' };
    const target = parseScaledTarget({
      metadata: {
        namespace: 'shop',
        name: 'web',
        uid: 'u',
        generation: 7,
        resourceVersion: '42',
        creationTimestamp: '2025-12-31T00:00:00Z',
        deletionTimestamp: '2026-01-02T00:00:00Z',
      },
      spec: specWith({}),
      status: rawStatus,
    });
    expect(target).toMatchObject({
      key: 'shop/web',
      namespace: 'shop',
      name: 'web',
      uid: 'u',
      generation: 7,
      resourceVersion: '42',
      createdAtMs: Date.UTC(2025, 11, 31),
      deleting: true,
      faults: [],
      previous: { currentReplicas: 3, lastScaleTimeMs: Date.UTC(2026, 0, 1) },
    });
    expect(target.rawStatus).toBe(rawStatus);
  });

  it('keeps the object watched when its spec is broken', () => {
    const target = parseScaledTarget({
      metadata: { namespace: 'shop', name: 'web', uid: 'u' },
      spec: { maxReplicas: 0 },
    });
    expect(target).toMatchObject({ key: 'shop/web', uid: 'u', deleting: false, spec: undefined });
    expect(target.faults).toEqual([
      { field: 'spec.scaleTargetRef', message: 'spec.scaleTargetRef is missing: it must be an object' },
      { field: 'spec.maxReplicas', message: 'spec.maxReplicas: 0 must be 1 or more' },
    ]);
  });

  it('never throws, whatever was stored, and says why there is no spec', () => {
    const json = fc.oneof(
      fc.anything({ withBigInt: false }),
      fc.json().map((text) => JSON.parse(text) as unknown),
    );
    fc.assert(
      fc.property(json, json, json, (metadata, spec, status) => {
        for (const raw of [metadata, { metadata, spec, status }]) {
          const target = parseScaledTarget(raw, 0);
          expect(target.spec === undefined).toBe(target.faults.length > 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('never throws for a good spec with anything in place of any part, and leaves it unchanged', () => {
    const anything = fc.anything({ maxDepth: 2 });
    fc.assert(
      fc.property(fc.constantFrom(...VALID_SPECS), fc.nat(), anything, ({ spec }, pick, value) => {
        const raw = { spec: structuredClone<Record<string, unknown>>(spec) };
        const keys = ['scaleTargetRef', 'metrics', 'behavior', 'initialization', 'mode', 'maxReplicas'];
        raw.spec[keys[pick % keys.length] ?? ''] = pick % 2 === 0 ? value : [value, cpu, value];
        const frozen = deepFreeze(raw);
        const target = parseScaledTarget(frozen);
        expect(target.spec === undefined).toBe(target.faults.length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('takes metrics of a hundred thousand levels and entries without harm', () => {
    let deep: unknown = {};
    for (let level = 0; level < 100_000; level++) deep = [deep];
    expect(parseSpec(specWith({ metrics: deep })).spec).toBeUndefined();
    expect(
      parseSpec(specWith({ metrics: Array.from({ length: 100_000 }, () => 1) })).faults.length,
    ).toBeLessThanOrEqual(20);
  });
});

describe('the parsed spec', () => {
  it('has the defaults of the API filled in and none of the flags', () => {
    expect(parseSpec(specWith({})).spec).toEqual({
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [expect.objectContaining({ name: 'cpu' })],
      mode: 'Scale',
      guards: 'Enabled',
      initialization: {},
    });
  });

  it.each([{}, { scaleUp: {} }, { scaleDown: null }])('has both directions of behavior for %j', (behavior) => {
    expect(parseSpec(specWith({ behavior })).spec?.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
    });
  });

  it('replaces the whole list of policies and keeps the other defaults', () => {
    const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }];
    const { behavior } = parseSpec(specWith({ behavior: { scaleUp: { policies }, scaleDown: { tolerance: '0.7' } } }))
      .spec!;
    expect(behavior?.scaleUp).toEqual({ stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies });
    // An integer times a thousandth, as the HPA computes it: not the double 0.7.
    expect(behavior?.scaleDown.tolerance).toBe(700 * 1e-3);
  });

  it('keeps what is set per target', () => {
    const initialization = { cpuInitializationPeriodSeconds: 10 };
    const { spec } = parseSpec(
      specWith({ syncPeriodSeconds: 5, mode: 'Recommend', guards: 'Disabled', initialization }),
    );
    expect(spec).toMatchObject({ syncPeriodSeconds: 5, mode: 'Recommend', guards: 'Disabled', initialization });
    expect(Object.keys(spec?.initialization ?? {})).toEqual(['cpuInitializationPeriodSeconds']);
  });

  it('gives a ReplicationController without version its group', () => {
    const scaleTargetRef = { kind: 'ReplicationController', name: 'web' };
    expect(parseSpec(specWith({ scaleTargetRef })).spec?.scaleTargetRef.apiVersion).toBe('v1');
  });

  it('has each metric type in its own form, quantities in thousandths', () => {
    const selector = { matchLabels: { queue: 'mail' } };
    const base = { maxAgeSeconds: 180, direction: 'Both' };
    expect(
      metricsOf(
        containerResource({ type: 'Utilization', averageUtilization: 70 }),
        podsMetric(averageValue('1500m')),
        objectMetric({ type: 'Value', value: '2k' }),
        {
          ...externalMetric({ type: 'Value', value: 30 }, { name: 'q', selector }),
          maxAgeSeconds: 60,
          direction: 'Up',
        },
        prometheusMetric({ timestampQuery: 'max(t)', source: 'eu' }),
      ),
    ).toEqual([
      {
        ...base,
        type: 'ContainerResource',
        name: 'app/cpu',
        resource: 'cpu',
        container: 'app',
        target: { type: 'Utilization', averageUtilization: 70 },
      },
      {
        ...base,
        type: 'Pods',
        name: 'pods/rps',
        metricName: 'rps',
        target: { type: 'AverageValue', averageValueMilli: 1500n },
      },
      {
        ...base,
        type: 'Object',
        name: 'ingress/requests',
        metricName: 'requests',
        describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' },
        target: { type: 'Value', valueMilli: 2_000_000n },
      },
      {
        type: 'External',
        name: 'external/q',
        metricName: 'q',
        selector,
        maxAgeSeconds: 60,
        direction: 'Up',
        target: { type: 'Value', valueMilli: 30_000n },
      },
      {
        ...base,
        type: 'Prometheus',
        name: 'prometheus',
        query: 'sum(up)',
        source: 'eu',
        timestampQuery: 'max(t)',
        target: { type: 'Value', valueMilli: 3000n },
      },
    ]);
  });

  it('names metrics: given names stand, derived ones step aside', () => {
    expect(namesOf(cpu, { ...cpu, name: 'cpu' }, cpu)).toEqual(['cpu-2', 'cpu', 'cpu-3']);
    expect(namesOf(prometheusMetric(), prometheusMetric(), { ...cpu, name: 'prometheus-2' })).toEqual([
      'prometheus',
      'prometheus-3',
      'prometheus-2',
    ]);
  });

  it('puts the faults of metrics where the user wrote them, unknown types or not', () => {
    const { faults } = parseSpec(specWith({ metrics: [{ type: 'Later' }, cpu, { type: 'Pods' }] }));
    expect(faults).toEqual([
      { field: 'spec.metrics[2].pods', message: 'spec.metrics[2].pods: type Pods needs the field pods: add it' },
    ]);
  });

  it('keeps the name of a metric of a later version apart from the others', () => {
    expect(namesOf({ type: 'Later', name: 'a' }, { ...cpu, name: 'a' })).toHaveLength(2);
    expect(new Set(namesOf({ type: 'Later', name: 'a' }, { ...cpu, name: 'a' })).size).toBe(2);
  });
});

describe('the annotation setpoint.dev/take-over', () => {
  const takeOverOf = (annotations?: unknown) => parseScaledTarget({ metadata: { annotations } }).takeOver;
  const annotated = (value: unknown) => takeOverOf({ 'setpoint.dev/take-over': value });

  it('asks for the recommendation of the HPA', () => {
    expect(annotated('recommendation')).toEqual({ from: 'recommendation' });
  });

  it('is not there as a rule', () => {
    expect([takeOverOf(), takeOverOf({}), takeOverOf('broken'), annotated(5)]).toEqual(Array(4).fill(undefined));
  });

  it.each([
    ['Recommendation', '"Recommendation"'],
    ['', '""'],
    [`line\n${'x'.repeat(100)}`, `"line\\n${'x'.repeat(55)}…"`],
  ])('with another value (%j) says which and what to do', (value, shown) => {
    const problem = `annotation setpoint.dev/take-over is ${shown} and has no effect: set it to recommendation, or remove it`;
    expect(annotated(value)).toEqual({ from: 'size', problem });
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && !ArrayBuffer.isView(value)) {
    Object.freeze(value);
    for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
  }
  return value;
}
