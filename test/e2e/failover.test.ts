// Two controllers as processes: who acts, how soon another one does when the first is gone, and that a frozen one writes nothing.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ControllerProcess, type ControllerStage, controllerStage } from '../support/controllers.ts';
import { deployment, scaledTarget } from '../support/local-api.ts';
import { until } from '../support/process-cluster.ts';

let stage: ControllerStage;

beforeEach(async () => {
  stage = await controllerStage();
});
afterEach(() => stage.close());

const said = (controller: ControllerProcess, message: string): boolean =>
  controller.logs().some((line) => line['msg'] === message);
const leads = (controller: ControllerProcess): boolean => said(controller, 'became leader');
const synced = (controller: ControllerProcess): boolean => said(controller, 'watches synced');

function size(): number | undefined {
  const spec = stage.cluster.store.get('deployments.apps', 'shop', 'web')?.['spec'] as
    | { replicas?: number }
    | undefined;
  return spec?.replicas;
}

/** A Deployment of 2 pods at 50 % of a target of 50 %, decided every second; a leader and a standby that is ready. */
async function twoControllers(): Promise<{ leader: ControllerProcess; standby: ControllerProcess }> {
  const { cluster } = stage;
  const web = deployment('web', 2);
  const container = { name: 'app', image: 'x', resources: { requests: { cpu: '100m' } } };
  cluster.store.create('deployments.apps', {
    ...web,
    spec: { ...web.spec, template: { ...web.spec.template, spec: { containers: [container] } } },
  });
  cluster.scriptedMetrics?.set({ app: 'web' }, { cpu: '50m' });
  cluster.store.create(
    'scaledtargets.setpoint.dev',
    scaledTarget('web', 'web', {
      minReplicas: 1,
      syncPeriodSeconds: 1,
      initialization: { cpuInitializationPeriodSeconds: 0 },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    }),
  );
  const leader = await stage.start('first');
  await until(() => leads(leader), 'the first leads', 15_000);
  const decided = () => cluster.store.get('scaledtargets.setpoint.dev', 'shop', 'web')?.['status'];
  await until(decided, 'the first has decided', 15_000);
  const standby = await stage.start('second');
  await until(() => synced(standby), 'the second is ready', 15_000);
  return { leader, standby };
}

/** Doubles the load and waits for the size that follows; returns the seconds since `since`. */
async function secondsUntilDecided(since: number, timeoutMs: number): Promise<number> {
  stage.cluster.scriptedMetrics?.set({ app: 'web' }, { cpu: '100m' });
  await until(() => size() === 4, 'the size follows the load', timeoutMs);
  return (performance.now() - since) / 1000;
}

describe('two controllers', () => {
  it('one leads and the other only watches', async () => {
    const { leader, standby } = await twoControllers();
    await secondsUntilDecided(performance.now(), 10_000);
    expect(stage.writes(leader.user).some(({ subresource }) => subresource === 'scale')).toBe(true);
    expect(stage.writes(standby.user)).toEqual([]);
  });

  it('kill -9 of the leader: the other decides within 20 s', async () => {
    const { leader, standby } = await twoControllers();
    const killed = performance.now();
    leader.child.kill('SIGKILL');
    const seconds = await secondsUntilDecided(killed, 25_000);
    process.stderr.write(`failover after kill -9: ${seconds.toFixed(1)} s\n`);
    expect(seconds).toBeLessThan(20);
    expect(stage.writes(standby.user).some(({ subresource }) => subresource === 'scale')).toBe(true);
  });

  it('SIGTERM of the leader: it ends cleanly, and the other decides within 3 s', async () => {
    const { leader, standby } = await twoControllers();
    const stopped = performance.now();
    leader.child.kill('SIGTERM');
    const seconds = await secondsUntilDecided(stopped, 10_000);
    process.stderr.write(`failover after SIGTERM: ${seconds.toFixed(1)} s\n`);
    expect(seconds).toBeLessThan(3);
    expect(await leader.ended).toBe(0);
    expect(stage.writes(standby.user).some(({ subresource }) => subresource === 'scale')).toBe(true);
  });

  it('a leader frozen for longer than its lease writes nothing when it wakes, and ends', async () => {
    const { leader, standby } = await twoControllers();
    leader.child.kill('SIGSTOP');
    await until(() => leads(standby), 'the second leads', 25_000);
    // What the frozen one would now have to say: another size.
    await secondsUntilDecided(performance.now(), 10_000);
    const woken = Date.now();
    leader.child.kill('SIGCONT');
    expect(await leader.ended).toBe(1);
    expect(stage.writes(leader.user).filter(({ time }) => time >= woken)).toEqual([]);
    expect(size()).toBe(4);
  });
});
