// Draws the state of one pod: phase, readiness and its times, where its CPU sample counts or not.
import type { PodJson, SituationJson } from '../situation.ts';
import type { Draw } from './draw.ts';

type State = Pick<
  PodJson,
  | 'phase'
  | 'ready'
  | 'startedAgoSeconds'
  | 'readyTransitionAgoSeconds'
  | 'deleted'
  | 'sampleAgeSeconds'
  | 'windowSeconds'
>;

export function drawState(draw: Draw, config: SituationJson['config'], isOdd: boolean): State {
  const old = draw.int(700, 90_000) + 0.5;
  const ready: State = {
    phase: 'Running',
    ready: true,
    startedAgoSeconds: old,
    readyTransitionAgoSeconds: old - draw.int(0, 600),
    ...(draw.chance(0.3) ? { sampleAgeSeconds: draw.pick([0, 5, 15, 30, 45]) } : {}),
  };
  return isOdd ? { ...ready, ...drawOdd(draw, config) } : ready;
}

function drawOdd(draw: Draw, config: SituationJson['config']): Partial<State> {
  return draw.weighted<Partial<State>>([
    [20, drawStarting(draw, config)],
    [12, drawNeverReady(draw, config)],
    [8, { ready: false }],
    [6, { ready: 'unknown' }],
    [8, { phase: 'Pending', ready: draw.pick([false, null]), startedAgoSeconds: null }],
    [6, { phase: 'Failed', ready: false }],
    [5, { phase: 'Succeeded', ready: draw.chance(0.5) }],
    [3, { phase: 'Unknown', ready: draw.pick([true, false]) }],
    [8, { deleted: true, ready: draw.chance(0.5) }],
    [5, { ready: null, readyTransitionAgoSeconds: null }],
    [4, { startedAgoSeconds: null }],
    [4, { readyTransitionAgoSeconds: null }],
    [4, { sampleAgeSeconds: draw.pick([300, 3600, 86_400]) }],
  ]);
}

/** Within its first minutes: what counts is how its sample lies to the moment it became ready, ages right on it included. */
function drawStarting(draw: Draw, { cpuInitializationPeriodSeconds }: SituationJson['config']): Partial<State> {
  const startedAgoSeconds = draw.weighted([
    [6, draw.int(0, Math.max(1, cpuInitializationPeriodSeconds - 1)) + 0.5],
    [2, cpuInitializationPeriodSeconds + 0.5],
    [2, cpuInitializationPeriodSeconds],
  ]);
  const sampleAgeSeconds = draw.pick([0, 5, 15, 30]);
  const windowSeconds = draw.pick([10, 15, 30, 60]);
  const readyTransitionAgoSeconds = draw.weighted([
    [3, sampleAgeSeconds + windowSeconds],
    [1, sampleAgeSeconds + windowSeconds + draw.int(-5, 5)],
    [5, Math.max(0, startedAgoSeconds - draw.int(0, 90))],
  ]);
  return { ready: draw.chance(0.75), startedAgoSeconds, sampleAgeSeconds, windowSeconds, readyTransitionAgoSeconds };
}

/** Unready since about when it started, long ago; the limit itself included. */
function drawNeverReady(draw: Draw, { initialReadinessDelaySeconds }: SituationJson['config']): Partial<State> {
  const startedAgoSeconds = draw.int(700, 5000) + 0.5;
  const after = draw.pick([0, 5, initialReadinessDelaySeconds, initialReadinessDelaySeconds + draw.int(-5, 5)]);
  return { ready: false, startedAgoSeconds, readyTransitionAgoSeconds: startedAgoSeconds - after };
}
