// From the real HPA to a ScaledTarget: beside it nothing is written, without it the size is gone on from.
import { expect, it } from 'vitest';
import { DEPLOYMENT, downAfter, external, type Kind, Space } from './space.ts';
import type { RealStage } from './stage.ts';

const HPA: Kind = { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' };
const WINDOW_SECONDS = 10;

export function takeOverTests(stage: () => RealStage): void {
  it('beside an HPA it reports Conflict and writes nothing; when the HPA goes it goes on from its size', async () => {
    const space = await Space.make(stage(), 'take-over');
    const { api } = stage().plane;
    space.tell('queue', 40);
    await space.workload('web');
    const { apiVersion, kind } = DEPLOYMENT;
    // The type first: an HPA has no name for a metric.
    const { name: _, ...metric } = external('queue', 10);
    await api.create(space.path(HPA), {
      metadata: { name: 'web' },
      spec: { scaleTargetRef: { apiVersion, kind, name: 'web' }, minReplicas: 1, maxReplicas: 10, metrics: [metric] },
    });
    // Of another opinion than the HPA.
    await space.target('web', { metrics: [external('queue', 20)], ...downAfter(WINDOW_SECONDS) });
    await space.untilSize('web', 4);
    await space.untilCondition('web', 'Conflict', 'True HorizontalPodAutoscaler');
    await space.untilStatus('shows what it would do', 'web', ({ desiredReplicas }) => desiredReplicas === 2);
    space.tell('queue', 60);
    await space.untilSize('web', 6);
    await space.untilStatus(
      'wants 3 of 6',
      'web',
      ({ currentReplicas, desiredReplicas }) => currentReplicas === 6 && desiredReplicas === 3,
    );
    expect(space.written('web')).toEqual([]);

    // Before it is asked for: on a busy machine the answer may come seconds after it is gone.
    const goneAtMs = Date.now();
    await api.remove(space.path(HPA, 'web'));
    await space.untilCondition('web', 'Conflict', 'False NoConflict');
    await space.untilSize('web', 3);
    const [lowered, ...more] = space.written('web');
    expect([lowered?.replicas, more]).toEqual([3, []]);
    // Both clocks are this machine's.
    expect((lowered?.receivedAtMs ?? 0) - goneAtMs).toBeGreaterThan((WINDOW_SECONDS - 1) * 1000);
    space.tell('queue', 100);
    await space.untilSize('web', 5);
  });
}
