// Draws the size of the target, of its running pods, and the bounds.
import type { Profile, SituationJson } from '../situation.ts';
import type { Draw } from './draw.ts';

export type Sizes = Pick<SituationJson, 'specReplicas' | 'statusReplicas' | 'minReplicas' | 'maxReplicas'>;

export const MAX_SIZE = 2 ** 31 - 1;
const HUGE_SIZES = [65_536, 1_000_000, 2 ** 30 - 1, 2 ** 30, 2 ** 30 + 1, 2 ** 31 - 2, MAX_SIZE];

export function drawSizes(draw: Draw, profile: Profile): Sizes {
  const specReplicas = drawSpec(draw, profile);
  const minReplicas = drawMin(draw, profile, specReplicas);
  const above = draw.weighted([
    [30, specReplicas + draw.int(0, 3)],
    [30, specReplicas * 2 + draw.int(0, 20)],
    [20, specReplicas + draw.pick([50, 500])],
    [7, specReplicas - draw.int(1, 3)],
    [profile === 'extreme' ? 30 : 2, MAX_SIZE],
  ]);
  return {
    specReplicas,
    statusReplicas: drawStatus(draw, specReplicas, profile),
    minReplicas,
    maxReplicas: Math.min(MAX_SIZE, Math.max(1, minReplicas ?? 1, above)),
  };
}

function drawSpec(draw: Draw, profile: Profile): number {
  if (profile === 'extreme' && draw.chance(0.3)) return draw.pick(HUGE_SIZES);
  const isZero = draw.chance(profile === 'zero' ? 0.45 : 0.01);
  if (isZero) return 0;
  return draw.weighted([
    [65, draw.int(1, 6)],
    [30, draw.int(5, 15)],
    [5, draw.int(16, 60)],
  ]);
}

function drawStatus(draw: Draw, spec: number, profile: Profile): number {
  const huge = profile === 'extreme' ? 3 : 0;
  return draw.weighted([
    [80, spec],
    [14, Math.min(MAX_SIZE, Math.max(0, spec + draw.pick([-3, -2, -1, 1, 2, 3, 5])))],
    [3, 0],
    [huge, draw.pick(HUGE_SIZES)],
  ]);
}

function drawMin(draw: Draw, profile: Profile, spec: number): number | null {
  const zero = profile !== 'zero' ? 12 : spec === 0 ? 90 : 150;
  const raised = spec === 0 ? 40 : 0;
  return draw.weighted<number | null>([
    [zero, 0],
    [12, null],
    [40, 1],
    [25, Math.max(1, Math.min(spec, draw.int(1, 6)))],
    [8, Math.min(MAX_SIZE, spec + draw.int(0, 5))],
    [5, draw.pick([2, 3, 5, 10])],
    [raised, draw.int(4, 20)],
  ]);
}
