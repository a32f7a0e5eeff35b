// Leases and events: the two kinds that Setpoint writes beside its own, and the HPAs that it looks at.
import { describe, expect, test } from 'vitest';
import { NO_UID } from './objects-under-test.ts';
import type { ApiSession } from './session.ts';

export function leasesContract(api: ApiSession): void {
  const leases = () => api.in('apis/coordination.k8s.io/v1', 'leases');
  const lease = (name: string, spec: Record<string, unknown> = {}) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name },
    spec: {
      holderIdentity: 'a',
      leaseDurationSeconds: 15,
      leaseTransitions: 0,
      acquireTime: '2026-01-02T03:04:05.000006Z',
      renewTime: '2026-01-02T03:04:05.123456Z',
      ...spec,
    },
  });

  describe('leases', () => {
    test.each([
      '2026-01-02T03:04:05.123Z',
      '2026-01-02T03:04:05Z',
      '2026-01-02T03:04:05.123456789Z',
      '2026-01-02 03:04:05.123456Z',
      'now',
      '',
      5,
    ])('a time as %j is 400', async (renewTime) => {
      const answer = await api.call('POST', leases(), lease('timed', { renewTime }));
      expect(answer).toMatchObject({ status: 400, body: { reason: 'BadRequest' } });
    });

    test.each([
      ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
      ['2026-01-02T03:04:05.000000Z', '2026-01-02T03:04:05.000000Z'],
      ['2026-01-02T05:04:05.123456+02:00', '2026-01-02T03:04:05.123456Z'],
      [null, undefined],
    ])('a time as %j is kept as %j', async (renewTime, kept) => {
      const answer = await api.call('POST', `${leases()}?dryRun=All`, lease('timed', { renewTime }));
      expect(answer.status).toBe(201);
      expect(answer.body.spec['renewTime']).toBe(kept);
    });

    test('of two candidates one wins, the other is 409', async () => {
      const { status, body } = await api.call('POST', leases(), lease('leader'));
      expect(status).toBe(201);
      expect(await api.call('POST', leases(), lease('leader'))).toMatchObject({
        status: 409,
        body: { reason: 'AlreadyExists' },
      });
      const claim = (holderIdentity: string) =>
        api.call('PUT', `${leases()}/leader`, { ...body, spec: { ...body.spec, holderIdentity } });
      const answers = await Promise.all([claim('b'), claim('c')]);
      expect(answers.map(({ status }) => String(status)).toSorted()).toEqual(['200', '409']);
    });

    test('a replacement needs a version', async () => {
      const { status, body } = await api.call('PUT', `${leases()}/leader`, lease('leader', { holderIdentity: 'd' }));
      expect(status).toBe(422);
      expect(body.message).toContain('metadata.resourceVersion: Invalid value');
    });

    test('a replacement of what is not there makes it, unless it insists on a uid', async () => {
      const absent = { ...lease('absent'), metadata: { name: 'absent', resourceVersion: '5' } };
      expect(await api.call('PUT', `${leases()}/absent`, absent)).toMatchObject({
        status: 201,
        body: { spec: { holderIdentity: 'a' } },
      });
      const meant = { ...lease('meant'), metadata: { name: 'meant', uid: NO_UID } };
      expect(await api.call('PUT', `${leases()}/meant`, meant)).toMatchObject({
        status: 409,
        body: { reason: 'Conflict' },
      });
      expect((await api.get(`${leases()}/meant`)).status).toBe(404);
    });

    test('a release leaves an empty holder', async () => {
      const { body } = await api.get(`${leases()}/leader`);
      const released = { ...body, spec: { ...body.spec, holderIdentity: '', leaseDurationSeconds: 1 } };
      expect(await api.call('PUT', `${leases()}/leader`, released)).toMatchObject({
        status: 200,
        body: { spec: { holderIdentity: '', leaseDurationSeconds: 1 } },
      });
    });

    test.each([
      ['leaseDurationSeconds', 0, 'must be greater than 0'],
      ['leaseDurationSeconds', -1, 'must be greater than 0'],
      ['leaseTransitions', -1, 'must be greater than or equal to 0'],
    ])('%s %i is refused', async (field, value, message) => {
      const { status, body } = await api.call('POST', leases(), lease('refused', { [field]: value }));
      expect(status).toBe(422);
      expect(body.details.causes).toMatchObject([{ field: `spec.${field}`, reason: 'FieldValueInvalid' }]);
      expect(body.message).toContain(message);
    });
  });
}

