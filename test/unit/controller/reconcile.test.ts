// What one cycle does to the world, in good times and bad.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { settle } from '../../support/fake-clock.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

const conflict = () => new ApiStatusError(409, 'Conflict', 'the object has been modified');

describe('a cycle', () => {
  let world: World;
  let on: ReturnType<typeof controllerOn>;
  beforeEach(() => {
    world = new World();
    world.deploy('web', 3);
    world.put(target());
    on = controllerOn(world);
    world.onChange = () => {};
    // 3 pods at 90 % of their request, target 60 %: five are needed.
    world.loadPerPod(450);
  });

  it('reads, decides, writes the size and tells why', async () => {
    expect(await on.cycle()).toEqual({ kind: 'done' });
    expect(world.sizes).toEqual(['web 3→5']);
    expect(world.events).toEqual([
      {
        target: 'web',
        event: {
          type: 'Normal',
          reason: 'SuccessfulRescale',
          message:
            'Scaled from 3 to 5: cpu is 90%, target 60%. New size: 5; reason: cpu resource utilization (percentage of request) above target',
        },
      },
    ]);
    expect(world.status('shop/web')).toMatchObject({
      observedGeneration: 1,
      currentReplicas: 3,
      desiredReplicas: 5,
      lastScaleTime: '2026-01-01T00:00:00Z',
      history: [{ from: 3, to: 5 }],
      lastDecision: {
        epoch: 1,
        winner: 'cpu',
        metrics: [{ name: 'cpu', value: '90%', target: '60%', ratio: '1.5', proposal: 5 }],
      },
      summary: { target: 'Deployment/web', metrics: 'cpu: 90%/60%' },
    });
    expect(world.condition('shop/web', 'AbleToScale')).toBe('True/SucceededRescale');
    expect(world.reports).toMatchObject([{ outcome: { kind: 'written' }, readyPods: 3, error: undefined }]);
  });

  it('writes nothing at all when nothing changed', async () => {
    world.loadPerPod(300);
    await on.cycle();
    const after = { ...world.requests };
    for (let cycle = 0; cycle < 5; cycle++) {
      await world.clock.advance(15_000);
      await on.cycle();
    }
    expect(world.requests).toEqual({ ...after, metricReads: after.metricReads + 5 });
  });

  it('ends as gone when the target is gone, and forgets it', async () => {
    await on.cycle();
    world.remove('shop/web');
    expect(await on.cycle()).toEqual({ kind: 'gone' });
    expect([on.memory.size, world.gone]).toEqual([0, ['shop/web']]);
  });

  it('B34: writes nothing for a target that is being deleted', async () => {
    world.put(target({ deleting: true }));
    expect(await on.cycle()).toEqual({ kind: 'gone' });
    expect(world.requests).toEqual({ scaleWrites: 0, statusWrites: 0, metricReads: 0 });
  });

  describe('with a spec that breaks a rule', () => {
    it('B01: says so in a condition and an event, and holds', async () => {
      const message = 'spec.minReplicas is 5, above spec.maxReplicas 3: lower it or raise the other';
      world.put(target({ spec: undefined, faults: [{ field: 'spec.minReplicas', message }] }));
      expect(await on.cycle()).toEqual({ kind: 'done' });
      expect(world.condition('shop/web', 'ScalingActive')).toBe('False/InvalidSpec');
      expect(world.status('shop/web')['summary']).toEqual({ why: `InvalidSpec: ${message}` });
      expect(world.events[0]?.event).toEqual({ type: 'Warning', reason: 'InvalidSpec', message });
      expect([world.sizes, world.requests.metricReads]).toEqual([[], 0]);
      // And only once.
      await on.cycle();
      expect(world.requests.statusWrites).toBe(1);
    });
  });

  describe('when the scale cannot be read', () => {
    it('B13: a kind without a scale subresource is told, and asked again late', async () => {
      world.put(target({ spec: spec({ scaleTargetRef: { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'web' } }) }));
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry: 'late' });
      expect(world.condition('shop/web', 'AbleToScale')).toBe('False/FailedGetScale');
      expect(world.reasons()).toEqual(['FailedGetScale']);
    });

    it('B14: a missing workload is told, and found as soon as it is there', async () => {
      world.workloads.clear();
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry: 'period' });
      expect(world.condition('shop/web', 'AbleToScale')).toBe('False/FailedGetScale');
      world.deploy('web', 3);
      await on.cycle();
      expect(world.condition('shop/web', 'AbleToScale')).toBe('True/SucceededRescale');
    });

    it('an apiVersion that is none is told without asking anybody', async () => {
      world.put(target({ spec: spec({ scaleTargetRef: { apiVersion: 'a/b/c', kind: 'Deployment', name: 'web' } }) }));
      await on.cycle();
      expect(world.events[0]?.event.message).toBe('unexpected GroupVersion string: a/b/c');
    });

    it.each([
      [403, 'late'],
      [500, 'soon'],
      [429, 'soon'],
    ])('HTTP %i is retried %s', async (status, retry) => {
      world.beforeScaleRead = () => {
        throw new ApiStatusError(status, '', 'no', 7_000);
      };
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry, afterMs: 7_000 });
    });

    it('the first low sample after ten minutes of it waits for a whole window, as after any outage', async () => {
      world.loadPerPod(300);
      await on.cycle();
      world.beforeScaleRead = () => {
        throw new ApiStatusError(500, '', 'no');
      };
      for (let minute = 0; minute < 10; minute += 1) {
        await world.clock.advance(60_000);
        await on.cycle();
      }
      world.beforeScaleRead = () => {};
      world.loadPerPod(60);
      await on.cycle();
      await world.clock.advance(299_000);
      world.loadPerPod(60);
      await on.cycle();
      expect(world.sizes).toEqual([]);
      await world.clock.advance(2_000);
      await on.cycle();
      expect(world.sizes).toEqual(['web 3→1']);
    });

    it('keeps what status said of the last decision', async () => {
      await on.cycle();
      const before = world.status('shop/web');
      world.workloads.clear();
      await world.clock.advance(15_000);
      await on.cycle();
      expect(world.status('shop/web')).toMatchObject({
        lastDecision: before['lastDecision'],
        currentMetrics: before['currentMetrics'],
        history: before['history'],
      });
    });
  });

  describe('with metrics that misbehave', () => {
    it('B23: an unknown source is told and nothing shrinks', async () => {
      world.put(target({ spec: spec({ metrics: [prometheus('up', 'nowhere')] }) }));
      world.answer = () => ({ kind: 'absent', reason: 'NoSource', message: 'no source is called nowhere' });
      expect(await on.cycle()).toEqual({ kind: 'done' });
      expect(world.condition('shop/web', 'ScalingActive')).toBe('False/FailedGetPrometheusMetric');
      expect(world.sizes).toEqual([]);
    });

    it('a source that never answers ends as absent at the deadline, the other metric still counts', async () => {
      world.put(target({ spec: spec({ metrics: [prometheus('slow'), CPU] }) }));
      const { answer } = world;
      world.answer = (metric, context, signal) =>
        metric.type === 'Prometheus' ? new Promise(() => {}) : answer(metric, context, signal);
      const cycle = on.cycle();
      await world.clock.advance(34_999);
      expect(world.reports).toEqual([]);
      await world.clock.advance(1);
      expect(await cycle).toEqual({ kind: 'done' });
      expect(world.sizes).toEqual(['web 3→5']);
      expect(world.reports[0]?.readings[0]).toEqual({
        kind: 'absent',
        reason: 'Timeout',
        message: 'no answer within the time of a cycle',
      });
    });

    it('a source that throws is absent', async () => {
      world.answer = () => Promise.reject(new Error('bug'));
      expect(await on.cycle()).toEqual({ kind: 'done' });
      expect(world.reports[0]?.readings).toEqual([
        { kind: 'absent', reason: 'Unreachable', message: 'the source failed unexpectedly' },
      ]);
      expect(world.condition('shop/web', 'ScalingActive')).toBe('False/FailedGetResourceMetric');
    });

    it('B39: a selector that is missing, unparsable or finds nothing holds', async () => {
      for (const [selector, condition] of [
        [undefined, 'False/InvalidSelector'],
        ['cheddar cheese', 'False/InvalidSelector'],
        ['app=nobody', 'False/FailedGetResourceMetric'],
      ] as const) {
        world.deploy('web', 3, { selector });
        if (selector === 'app=nobody') world.select = () => ({ pods: [] });
        await on.cycle();
        expect(world.condition('shop/web', 'ScalingActive')).toBe(condition);
      }
      expect(world.sizes).toEqual([]);
    });
  });

  it('B37: a workload scaled to 0 by hand stays off although minReplicas is 1', async () => {
    world.resize(world.workloads.get('shop/Deployment/web')!, 0);
    await on.cycle();
    expect(world.sizes).toEqual([]);
    expect(world.condition('shop/web', 'ScalingActive')).toBe('False/ScalingDisabled');
  });

  it('B38: a size beyond the bounds is moved to the bound without looking at metrics', async () => {
    world.resize(world.workloads.get('shop/Deployment/web')!, 40);
    await on.cycle();
    expect([world.sizes, world.requests.metricReads]).toEqual([['web 40→10'], 0]);
    expect(world.events[0]?.event.message).toContain('Current number of replicas above Spec.MaxReplicas');
  });

  describe('when the size cannot be written', () => {
    it('F26: a conflict over something else than the size is written again, five attempts in all', async () => {
      const web = world.workloads.get('shop/Deployment/web')!;
      let rollout = 4;
      world.beforeScaleWrite = () => {
        if (rollout-- > 0) web.version += 1;
      };
      await on.cycle();
      expect([world.sizes, world.requests.scaleWrites]).toEqual([['web 3→5'], 5]);
    });

    it('F26: after five conflicts it gives up for now, tells so and comes back soon', async () => {
      world.beforeScaleWrite = () => {
        throw conflict();
      };
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry: 'soon' });
      expect([world.sizes, world.requests.scaleWrites]).toEqual([[], 5]);
      expect(world.condition('shop/web', 'AbleToScale')).toBe('False/FailedUpdateScale');
      expect(world.reasons()).toEqual(['FailedRescale']);
    });

    it('P6: a conflict over the size is decided anew, never written over', async () => {
      const web = world.workloads.get('shop/Deployment/web')!;
      let byHand = true;
      world.beforeScaleWrite = () => {
        if (byHand) world.resize(web, 8);
        byHand = false;
        // Eight pods share the load of three now.
        world.loadPerPod(170);
      };
      await on.cycle();
      // Decided again from 8 with the readings of this cycle: 8 stays, since shrinking waits for the window.
      expect(world.sizes).toEqual([]);
      expect(web.replicas).toBe(8);
      expect(world.status('shop/web')).toMatchObject({ currentReplicas: 8, desiredReplicas: 8 });
    });

    it('P6: a busy foreign writer is not fought: attempts are bounded for all decisions of a cycle together', async () => {
      const web = world.workloads.get('shop/Deployment/web')!;
      let size = 3;
      world.beforeScaleWrite = () => {
        size = size === 3 ? 4 : 3;
        world.resize(web, size);
      };
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry: 'soon' });
      expect([world.sizes, world.requests.scaleWrites]).toEqual([[], 5]);
    });

    it('F28: a workload recreated between read and write is left alone, and its history begins anew', async () => {
      world.beforeScaleWrite = () => {
        world.deploy('web', 3, { uid: 'another', version: 7 });
        world.beforeScaleWrite = () => {};
      };
      expect(await on.cycle()).toEqual({ kind: 'waiting', retry: 'soon' });
      expect([world.sizes, world.requests.statusWrites]).toEqual([[], 0]);
      const { history } = on.memory.recall(world.target('shop/web'), 'shop/apps/Deployment/web');
      on.memory.recall(world.target('shop/web'), 'shop/apps/Deployment/web').history = {
        ...history,
        recommendations: [{ replicas: 9, atMs: world.clock.now() }],
      };
      await on.cycle();
      // The 9 of the old workload would have held the new one at 9.
      expect(world.sizes).toEqual(['web 3→5']);
    });

    it.each([403, 404, 422])('F27: HTTP %i is told and not stormed', async (code) => {
      world.beforeScaleWrite = () => {
        throw new ApiStatusError(code, '', 'refused');
      };
      expect(await on.cycle()).toMatchObject({ kind: 'error', retry: code === 404 ? 'period' : 'late' });
      expect(world.requests.scaleWrites).toBe(1);
      expect(world.condition('shop/web', 'AbleToScale')).toBe('False/FailedUpdateScale');
      // The size in status stays the old one.
      expect(world.status('shop/web')).toMatchObject({ currentReplicas: 3, desiredReplicas: 3 });
    });

    it('P7: writes nothing, neither size nor status, with the gate closed, and remembers the recommendation', async () => {
      world.gateError = new SetpointError('GateClosed', 'the lease may be lost');
      expect(await on.cycle()).toEqual({ kind: 'waiting', retry: 'period' });
      expect([world.requests.scaleWrites, world.requests.statusWrites]).toEqual([0, 0]);
      const { history } = on.memory.recall(world.target('shop/web'), 'shop/apps/Deployment/web');
      expect(history.recommendations?.map(({ replicas }) => replicas)).toEqual([3, 5]);
    });
  });

  it('B33: a decision is dropped when the spec changed while metrics were read', async () => {
    const { answer } = world;
    let release = () => {};
    world.answer = async (metric, context, signal) => {
      await new Promise<void>((resolve) => (release = resolve));
      return answer(metric, context, signal);
    };
    const cycle = on.cycle();
    await settle();
    world.edit('shop/web', { maxReplicas: 4 });
    release();
    expect(await cycle).toEqual({ kind: 'waiting', retry: 'period' });
    expect(world.requests).toMatchObject({ scaleWrites: 0, statusWrites: 0 });
    world.answer = answer;
    await on.cycle();
    expect(world.sizes).toEqual(['web 3→4']);
  });

  it('B33: a decision is dropped when the spec changed between two attempts to write', async () => {
    world.beforeScaleWrite = () => {
      world.edit('shop/web', { maxReplicas: 4 });
      throw conflict();
    };
    expect(await on.cycle()).toEqual({ kind: 'waiting', retry: 'soon' });
    expect(world.requests.scaleWrites).toBe(1);
  });

  it('a process that is stopping reads no longer and writes nothing', async () => {
    const stopping = new AbortController();
    world.answer = () => new Promise(() => {});
    const cycle = on.cycle('shop/web', { stopping: stopping.signal });
    await settle();
    stopping.abort(new Error('stopping'));
    expect(await cycle).toEqual({ kind: 'waiting', retry: 'period' });
    expect(world.requests).toMatchObject({ scaleWrites: 0, statusWrites: 0 });
  });

  it('a scale whose read the stop of the process broke off is not called unreadable', async () => {
    const stopping = new AbortController();
    world.beforeScaleRead = () => {
      stopping.abort(new Error('stopping'));
      throw new SetpointError('Cancelled', 'stopping');
    };
    expect(await on.cycle('shop/web', { stopping: stopping.signal })).toEqual({ kind: 'waiting', retry: 'period' });
    expect([world.requests.statusWrites, world.events]).toEqual([0, []]);
  });

  it('a status that cannot be written is told, and written by the next cycle', async () => {
    world.loadPerPod(300);
    world.beforeStatusWrite = () => {
      throw new ApiStatusError(500, '', 'etcd');
    };
    expect(await on.cycle()).toMatchObject({ kind: 'error', retry: 'soon' });
    expect(world.reasons()).toEqual(['FailedUpdateStatus']);
    world.beforeStatusWrite = () => {};
    expect(await on.cycle()).toEqual({ kind: 'done' });
    expect(world.condition('shop/web', 'AbleToScale')).toBe('True/ReadyForNewScale');
  });

  it('waits for a store that still shows the workload as it was before our write', async () => {
    const web = world.workloads.get('shop/Deployment/web')!;
    await on.cycle();
    // The watch lags behind: the old size at the old version.
    Object.assign(web, { replicas: 3, version: 1 });
    expect(await on.cycle()).toEqual({ kind: 'waiting', retry: 'soon' });
    expect(world.sizes).toHaveLength(1);
    Object.assign(web, { replicas: 5, version: 2 });
    expect(await on.cycle()).toEqual({ kind: 'done' });
  });

  it('does not write a status twice while the store does not show the first one', async () => {
    const stored = world.target('shop/web');
    world.loadPerPod(300);
    await on.cycle();
    world.targets.set('shop/web', stored);
    await world.clock.advance(15_000);
    await on.cycle();
    expect(world.requests.statusWrites).toBe(1);
  });

  it('P10: after a restart recommendations start from the current size, so nothing shrinks at once', async () => {
    world.loadPerPod(30);
    await controllerOn(world).cycle();
    expect(world.sizes).toEqual([]);
    expect(world.condition('shop/web', 'AbleToScale')).toBe('True/ScaleDownStabilized');
  });

  it('P5: rate policies hold across a restart: scale events come back from status', async () => {
    const perMinute = [{ type: 'Pods' as const, value: 2, periodSeconds: 60 }];
    const rules = { selectPolicy: 'Max' as const, policies: perMinute };
    world.edit('shop/web', { behavior: { scaleUp: rules, scaleDown: rules } });
    world.loadPerPod(1_000);
    await on.cycle();
    await world.clock.advance(15_000);
    await controllerOn(world).cycle();
    expect(world.sizes).toEqual(['web 3→5']);
    await world.clock.advance(60_000);
    await controllerOn(world).cycle();
    expect(world.sizes).toEqual(['web 3→5', 'web 5→7']);
  });
});

