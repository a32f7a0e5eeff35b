// Which pods count for a metric, and as what.
import { describe, expect, it } from 'vitest';
import { countServingPods, groupPods } from '../../../src/decide/pod-groups.ts';
import type { PodState } from '../../../src/decide/types.ts';
import { NOW, pod, samples, seconds } from '../../support/situations.ts';

const warmUp = { cpuInitializationMs: seconds(300), initialReadinessDelayMs: seconds(30) };
const ago = (count: number) => NOW - seconds(count);

function groupOf(changes: Partial<PodState>, options: { isCpu?: boolean; sampleAgo?: number | null } = {}): string {
  const { isCpu = true, sampleAgo = 0 } = options;
  const reading = sampleAgo === null ? samples({}) : samples({ web: 1 }, ago(sampleAgo), seconds(60));
  if (reading.kind !== 'pods') throw new Error('pods are measured here');
  const groups = groupPods({ pods: [pod('web', changes)], samples: reading.samples, isCpu, warmUp, now: NOW });
  if (groups.readyCount === 1) return 'ready';
  return (['unready', 'missing', 'ignored'] as const).find((name) => groups[name].has('web')) ?? 'nowhere';
}

describe('a pod counts as', () => {
  const old = { startedAtMs: ago(3600), readyTransitionAtMs: ago(3500) };
  const young = { startedAtMs: ago(100), readyTransitionAtMs: ago(90) };
  it.each<[string, string, Partial<PodState>, Parameters<typeof groupOf>[1]]>([
    ['ready', 'old and ready', old, {}],
    ['ignored', 'being deleted, even with a sample', { ...old, deleting: true }, {}],
    ['ignored', 'failed', { ...old, phase: 'Failed' }, {}],
    ['missing', 'succeeded without a sample', { ...old, phase: 'Succeeded' }, { sampleAgo: null }],
    ['unready', 'pending, even with a sample', { ...old, phase: 'Pending' }, {}],
    ['unready', 'pending for any metric', { ...old, phase: 'Pending' }, { isCpu: false }],
    ['missing', 'without a sample', old, { sampleAgo: null }],
    ['unready', 'without a Ready condition', { ...old, ready: undefined }, {}],
    ['unready', 'without a start time', { ...old, startedAtMs: undefined }, {}],
    ['ready', 'without a Ready condition, for memory', { ...old, ready: undefined }, { isCpu: false }],
    ['unready', 'young and not ready', { ...young, ready: 'False' }, {}],
    ['ready', 'young, its sample from after it was ready', young, { sampleAgo: 30 }],
    ['unready', 'young, part of its sample from before it was ready', young, { sampleAgo: 31 }],
    ['ready', 'young with readiness unknown', { ...young, ready: 'Unknown' }, { sampleAgo: 0 }],
    ['ready', 'exactly as old as the initialization period', { ...old, startedAtMs: ago(300) }, { sampleAgo: 3600 }],
    ['ready', 'old, its readiness lost under load', { ...old, ready: 'False', readyTransitionAtMs: ago(60) }, {}],
    ['unready', 'old, but never ready', { ...old, ready: 'False', readyTransitionAtMs: ago(3580) }, {}],
    [
      'ready',
      'old, changed exactly at the readiness delay',
      { ...old, ready: 'False', readyTransitionAtMs: ago(3570) },
      {},
    ],
  ])('%s: %s', (group, _what, changes, options) => {
    expect(groupOf(changes, options)).toBe(group);
  });

  it('serving: running and ready, terminating ones included', () => {
    const all = [pod('a'), pod('b', { deleting: true }), pod('c', { ready: 'False' }), pod('d', { phase: 'Pending' })];
    expect(countServingPods(all)).toBe(2);
  });
});
