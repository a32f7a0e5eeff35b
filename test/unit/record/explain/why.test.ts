// Why nothing could be decided, in the words of the column Why.
import { describe, expect, it } from 'vitest';
import type { Condition } from '../../../../src/api/spec.ts';
import { knownOf } from '../../../../src/record/known.ts';
import { whyUndecided } from '../../../../src/record/explain/why.ts';
import { target } from '../../../support/targets.ts';

const condition = (
  type: Condition['type'],
  reason: Condition['reason'],
  status: Condition['status'] = 'False',
): Condition => ({
  type,
  status,
  reason,
  message: `because of ${reason}`,
});
const NO_SCALE = condition('AbleToScale', 'FailedGetScale');
const NO_METRIC = condition('ScalingActive', 'FailedGetResourceMetric');
const NO_SPEC = condition('ScalingActive', 'InvalidSpec');

describe('whyUndecided', () => {
  it.each([
    ['the spec is refused', undefined, [NO_SCALE, NO_SPEC], 'InvalidSpec: because of InvalidSpec'],
    ['the spec was refused before', target().spec, [NO_SPEC, NO_SCALE], 'FailedGetScale: because of FailedGetScale'],
    ['a metric failed before', target().spec, [NO_METRIC, NO_SCALE], 'FailedGetScale: because of FailedGetScale'],
    [
      'the spec is mended, and not yet decided on',
      target().spec,
      [NO_SPEC, condition('ScalingLimited', 'DesiredWithinRange')],
      '',
    ],
    ['nothing stands against it', target().spec, [condition('AbleToScale', 'ReadyForNewScale', 'True')], ''],
  ])('%s', (_, spec, conditions, why) => {
    expect(whyUndecided({ spec }, conditions)).toBe(why);
  });
});

describe('knownOf', () => {
  it('cuts the words of memory as the status does', () => {
    const long = { ...NO_SCALE, message: 'x'.repeat(5000) };
    const last = {
      record: undefined,
      isDecided: false,
      conditions: [long],
      error: undefined,
      atMs: 0,
      scaledAt: undefined,
    };
    expect(knownOf(target(), last).summary.why).toHaveLength(1024);
  });
});
