// Draws whole situations. Nearly every branch of the HPA occurs: coverage.ts counts what did. What an API server would refuse
// is left out, except for targets that do not fit their metric, on which the HPA has an answer.
import { PROFILES, type NamedSituation, type Profile, type SituationJson } from '../situation.ts';
import { drawBehavior } from './behavior.ts';
import { Draw } from './draw.ts';
import { drawFaults } from './faults.ts';
import { drawHistory, drawPreviousStatus } from './history.ts';
import { drawMetrics } from './metrics.ts';
import { drawExtraMetrics, drawPods } from './pods.ts';
import { drawSizes } from './sizes.ts';

/** The situation number `index` of a seed; the profiles take turns. */
export function situationAt(seed: number, index: number): NamedSituation {
  const profile = PROFILES[index % PROFILES.length] ?? 'basic';
  return { id: `${profile}-${seed}-${index}`, profile, situation: drawSituation(new Draw(seed, index), profile) };
}

/** Gates are on: Setpoint has no switches for them. */
const FEATURES = { HPAScaleToZero: true, HPAConfigurableTolerance: true, PodLevelResources: true };

function drawSituation(draw: Draw, profile: Profile): SituationJson {
  const config = drawConfig(draw);
  const sizes = drawSizes(draw, profile);
  const faults = drawFaults(draw);
  const behavior = draw.chance(profile === 'behavior' ? 0.95 : 0.4) ? drawBehavior(draw, profile) : undefined;
  const metrics = drawMetrics(draw, profile, sizes, { config, behavior });
  const pods = drawPods(draw, profile, { size: sizes.specReplicas, metrics, config });
  // A conflict takes time before the event is stored, and a first sight takes time before its recommendation is read: an age
  // right on a limit would lie beyond it by then.
  const standsStill = faults.updateScaleConflicts === undefined;
  const history = drawHistory(draw, { sizes, behavior, config, standsStill });
  const extraMetrics = drawExtraMetrics(draw, metrics);
  const previousStatus = drawPreviousStatus(draw, profile, sizes.specReplicas);
  return {
    config,
    features: FEATURES,
    ...sizes,
    pods,
    ...(extraMetrics.length === 0 ? {} : { extraMetrics }),
    metrics: metrics.map(({ json }) => json),
    ...(behavior === undefined ? {} : { behavior }),
    ...history,
    ...(previousStatus === undefined ? {} : { previousStatus }),
    ...faults,
  };
}

function drawConfig(draw: Draw): SituationJson['config'] {
  const usual = draw.chance(0.6);
  return {
    tolerance: usual ? 0.1 : draw.pick([0, 0.01, 0.05, 0.1, 0.2, 0.5]),
    cpuInitializationPeriodSeconds: usual ? 300 : draw.pick([0, 120, 300, 600]),
    initialReadinessDelaySeconds: usual ? 30 : draw.pick([0, 10, 30, 60]),
    downscaleStabilizationSeconds: usual ? 300 : draw.pick([0, 60, 300, 600]),
  };
}
