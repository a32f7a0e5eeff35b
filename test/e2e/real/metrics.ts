// Sizes that follow cpu through metrics-server and request rates through a Prometheus: out, hold and in, and pods that start slowly.
import { describe, expect, it } from 'vitest';
import type { ApiBody } from '../../support/api-body.ts';
import { eventually } from './eventually.ts';
import { cpu, downAfter, Space } from './space.ts';
import type { RealStage } from './stage.ts';

const HELD = 'held by the scale-down window';

/** Waits until metrics-server has read the pods anew so many times. */
async function newSamples({ stage, namespace }: Space, count: number): Promise<void> {
  const times = new Set<string>();
  await eventually(
    `${count} new samples of the pods in ${namespace}`,
    async () => {
      const { items } = await stage.plane.api.get(`/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`);
      for (const { timestamp } of items as unknown as { timestamp: string }[]) times.add(timestamp);
      return times.size;
    },
    (seen) => seen > count,
  );
}

function readyAtMs(pod: ApiBody | undefined): number {
  const { conditions = [] } = (pod?.status ?? {}) as {
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
  };
  const ready = conditions.find(({ type, status }) => type === 'Ready' && status === 'True');
  return Date.parse(ready?.lastTransitionTime ?? '');
}

export function metricsTests(stage: () => RealStage): void {
  describe('cpu through metrics-server', () => {
    it('holds within the tolerance, grows, holds for the window, shrinks', async () => {
      const space = await Space.make(stage(), 'cpu');
      const use = (milli: number) => stage().setUsage({ namespace: 'cpu', labels: { app: 'web' }, cpu: `${milli}m` });
      await use(64);
      await space.workload('web');
      await space.target('web', { minReplicas: 2, maxReplicas: 4, metrics: [cpu(60)], ...downAfter(15) });
      await space.untilCondition('web', 'ScalingActive', 'True ValidMetricFound');
      await newSamples(space, 2);
      expect(space.written('web')).toEqual([]);

      await use(120);
      await space.untilSize('web', 4);
      await use(60);
      await space.untilStatus('is content with four', 'web', ({ summary }) => summary?.metrics === 'cpu: 60%/60%');
      expect(await space.size('web')).toBe(4);

      await use(20);
      const { lastDecision } = await space.untilStatus(
        HELD,
        'web',
        ({ summary }) => summary?.why?.includes(HELD) === true,
      );
      await space.untilSize('web', 2);
      const shrank = space.written('web').find(({ replicas = 0 }) => replicas < 4 && replicas >= 2 && replicas !== 3);
      expect(shrank?.receivedAtMs).toBeGreaterThan(Date.parse(lastDecision?.earliestScaleDown ?? '') - 1000);
      await space.untilStatus(
        'settles',
        'web',
        ({ currentReplicas, desiredReplicas }) => currentReplicas === 2 && desiredReplicas === 2,
      );
    });

    it('does not grow on for pods that are not ready yet', async () => {
      const space = await Space.make(stage(), 'slow');
      await stage().setUsage({ namespace: 'slow', labels: { app: 'web' }, cpu: '90m' });
      await space.workload('web', { replicas: 1, annotations: { 'setpoint.dev/start-delay': '20s' } });
      await space.target('web', { maxReplicas: 4, metrics: [cpu(50)] });
      await space.untilSize('web', 4);
      const sizes = space.written('web').map(({ replicas, receivedAtMs }) => ({ replicas, receivedAtMs }));
      expect(sizes.map(({ replicas }) => replicas)).toEqual([2, 4]);
      const readyTimes = (await space.pods('web')).map(readyAtMs).filter((atMs) => !Number.isNaN(atMs));
      const [first = Number.NaN, second = Number.NaN] = readyTimes.sort((a, b) => a - b);
      expect(sizes[0]?.receivedAtMs).toBeGreaterThan(first);
      expect(sizes[1]?.receivedAtMs).toBeGreaterThan(second);
    });
  });

  describe('a request rate through Prometheus', () => {
    const perSecond = (service: string, averageValue: string) => ({
      type: 'Prometheus',
      name: 'rps',
      prometheus: {
        query: `sum(rate(http_requests_total{service="${service}"}[5s]))`,
        target: { type: 'AverageValue', averageValue },
      },
    });

    it('grows, holds when the series is gone and says why, shrinks', async () => {
      const space = await Space.make(stage(), 'rate');
      stage().exporter.setRate('front', 200);
      await space.workload('web');
      await space.target('web', { metrics: [perSecond('front', '100')], ...downAfter(5) });
      await space.untilCondition('web', 'ScalingActive', 'True ValidMetricFound');
      stage().exporter.setRate('front', 500);
      await space.untilSize('web', 5);
      stage().exporter.forget('front');
      await space.untilCondition('web', 'ScalingActive', 'False FailedGetPrometheusMetric');
      // A rate over a window that fills may overshoot. What it held when the series went is held until it is back.
      const before = space.written('web');
      const held = before.at(-1)?.replicas;
      expect(held).toBeGreaterThanOrEqual(5);
      expect(await space.size('web')).toBe(held);
      expect(space.written('web')).toEqual(before);
      stage().exporter.setRate('front', 200);
      await space.untilSize('web', 2);
    });

    it('goes to zero and comes back', async () => {
      const space = await Space.make(stage(), 'night');
      stage().exporter.setRate('night', 30);
      await space.workload('web', { replicas: 1 });
      const spec = { minReplicas: 0, guards: 'Disabled', metrics: [perSecond('night', '10')], ...downAfter(3) };
      await space.target('web', spec);
      await space.untilSize('web', 3);
      stage().exporter.setRate('night', 0);
      await space.untilSize('web', 0);
      await space.untilCondition('web', 'ScaledToZero', 'True ScaledToZero');
      stage().exporter.setRate('night', 8);
      await space.untilSize('web', 1);
      await eventually(
        'a pod',
        async () => (await space.pods('web')).length,
        (count) => count === 1,
      );
      expect(space.written('web').at(-1)?.replicas).toBe(1);
    });
  });
}
