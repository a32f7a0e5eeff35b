// What the controller does beside any API server: the local one and a real one, with the rights that deploy/base gives it and no
// others. Only the ends are judged: sizes, conditions, events, the Lease.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ControllerConnection, ControllerStage } from './controller/stage.ts';

export function controllerContract(serverName: string, connect: () => Promise<ControllerConnection>): void {
  describe(`the controller beside ${serverName}`, { timeout: 240_000 }, () => {
    const stage = new ControllerStage(connect);
    beforeAll(() => stage.open(), 1_200_000);
    afterEach(() => stage.clear());
    afterAll(() => stage.close());

    const isSize = (name: string, size: number) => async () => (await stage.size(name)) === size;
    const hasReason = (name: string, type: string, reason: string) => async () =>
      (await stage.condition(name, type))?.reason === reason;

    test('follows what pods have to do: out, still, and in again, and says so', async () => {
      await stage.deploy('web', 2);
      await stage.scale('web');
      stage.work('web', 40);
      stage.start();
      await stage.until('out', isSize('web', 4));
      await stage.until('told', async () => (await stage.status('web'))['desiredReplicas'] === 4);
      expect(await stage.condition('web', 'ScalingActive')).toMatchObject({
        status: 'True',
        reason: 'ValidMetricFound',
      });

      // Within the tolerance of a tenth.
      const { metadata } = await stage.deployment('web');
      stage.work('web', 42);
      await stage.until('all run', async () => (await stage.status('web'))['currentReplicas'] === 4);
      await stage.until('read again', async () => JSON.stringify(await stage.status('web')).includes('10500m'));
      expect((await stage.deployment('web')).metadata.generation).toBe(metadata.generation);

      stage.work('web', 15);
      await stage.until('in', isSize('web', 2));
      await stage.until('events', async () => (await stage.events('web')).length >= 2);
      const events = (await stage.events('web')).join('\n');
      expect(events).toMatch(/SuccessfulRescale: Scaled from 2 to 4/);
      expect(events).toMatch(/SuccessfulRescale: Scaled from 4 to 2/);
    });

    test('keeps the size while nothing is measured, says which metric lacks, and goes on when it is back', async () => {
      await stage.deploy('mute', 3);
      await stage.scale('mute');
      stage.start();
      await stage.until('said', hasReason('mute', 'ScalingActive', 'FailedGetPodsMetric'));
      expect(await stage.condition('mute', 'ScalingActive')).toMatchObject({ status: 'False' });
      expect(await stage.size('mute')).toBe(3);
      stage.work('mute', 60);
      await stage.until('goes on', isSize('mute', 6));
      await stage.until('said', hasReason('mute', 'ScalingActive', 'ValidMetricFound'));
      // And in the midst of it.
      stage.work('mute', undefined);
      await stage.until('said again', hasReason('mute', 'ScalingActive', 'FailedGetPodsMetric'));
      expect(await stage.size('mute')).toBe(6);
    });

    test('an API group of metrics that nobody serves is a metric that lacks', async () => {
      await stage.deploy('bare', 2);
      const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '1' } } };
      await stage.scale('bare', { metrics: [cpu] });
      stage.start();
      await stage.until('said', hasReason('bare', 'ScalingActive', 'FailedGetResourceMetric'));
      expect(await stage.size('bare')).toBe(2);
    });

    test('leaves alone what an HPA scales, until the HPA is gone', async () => {
      await stage.deploy('shared', 2);
      await stage.hpa('shared');
      await stage.scale('shared');
      stage.work('shared', 80);
      stage.start();
      await stage.until('said', hasReason('shared', 'Conflict', 'HorizontalPodAutoscaler'));
      expect(await stage.condition('shared', 'Conflict')).toMatchObject({ status: 'True' });
      expect(await stage.size('shared')).toBe(2);
      await stage.removeHpa('shared');
      await stage.until('goes on', isSize('shared', 8));
      await stage.until('said', async () => (await stage.condition('shared', 'Conflict'))?.status !== 'True');
    });

    test('of two ScaledTargets for one Deployment the older one scales, the other one when it is gone', async () => {
      await stage.deploy('twice', 2);
      stage.work('twice', 50);
      // Of the same second the name decides.
      await stage.scale('a-older', {}, 'twice');
      await stage.scale('b-younger', { minReplicas: 9 }, 'twice');
      stage.start();
      await stage.until('said', hasReason('b-younger', 'Conflict', 'ScaledTarget'));
      await stage.until('out', isSize('twice', 5));
      expect((await stage.condition('a-older', 'Conflict'))?.status).not.toBe('True');
      await stage.removeTarget('a-older');
      await stage.until('goes on', isSize('twice', 9));
      await stage.until('said', async () => (await stage.condition('b-younger', 'Conflict'))?.status !== 'True');
    });

    test('gets its size written while others write the Deployment all the time', async () => {
      await stage.deploy('busy', 2);
      await stage.scale('busy');
      stage.work('busy', 20);
      stage.start();
      await stage.until('steady', async () => (await stage.status('busy'))['currentReplicas'] === 2);
      const count = await stage.whileOthersWrite('busy', async () => {
        stage.work('busy', 40);
        await stage.until('written', isSize('busy', 4));
        stage.work('busy', 20);
        await stage.until('written again', isSize('busy', 2));
      });
      expect(count).toBeGreaterThan(10);
      // Made, and then written by nobody but the controller: out and in.
      expect((await stage.deployment('busy')).metadata.generation).toBe(3);
    });

    test('a Deployment that is deleted is missed, and taken up when it is made anew', async () => {
      await stage.deploy('phoenix', 2);
      await stage.scale('phoenix');
      stage.work('phoenix', 40);
      stage.start();
      await stage.until('out', isSize('phoenix', 4));
      await stage.api.call('DELETE', stage.deploymentPath('phoenix'));
      await stage.until('missed', hasReason('phoenix', 'AbleToScale', 'FailedGetScale'));
      await stage.deploy('phoenix', 1);
      await stage.until('taken up', isSize('phoenix', 4));
      await stage.until('said', hasReason('phoenix', 'ScalingActive', 'ValidMetricFound'));
      expect(await stage.condition('phoenix', 'AbleToScale')).toMatchObject({ status: 'True' });
    });

    test('a restart changes no size, and is followed by the next one', async () => {
      await stage.deploy('kept', 2);
      await stage.scale('kept');
      stage.work('kept', 60);
      const first = stage.start();
      await stage.until('out', isSize('kept', 6));
      await stage.until('told', async () => (await stage.status('kept'))['currentReplicas'] === 6);
      expect((await first.stop()).code).toBe(0);
      const { metadata } = await stage.deployment('kept');
      const second = stage.start();
      await stage.until('leads', async () =>
        (await second.get('/metrics')).text.includes('leader_election_master_status{name="setpoint"} 1'),
      );
      stage.work('kept', 61);
      await stage.until('decides', async () => JSON.stringify(await stage.status('kept')).includes('10167m'));
      expect((await stage.deployment('kept')).metadata.generation).toBe(metadata.generation);
      stage.work('kept', 90);
      await stage.until('follows', isSize('kept', 9));
    });

    test('of two one leads; when it stops the other one takes over within moments', async () => {
      await stage.deploy('handed', 2);
      await stage.scale('handed');
      stage.work('handed', 20);
      const first = stage.start();
      await stage.until('first leads', async () => (await stage.leaseHolder()) !== '');
      const leader = await stage.leaseHolder();
      const second = stage.start();
      await stage.until('second watches', async () => (await second.get('/readyz')).status === 200);
      expect(await stage.leaseHolder()).toBe(leader);
      await stage.until('decided', async () => (await stage.status('handed'))['currentReplicas'] === 2);
      expect((await first.stop()).code).toBe(0);
      stage.work('handed', 50);
      await stage.until('second leads', async () => !['', leader].includes(await stage.leaseHolder()));
      await stage.until('second decides', isSize('handed', 5));
    });

    test('an API server that goes and comes back is taken up where it was', async () => {
      await stage.deploy('patient', 2);
      await stage.scale('patient');
      stage.work('patient', 30);
      stage.supervise();
      await stage.until('out', isSize('patient', 3));
      await stage.restartApiServer();
      expect(await stage.size('patient')).toBe(3);
      stage.work('patient', 60);
      await stage.until('follows', isSize('patient', 6));
      await stage.until('ready', () => stage.isReady());
    });

    test('has no right beyond what it needs', async () => {
      const { api, token } = stage;
      const code = async (method: 'GET' | 'DELETE', path: string) =>
        (await api.call(method, path, undefined, { token })).status;
      expect(await code('GET', api.in('api/v1', 'pods'))).toBe(200);
      expect(await code('GET', api.in('api/v1', 'secrets'))).toBe(403);
      expect(await code('DELETE', api.in('api/v1', 'pods/any'))).toBe(403);
      expect(await code('DELETE', stage.deploymentPath('any'))).toBe(403);
      expect(await code('GET', '/apis/coordination.k8s.io/v1/namespaces/setpoint-system/leases')).toBe(403);
    });
  });
}
