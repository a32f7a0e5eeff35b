// The `behavior` of the spec: the HPA's windows, policies and tolerances, with its limits and defaults for each direction.
import * as z from 'zod';
import { DEFAULTS } from './defaults.ts';
import { quantityFromZero, whole } from './schema-parts.ts';

const policy = z
  .object({
    type: z
      .enum(['Pods', 'Percent'])
      .describe('Pods: `value` replicas; Percent: `value` percent of the size at the start of the period.'),
    value: whole(1).describe('How much may change within the period; above zero.'),
    periodSeconds: whole(1, 1800).describe('The period that slides along, in seconds, 1 to 1800.'),
  })
  .describe('A speed limit: at most this change within any stretch of the period.');

const policies = z.array(policy).min(1, 'must hold at least one policy: leave the field out for the defaults').max(100);
const selectPolicy = z.enum(['Max', 'Min', 'Disabled']);
const SELECT =
  'Which policy counts: Max (the largest change), Min (the smallest), Disabled (no change in this direction). Default: Max.';
const tolerance = () =>
  quantityFromZero()
    .optional()
    .describe(
      'How far the ratio of value and target may be from 1 without a change, a quantity such as "0.05" (quoted). Unset: --tolerance.',
    );

const scaleUp = z.object({
  stabilizationWindowSeconds: whole(0, 3600)
    .default(DEFAULTS.behavior.scaleUp.stabilizationWindowSeconds)
    .describe('Grow only to the lowest size recommended within this time, in seconds, 0 to 3600. Default: 0.'),
  selectPolicy: selectPolicy.default(DEFAULTS.behavior.scaleUp.selectPolicy).describe(SELECT),
  policies: policies
    .default(() => [...DEFAULTS.behavior.scaleUp.policies])
    .describe('How fast to grow. Default: 4 pods or 100 percent in 15 seconds, whichever is more.'),
  tolerance: tolerance(),
});

const scaleDown = z.object({
  stabilizationWindowSeconds: whole(0, 3600)
    .optional()
    .describe(
      'Shrink only to the highest size recommended within this time, in seconds, 0 to 3600. Unset: --downscale-stabilization.',
    ),
  selectPolicy: selectPolicy.default(DEFAULTS.behavior.scaleDown.selectPolicy).describe(SELECT),
  policies: policies
    .default(() => [...DEFAULTS.behavior.scaleDown.policies])
    .describe('How fast to shrink. Default: 100 percent in 15 seconds.'),
  tolerance: tolerance(),
});

export const behaviorSchema = z
  .object({
    scaleUp: scaleUp.prefault({}).describe('Rules for growing.'),
    scaleDown: scaleDown.prefault({}).describe('Rules for shrinking.'),
  })
  .describe(
    'Windows and speed limits. Unset: growth to at most twice the size or 4 replicas per cycle, shrinkage after --downscale-stabilization. Set, even empty: the defaults below for both directions.',
  );
export type BehaviorInput = z.output<typeof behaviorSchema>;
