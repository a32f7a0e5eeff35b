// Draws what the controller remembers, and the status that it wrote before.
import type { BehaviorJson, ConditionJson, Profile, ScaleEventJson, SituationJson } from '../situation.ts';
import type { Draw } from './draw.ts';
import { MAX_SIZE, type Sizes } from './sizes.ts';

interface Around {
  readonly sizes: Sizes;
  readonly behavior: BehaviorJson | undefined;
  readonly config: SituationJson['config'];
  /** Whether an age may lie right on a window. */
  readonly standsStill: boolean;
}

type History = Pick<SituationJson, 'recommendationsHistory' | 'scaleEventsHistory'>;

export function drawHistory(draw: Draw, around: Around): History {
  const recommendationsHistory = drawRecommendations(draw, around);
  const exact = around.standsStill && recommendationsHistory !== null;
  const events = draw.chance(around.behavior === undefined ? 0.1 : 0.6);
  if (!events) return { recommendationsHistory };
  const up = drawEvents(draw, around, exact);
  const down = drawEvents(draw, around, exact);
  return { recommendationsHistory, scaleEventsHistory: { up, down } };
}

function drawRecommendations(draw: Draw, around: Around): History['recommendationsHistory'] {
  const kind = draw.weighted([
    [15, 'unknown'],
    [35, 'empty'],
    [50, 'some'],
  ]);
  if (kind === 'unknown') return null;
  if (kind === 'empty') return [];
  const windows = [around.config.downscaleStabilizationSeconds, ...windowsOf(around.behavior)];
  return draw.list(draw.int(1, 6), () => ({
    replicas: sizeNear(draw, around.sizes.specReplicas),
    ageSeconds: ageAround(draw, windows, around.standsStill),
  }));
}

function drawEvents(draw: Draw, around: Around, exact: boolean): ScaleEventJson[] {
  const periods = [...periodsOf(around.behavior), 15];
  return draw.list(draw.int(0, 4), () => {
    const change = draw.chance(0.97) ? draw.int(1, 9) : draw.pick([100, 2 ** 30, MAX_SIZE]);
    const event = { change, ageSeconds: ageAround(draw, periods, exact) };
    return draw.chance(0.1) ? { ...event, outdated: true } : event;
  });
}

function sizeNear(draw: Draw, size: number): number {
  const near = draw.weighted([
    [60, size + draw.int(-4, 4)],
    [20, size],
    [10, size * draw.int(2, 3)],
    [10, 0],
  ]);
  return Math.min(MAX_SIZE, Math.max(0, near));
}

/** Ages end in .5, which is on no limit, or lie right on a limit. */
function ageAround(draw: Draw, limits: readonly number[], exact: boolean): number {
  const limit = draw.pick(limits);
  const kind = draw.weighted([
    [45, 'young'],
    [25, 'near'],
    [10, 'old'],
    [exact && limit > 0 ? 6 : 0, 'on'],
  ]);
  if (kind === 'on') return limit;
  if (kind === 'near') return Math.max(0, limit + draw.int(-3, 2)) + 0.5;
  if (kind === 'old') return limit + draw.int(1, 2000) + 0.5;
  return draw.int(0, Math.max(5, limit)) + 0.5;
}

function windowsOf(behavior: BehaviorJson | undefined): number[] {
  const rules = [behavior?.scaleUp, behavior?.scaleDown];
  return rules.flatMap((each) => each?.stabilizationWindowSeconds ?? []);
}

function periodsOf(behavior: BehaviorJson | undefined): number[] {
  const rules = [behavior?.scaleUp, behavior?.scaleDown];
  return rules.flatMap((each) => each?.policies?.map(({ periodSeconds }) => periodSeconds) ?? []);
}

const BEFORE: Readonly<Record<string, readonly Omit<ConditionJson, 'type'>[]>> = {
  AbleToScale: [
    {
      status: 'True',
      reason: 'SucceededGetScale',
      message: "the HPA controller was able to get the target's current scale",
    },
    { status: 'True', reason: 'ReadyForNewScale', message: 'recommended size matches current size' },
    { status: 'False', reason: 'FailedGetScale', message: 'earlier failure' },
  ],
  ScalingActive: [
    { status: 'True', reason: 'ValidMetricFound', message: 'earlier success' },
    {
      status: 'False',
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    },
  ],
  ScalingLimited: [
    { status: 'False', reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' },
    { status: 'True', reason: 'TooManyReplicas', message: 'earlier limit' },
  ],
  ScaledToZero: [
    { status: 'True', reason: 'ScaledToZero', message: 'the HPA controller scaled the workload to zero' },
    { status: 'False', reason: 'NotScaledToZero', message: 'the HPA controller did not scale the workload to zero' },
  ],
};

/** Undefined: the line is silent about it. */
export function drawPreviousStatus(draw: Draw, profile: Profile, size: number): SituationJson['previousStatus'] {
  if (draw.chance(profile === 'zero' ? 0.1 : 0.4)) return undefined;
  const types = Object.keys(BEFORE).filter((type) => draw.chance(type === 'ScaledToZero' ? oddsOfZero(profile) : 0.6));
  const inOrder = draw.chance(0.8) ? types : draw.shuffled(types);
  const other = Math.min(MAX_SIZE, size + draw.int(0, 3));
  return {
    currentReplicas: draw.chance(0.8) ? size : other,
    desiredReplicas: draw.chance(0.8) ? size : other,
    conditions: inOrder.map((type) => conditionBefore(draw, type, size)),
  };
}

function oddsOfZero(profile: Profile): number {
  return profile === 'zero' ? 0.8 : 0.2;
}

function conditionBefore(draw: Draw, type: string, size: number): ConditionJson {
  const known = BEFORE[type] ?? [];
  // The mark of a workload that the controller itself took to zero: what wakes it again.
  const marked = type === 'ScaledToZero' && draw.chance(size === 0 ? 0.75 : 0.3);
  return { type, ...(marked ? (known[0] ?? draw.pick(known)) : draw.pick(known)) };
}
