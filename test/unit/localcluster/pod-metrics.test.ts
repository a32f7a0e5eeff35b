// The sampler on a fake clock: two samples, honest times and windows, restarts, failures; and the scripted provider.
import { expect, test } from 'vitest';
import type { TreeUsage } from '../../../src/localcluster/kubelet/process-usage.ts';
import { PodMetricsSampler } from '../../../src/localcluster/pod-metrics.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const running = (pod: string, pid: number, container = 'main') => ({
  namespace: 'shop',
  pod,
  uid: pod,
  labels: { app: 'web' },
  container,
  pid,
});

function sampling() {
  const clock = new FakeClock();
  const containers = [running('a', 1), running('b', 2)];
  const usage = new Map<number, TreeUsage>([
    [1, { cpuSeconds: 10, memoryBytes: 1_048_576 }],
    [2, { cpuSeconds: 0, memoryBytes: 2_048 }],
  ]);
  const errors: unknown[] = [];
  let failure: Error | undefined;
  const sampler = new PodMetricsSampler({
    clock,
    running: () => containers,
    read: (roots) =>
      failure
        ? Promise.reject(failure)
        : Promise.resolve(new Map(roots.flatMap((pid) => (usage.has(pid) ? [[pid, { ...usage.get(pid)! }]] : [])))),
    resolutionSeconds: 5,
    onError: (error) => errors.push(error),
  });
  return {
    clock,
    containers,
    usage,
    errors,
    sampler,
    fail: (error: Error | undefined) => {
      failure = error;
    },
  };
}

test('nothing after one sample; then the difference over the real time between', async () => {
  const { clock, usage, sampler } = sampling();
  await clock.advance(4_000);
  expect(sampler.podMetrics(undefined)).toEqual([]);
  usage.get(1)!.cpuSeconds = 12.5;
  await clock.advance(2_000);
  expect(sampler.podMetrics('shop')).toEqual([
    {
      name: 'a',
      namespace: 'shop',
      labels: { app: 'web' },
      timestamp: '2026-01-01T00:00:05Z',
      window: '5.000s',
      containers: [{ name: 'main', usage: { cpu: '500000000n', memory: '1024Ki' } }],
    },
    expect.objectContaining({ name: 'b', containers: [{ name: 'main', usage: { cpu: '0n', memory: '2Ki' } }] }),
  ]);
  expect(sampler.podMetrics('other')).toEqual([]);
});

test('a new process has no figure until its second sample, and a pod not until all its containers have one', async () => {
  const { clock, containers, usage, sampler } = sampling();
  await clock.advance(6_000);
  containers[0] = running('a', 3);
  usage.set(3, { cpuSeconds: 0, memoryBytes: 0 });
  containers.push(running('b', 4, 'sidecar'));
  usage.set(4, { cpuSeconds: 0, memoryBytes: 0 });
  await clock.advance(5_000);
  expect(sampler.podMetrics('shop')).toEqual([]);
  await clock.advance(5_000);
  expect(sampler.podMetrics('shop').map(({ name, containers }) => [name, containers.length])).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  containers.splice(0, 1);
  expect(sampler.podMetrics('shop').map(({ name }) => name)).toEqual(['b']);
});

test('a failed reading leaves the last figures with their old time, and the next one has the longer window', async () => {
  const { clock, errors, sampler, fail } = sampling();
  await clock.advance(6_000);
  fail(new Error('/proc cannot be read'));
  await clock.advance(5_000);
  expect(errors).toHaveLength(1);
  expect(sampler.podMetrics('shop')[0]?.timestamp).toBe('2026-01-01T00:00:05Z');
  fail(undefined);
  await clock.advance(5_000);
  expect(sampler.podMetrics('shop')[0]).toMatchObject({ timestamp: '2026-01-01T00:00:15Z', window: '10.000s' });
});

test('close leaves no timer', async () => {
  const { clock, sampler } = sampling();
  await clock.advance(1_000);
  await sampler.close();
  expect(clock.pendingTimers).toBe(0);
});
