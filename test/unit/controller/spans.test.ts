// What a cycle says of itself in spans: one for the cycle, one for each part, each with its target, its outcome and why.
import { beforeEach, describe, expect, it } from 'vitest';
import { ApiStatusError, SetpointError } from '../../../src/base/errors.ts';
import { controllerOn, World } from '../../support/ports.ts';
import { RecordingTracer } from '../../support/recorded-spans.ts';
import { CPU, prometheus, spec, target } from '../../support/targets.ts';

const conflict = () => new ApiStatusError(409, 'Conflict', 'the object has been modified');

let world: World;
let tracer: RecordingTracer;
let on: ReturnType<typeof controllerOn>;
beforeEach(() => {
  world = new World();
  tracer = new RecordingTracer();
  world.deploy('web', 3);
  world.put(target());
  on = controllerOn(world, { tracer });
  world.onChange = () => {};
  // 3 pods at 90 % of their request, target 60 %: five are needed.
  world.loadPerPod(450);
});

describe('a cycle that is recorded', () => {
  it('is one trace: the reads, the decision, the writes, each with target and cycle', async () => {
    await on.cycle();
    const [cycle] = tracer.spans;
    expect(tracer.spans.map(({ name, parent }) => [name, parent])).toEqual([
      ['setpoint.cycle', undefined],
      ['setpoint.read', cycle?.origin],
      ['setpoint.decide', cycle?.origin],
      ['setpoint.scale.write', cycle?.origin],
      ['setpoint.status.write', cycle?.origin],
    ]);
    for (const { attributes, isOver, error } of tracer.spans) {
      expect(attributes).toMatchObject({
        'k8s.namespace.name': 'shop',
        'setpoint.name': 'web',
        'setpoint.cycle': '1-1',
      });
      expect([isOver, error]).toEqual([true, undefined]);
    }
    expect(world.reports[0]?.cycle).toBe('1-1');
  });

  it('tells outcome and reason of each part', async () => {
    await on.cycle();
    const [cycle, read, decide, scaleWrite, statusWrite] = tracer.spans.map(({ attributes }) => attributes);
    expect(cycle).toMatchObject({
      'k8s.deployment.name': 'web',
      'setpoint.outcome': 'Written',
      'setpoint.end': 'done',
      'setpoint.metric.winner': 'cpu',
      'setpoint.replicas.current': 3,
      'setpoint.replicas.desired': 5,
      'setpoint.replicas.ready': 3,
      'setpoint.why': 'cpu 150% of target: 3 → 5',
    });
    expect(read).toMatchObject({
      'setpoint.metric.name': 'cpu',
      'setpoint.metric.type': 'Resource',
      'setpoint.source': 'metrics.k8s.io',
      'setpoint.read.shared': false,
      'setpoint.read.samples': 3,
      'setpoint.outcome': 'Read',
    });
    expect(decide).toMatchObject({ 'setpoint.outcome': 'Rescale', 'setpoint.reason': cycle?.['setpoint.reason'] });
    expect(cycle?.['setpoint.reason']).toBeTypeOf('string');
    expect(scaleWrite).toMatchObject({ 'setpoint.outcome': 'Written', 'setpoint.attempts': 1 });
    expect(statusWrite).toMatchObject({ 'setpoint.outcome': 'Written', 'setpoint.status.kind': 'change' });
  });

  it('names what is not there, and why, as an error of the read', async () => {
    world.put(target({ spec: spec({ metrics: [CPU, prometheus('rate')] }) }));
    const cpu = world.answer;
    world.answer = (metric, context, signal) =>
      metric.type === 'Prometheus'
        ? { kind: 'absent', reason: 'Unreachable', message: 'no connection' }
        : cpu(metric, context, signal);
    await on.cycle();
    const reads = tracer.named('setpoint.read');
    expect(reads.map(({ attributes }) => attributes['setpoint.outcome'])).toEqual(['Read', 'Absent']);
    expect(reads[1]).toMatchObject({
      attributes: { 'setpoint.source': 'prometheus/default', 'setpoint.reason': 'Unreachable' },
      error: { type: 'Unreachable', message: 'no connection' },
    });
  });

  it('ends a read that does not answer when the cycle no longer waits for it', async () => {
    world.answer = () => new Promise(() => {});
    const cycle = on.cycle();
    await world.clock.advance(40_000);
    await cycle;
    const [read] = tracer.named('setpoint.read');
    expect(read).toMatchObject({ isOver: true, error: { type: 'Timeout' } });
    expect(tracer.spans.every(({ isOver }) => isOver)).toBe(true);
  });

  it('decides again within the same trace when somebody else changed the size meanwhile', async () => {
    const workload = [...world.workloads.values()][0]!;
    world.beforeScaleWrite = () => {
      world.beforeScaleWrite = () => {};
      world.resize(workload, 4);
    };
    await on.cycle();
    expect(tracer.named('setpoint.decide')).toHaveLength(2);
    expect(tracer.named('setpoint.scale.write').map(({ attributes }) => attributes['setpoint.outcome'])).toEqual([
      'Moved',
      'Written',
    ]);
    expect(new Set(tracer.spans.map(({ origin }) => origin.traceId)).size).toBe(1);
  });

  it('tells a write that failed, in its own span and in that of the cycle', async () => {
    world.beforeScaleWrite = () => {
      throw conflict();
    };
    await on.cycle();
    expect(tracer.named('setpoint.scale.write')).toMatchObject([
      { attributes: { 'setpoint.outcome': 'Failed', 'setpoint.attempts': 5 }, error: { type: 'Conflict' } },
    ]);
    expect(tracer.named('setpoint.cycle')).toMatchObject([
      { attributes: { 'setpoint.outcome': 'Failed', 'setpoint.end': 'error' }, error: { type: 'Conflict' } },
    ]);
  });

  it('tells a status that was not written', async () => {
    world.beforeStatusWrite = () => {
      throw new SetpointError('Network', 'no answer');
    };
    await on.cycle();
    expect(tracer.named('setpoint.status.write')).toMatchObject([{ error: { type: 'Network', message: 'no answer' } }]);
    expect(tracer.named('setpoint.cycle')).toMatchObject([{ error: { type: 'Network' } }]);
  });

  it('tells why nothing was decided', async () => {
    world.workloads.clear();
    await on.cycle();
    expect(tracer.named('setpoint.cycle')).toMatchObject([
      {
        isOver: true,
        attributes: { 'setpoint.outcome': 'Undecided', 'setpoint.reason': 'FailedGetScale', 'setpoint.end': 'error' },
        error: { type: 'NotFound' },
      },
    ]);
    world.put(target({ spec: undefined, faults: [{ field: 'spec.maxReplicas', message: 'spec.maxReplicas is -1' }] }));
    await on.cycle();
    expect(tracer.named('setpoint.cycle')[1]).toMatchObject({
      attributes: { 'setpoint.reason': 'InvalidSpec', 'setpoint.end': 'done' },
      error: { type: 'InvalidSpec' },
    });
  });

  it('ends when the cycle fails by a fault of ours', async () => {
    world.select = () => {
      throw new TypeError('a fault of ours');
    };
    await on.cycle();
    expect(tracer.spans).toMatchObject([{ isOver: true, error: { type: 'TypeError', message: 'a fault of ours' } }]);
  });

  it('has the refresh of a status that waited for the budget as a late part', async () => {
    world.loadPerPod(300);
    await on.cycle();
    await world.clock.advance(15_000);
    world.loadPerPod(303);
    await on.cycle();
    await world.clock.advance(60_000);
    const [, refreshed] = tracer.named('setpoint.status.write');
    expect(refreshed).toMatchObject({
      parent: tracer.named('setpoint.cycle')[1]?.origin,
      attributes: { 'setpoint.status.kind': 'refresh', 'setpoint.cycle': '1-2' },
      isOver: true,
    });
  });
});

describe('a cycle that nobody records', () => {
  it('asks once, and makes no span', async () => {
    tracer.on = false;
    for (let cycle = 0; cycle < 5; cycle++) {
      await world.clock.advance(15_000);
      await on.cycle();
    }
    expect(world.sizes).toEqual(['web 3→5', 'web 5→8', 'web 8→10']);
    expect([tracer.asked, tracer.spans.length]).toEqual([5, 0]);
  });

  it('makes no parts when the cycle itself is not sampled', async () => {
    tracer.sampled = false;
    await on.cycle();
    expect(world.sizes).toEqual(['web 3→5']);
    expect(tracer.spans).toEqual([]);
  });
});
