// Draws `behavior` as a user writes it, before the API server fills in what is missing.
import type { BehaviorJson, Profile, RulesJson } from '../situation.ts';
import type { Draw } from './draw.ts';
import { MAX_SIZE } from './sizes.ts';

export function drawBehavior(draw: Draw, profile: Profile): BehaviorJson {
  const which = draw.weighted([
    [5, [] as const],
    [20, ['scaleUp'] as const],
    [20, ['scaleDown'] as const],
    [55, ['scaleUp', 'scaleDown'] as const],
  ]);
  return Object.fromEntries(which.map((direction) => [direction, drawRules(draw, profile)]));
}

function drawRules(draw: Draw, profile: Profile): RulesJson {
  const rules: RulesJson = {};
  if (draw.chance(0.55)) rules.stabilizationWindowSeconds = draw.pick([0, 0, 1, 15, 60, 120, 300, 600, 3600]);
  if (draw.chance(0.5)) rules.selectPolicy = draw.pick(['Max', 'Max', 'Min', 'Min', 'Disabled']);
  if (draw.chance(0.65)) rules.policies = draw.list(draw.int(1, 3), () => drawPolicy(draw, profile));
  if (draw.chance(0.3)) rules.tolerance = drawTolerance(draw);
  return rules;
}

const PERIODS = [1, 15, 15, 30, 60, 60, 180, 300, 1800];

function drawPolicy(draw: Draw, profile: Profile) {
  const periodSeconds = draw.pick(PERIODS);
  if (profile === 'extreme' && draw.chance(0.2)) {
    const value = draw.pick([2 ** 30, MAX_SIZE, draw.int(1_000_000, MAX_SIZE)]);
    return { type: draw.pick(['Pods', 'Percent']), value, periodSeconds };
  }
  if (draw.chance(0.5)) return { type: 'Pods', value: draw.int(1, draw.pick([2, 5, 20])), periodSeconds };
  const value = draw.weighted([
    [1, draw.pick([10, 50, 90, 100, 200])],
    [2, draw.int(1, 100)],
    [1, draw.int(1, 400)],
  ]);
  return { type: 'Percent', value, periodSeconds };
}

/** Numbers that a double does not hold exactly, and the units of quantities. */
function drawTolerance(draw: Draw): number | string {
  return draw.weighted<number | string>([
    [3, draw.pick([0, 0.01, 0.05, 0.1, 0.2, 0.5, 1, 2.5])],
    [3, draw.int(1, 999) / 1000],
    [1, `${draw.int(1, 999)}m`],
    [1, draw.pick(['500u', '0.0005', '0.0001', '5e-2', '1e-1', '100000000n', '2'])],
  ]);
}