describe('mode Recommend', () => {
  it('decides, shows and writes no size', async () => {
    const world = new World();
    world.deploy('web', 3);
    world.put(target({ spec: spec({ mode: 'Recommend' }) }));
    world.autoscalers = [{ name: 'web', desiredReplicas: 3 }];
    world.overlaps = ['other', 'web'];
    world.loadPerPod(450);
    await controllerOn(world).cycle();
    expect(world.requests.scaleWrites).toBe(0);
    expect(world.status('shop/web')).toMatchObject({ currentReplicas: 3, desiredReplicas: 5 });
    expect(world.condition('shop/web', 'AbleToScale')).toBe('True/Recommending');
    expect(world.condition('shop/web', 'Conflict')).toBeUndefined();
    expect(world.events).toEqual([]);
  });
});

describe('other autoscalers', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.deploy('web', 3);
    world.loadPerPod(450);
  });

  it('B18: beside an HPA nothing is written, and it says so until the HPA is gone', async () => {
    world.put(target());
    const on = controllerOn(world);
    world.autoscalers = [{ name: 'web-hpa', desiredReplicas: 3 }];
    await on.cycle();
    expect(world.sizes).toEqual([]);
    expect(world.condition('shop/web', 'Conflict')).toBe('True/HorizontalPodAutoscaler');
    expect(world.reasons()).toEqual(['Conflict']);
    world.autoscalers = [];
    await on.cycle();
    expect(world.sizes).toEqual(['web 3→5']);
    expect(world.condition('shop/web', 'Conflict')).toBe('False/NoConflict');
  });

  it('B17: of two targets on one workload the older acts, the other says which', async () => {
    const older = target({ name: 'older' });
    const younger = target({ name: 'younger', createdAtMs: older.createdAtMs + 1 });
    world.put(younger);
    world.put(older);
    const on = controllerOn(world);
    on.owners.note(older);
    await on.cycle('shop/younger');
    expect(world.sizes).toEqual([]);
    expect(world.condition('shop/younger', 'Conflict')).toBe('True/ScaledTarget');
    await on.cycle('shop/older');
    expect(world.sizes).toEqual(['web 3→5']);
    // The older one goes: the younger takes over.
    world.remove('shop/older');
    await on.cycle('shop/older');
    world.loadPerPod(400);
    await world.clock.advance(15_000);
    await on.cycle('shop/younger');
    expect(world.sizes).toEqual(['web 3→5', 'web 5→7']);
    expect(world.condition('shop/younger', 'Conflict')).toBe('False/NoConflict');
  });

  it('overlapping selectors stop all who overlap', async () => {
    world.put(target());
    world.overlaps = ['other', 'web'];
    await controllerOn(world).cycle();
    expect(world.sizes).toEqual([]);
    expect(world.condition('shop/web', 'ScalingActive')).toBe('False/AmbiguousSelector');
  });

  it('F41: a writer that keeps undoing our sizes is named; sizes are still raised, and lowered only when it stops', async () => {
    const behavior = {
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [{ type: 'Pods', value: 10, periodSeconds: 15 }],
      },
      scaleDown: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    } as const;
    world.put(target({ spec: spec({ behavior, guards: 'Disabled' }) }));
    const on = controllerOn(world);
    const web = world.workloads.get('shop/Deployment/web')!;
    // 1.5 cores in all at 60 % of 500m: five pods.
    world.loadInAll(() => 1_500);
    const applied: string[] = [];
    for (let minute = 0; minute < 4; minute++) {
      // GitOps sets 9, we lower to 5.
      world.resize(web, 9);
      await on.cycle();
      applied.push(`${web.replicas} ${world.condition('shop/web', 'Conflict') ?? '-'}`);
      await world.clock.advance(60_000);
    }
    expect(applied).toEqual(['5 -', '5 -', '5 -', '9 True/ForeignWriter']);
    // It sets 2: more is needed, and more is written.
    world.resize(web, 2);
    await on.cycle();
    expect(web.replicas).toBe(5);
    // Ten quiet minutes later it is over.
    await world.clock.advance(11 * 60_000);
    world.resize(web, 9);
    await on.cycle();
    expect([web.replicas, world.condition('shop/web', 'Conflict')]).toEqual([5, 'False/NoConflict']);
  });
});