export function eventsContract(api: ApiSession): void {
  const core = () => api.in('api/v1', 'events');
  const events = () => api.in('apis/events.k8s.io/v1', 'events');
  const web = () => ({ kind: 'Deployment', namespace: api.namespace, name: 'web', uid: 'u-1', apiVersion: 'apps/v1' });
  const coreEvent = (name: string, more: Record<string, unknown> = {}) => ({
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name },
    involvedObject: web(),
    reason: 'SuccessfulRescale',
    message: 'New size: 2',
    type: 'Normal',
    count: 1,
    firstTimestamp: '2026-01-02T03:04:05Z',
    lastTimestamp: '2026-01-02T03:04:05Z',
    source: { component: 'setpoint' },
    reportingComponent: 'setpoint',
    reportingInstance: 'setpoint-1',
    ...more,
  });
  const newEvent = (name: string, more: Record<string, unknown> = {}) => ({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name },
    eventTime: '2026-01-02T03:04:05.000006Z',
    reportingController: 'setpoint.dev/controller',
    reportingInstance: 'setpoint-1',
    action: 'Scale',
    reason: 'SuccessfulRescale',
    regarding: web(),
    note: 'New size: 3',
    type: 'Normal',
    ...more,
  });

  describe('events', () => {
    test('of the core version are seen in the newer one', async () => {
      expect((await api.call('POST', core(), coreEvent('web.1'))).status).toBe(201);
      expect((await api.get(`${events()}/web.1`)).body).toMatchObject({
        apiVersion: 'events.k8s.io/v1',
        kind: 'Event',
        note: 'New size: 2',
        regarding: { name: 'web' },
        reportingController: 'setpoint',
        reportingInstance: 'setpoint-1',
        deprecatedCount: 1,
        deprecatedSource: { component: 'setpoint' },
        deprecatedFirstTimestamp: '2026-01-02T03:04:05Z',
        deprecatedLastTimestamp: '2026-01-02T03:04:05Z',
        eventTime: null,
      });
    });

    test('of the newer version are seen in the core one', async () => {
      expect((await api.call('POST', events(), newEvent('web.2'))).status).toBe(201);
      expect((await api.get(`${core()}/web.2`)).body).toMatchObject({
        apiVersion: 'v1',
        message: 'New size: 3',
        involvedObject: { name: 'web' },
        reportingComponent: 'setpoint.dev/controller',
        eventTime: '2026-01-02T03:04:05.000006Z',
        action: 'Scale',
        firstTimestamp: null,
        lastTimestamp: null,
      });
    });

    test.each([
      ['involvedObject.name=web,reason=SuccessfulRescale', 2],
      ['involvedObject.kind=Deployment,type=Normal', 2],
      ['involvedObject.uid=u-1', 2],
      ['involvedObject.name=other', 0],
      ['source=setpoint', 1],
      ['reportingComponent=setpoint', 1],
    ])('%s finds %i', async (selector, count) => {
      const { body } = await api.get(`${core()}?fieldSelector=${encodeURIComponent(selector)}`);
      expect(body.items).toHaveLength(count);
    });

    test('counting on is a patch', async () => {
      const again = { message: 'New size: 2', count: 2, lastTimestamp: '2026-01-02T03:05:05Z' };
      expect(await api.patch(`${core()}/web.1`, 'merge', again)).toMatchObject({ status: 200, body: again });
    });

    test('one that is there already is 409', async () => {
      expect(await api.call('POST', core(), coreEvent('web.1'))).toMatchObject({
        status: 409,
        body: { reason: 'AlreadyExists', message: 'events "web.1" already exists' },
      });
    });

    test('an event is put where its object is', async () => {
      const { status, body } = await api.call(
        'POST',
        core(),
        coreEvent('astray', { involvedObject: { ...web(), namespace: 'other' } }),
      );
      expect(status).toBe(422);
      expect(body.details.causes).toMatchObject([{ field: 'involvedObject.namespace', reason: 'FieldValueInvalid' }]);
      expect(body.message).toContain('does not match event.namespace');
    });

    test('one about something without namespace is put into default', async () => {
      const node = { involvedObject: { kind: 'Node', name: 'n', apiVersion: 'v1' } };
      expect((await api.call('POST', core(), coreEvent('node.1', node))).status).toBe(422);
      const answer = await api.call('POST', '/api/v1/namespaces/default/events', coreEvent('node.1', node));
      expect(answer.status).toBe(201);
      await api.call('DELETE', '/api/v1/namespaces/default/events/node.1');
    });

    test.each([
      ['reportingController', { reportingController: '' }],
      ['reportingController', { reportingController: 'a b' }],
      ['reportingInstance', { reportingInstance: '' }],
      ['reportingInstance', { reportingInstance: 'x'.repeat(129) }],
      ['action', { action: '' }],
      ['reason', { reason: '' }],
      ['reason', { reason: 'x'.repeat(129) }],
      ['type', { type: 'Fatal' }],
      ['note', { note: 'x'.repeat(1025) }],
      ['eventTime', { eventTime: null }],
      ['deprecatedCount', { deprecatedCount: 1 }],
      ['series.count', { series: { count: 1, lastObservedTime: '2026-01-02T03:04:05.000006Z' } }],
    ])('of the newer version need a good %s', async (field, more) => {
      const { status, body } = await api.call('POST', events(), newEvent('refused', more));
      expect({ status, reason: body.reason }).toEqual({ status: 422, reason: 'Invalid' });
      // Some faults are told under the field of the stored, older form.
      const stored: Record<string, string> = { note: 'message', deprecatedCount: 'count' };
      expect(body.details.causes.map((cause) => cause.field)).toContain(stored[field] ?? field);
    });

    test('of the newer version change in their series alone', async () => {
      const series = { count: 2, lastObservedTime: '2026-01-02T03:05:05.000006Z' };
      expect(await api.patch(`${events()}/web.2`, 'merge', { series })).toMatchObject({
        status: 200,
        body: { series },
      });
      const changed = await api.patch(`${events()}/web.2`, 'merge', { note: 'New size: 4' });
      expect(changed.status).toBe(422);
      expect(changed.body.message).toContain('field is immutable');
    });
  });
}

export function hpasContract(api: ApiSession): void {
  const path = () => api.in('apis/autoscaling/v2', 'horizontalpodautoscalers');
  const hpa = (spec: Record<string, unknown>) => ({
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web' },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, ...spec },
  });

  describe('HorizontalPodAutoscalers', () => {
    test('keep their bounds', async () => {
      const bad = await api.call('POST', path(), hpa({ minReplicas: 5, maxReplicas: 2 }));
      expect(bad.status).toBe(422);
      expect(bad.body.message).toContain(
        'spec.maxReplicas: Invalid value: 2: must be greater than or equal to `minReplicas`',
      );
    });

    test('get their defaults, and are seen in the old version', async () => {
      expect(await api.call('POST', path(), hpa({ maxReplicas: 3 }))).toMatchObject({
        status: 201,
        body: {
          spec: {
            minReplicas: 1,
            maxReplicas: 3,
            metrics: [
              { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
            ],
          },
        },
      });
      expect((await api.get(`${api.in('apis/autoscaling/v1', 'horizontalpodautoscalers')}/web`)).body).toMatchObject({
        apiVersion: 'autoscaling/v1',
        spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 80 },
      });
    });
  });
}
