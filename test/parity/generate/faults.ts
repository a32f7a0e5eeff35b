// Draws what goes wrong around a decision: the target, its selector, reading and writing the scale, writing the status.
import type { SituationJson } from '../situation.ts';
import type { Draw } from './draw.ts';

type Faults = Pick<
  SituationJson,
  | 'selectorProblem'
  | 'getScaleError'
  | 'updateScaleError'
  | 'updateStatusError'
  | 'updateScaleConflicts'
  | 'scaleTarget'
>;

const UNREADABLE = { getScaleError: 'the server could not find the requested resource' };
const UNWRITABLE = { updateScaleError: 'admission webhook denied the request' };
const BAD_VERSION = { scaleTarget: { apiVersion: 'apps/v1/x', kind: 'Deployment' } };
const UNKNOWN_KIND = { scaleTarget: { apiVersion: 'apps/v1', kind: 'Unheard' } };
const NO_STATUS = { updateStatusError: 'etcdserver: request timed out' };

/** None in most situations; what stops a decision is met with and without a status that can be written. */
export function drawFaults(draw: Draw): Faults {
  if (draw.chance(0.92)) return {};
  const stopping = draw.weighted<Faults>([
    [4, {}],
    [1, UNREADABLE],
    [1, BAD_VERSION],
    [1, UNKNOWN_KIND],
    [3, UNWRITABLE],
    [5, { updateScaleConflicts: draw.int(1, 6) }],
    [1, { selectorProblem: 'missing' }],
    [1, { selectorProblem: 'unparsable' }],
    [1, { selectorProblem: 'ambiguous' }],
  ]);
  const isSilent = Object.keys(stopping).length === 0 || draw.chance(0.35);
  return isSilent ? { ...stopping, ...NO_STATUS } : stopping;
}
