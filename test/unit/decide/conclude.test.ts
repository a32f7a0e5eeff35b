// What is said once the outcome of a write is known, and when the scale cannot be read.
import { describe, expect, it } from 'vitest';
import { conclude, scaleUnreadable } from '../../../src/decide/conclude.ts';
import { decide } from '../../../src/decide/decide.ts';
import type { WriteOutcome } from '../../../src/decide/types.ts';
import {
  behavior,
  type Changes,
  conditionsOf,
  equalSamples,
  external,
  NOW,
  situation,
  value,
} from '../../support/situations.ts';
import { spec } from '../../support/targets.ts';

function concluded(outcome: WriteOutcome, changes: Changes = {}) {
  const given = situation({ readings: [equalSamples(4, 450)], ...changes });
  return conclude(decide(given), outcome, given);
}

describe('a size that was written', () => {
  it('is told by conditions and an event', () => {
    const given = concluded({ kind: 'written' });
    expect(conditionsOf(given)).toEqual([
      'AbleToScale=True/SucceededRescale',
      'ScalingActive=True/ValidMetricFound',
      'ScalingLimited=False/DesiredWithinRange',
      'ScaledToZero=False/NotScaledToZero',
    ]);
    expect(given.decision.events).toEqual([
      {
        type: 'Normal',
        reason: 'SuccessfulRescale',
        message: 'New size: 6; reason: cpu resource utilization (percentage of request) above target',
      },
    ]);
  });
  it('is kept as a scale event only with behavior', () => {
    expect(concluded({ kind: 'written' }).history.scaleEvents.up).toEqual([]);
    expect(concluded({ kind: 'written' }, { spec: { behavior: behavior() } }).history.scaleEvents.up).toEqual([
      { change: 2, atMs: NOW, outdated: false },
    ]);
  });
  it('of zero marks the zero as our own', () => {
    const changes = { spec: { minReplicas: 0, metrics: [external('queue')] }, readings: [value(0)] };
    expect(conditionsOf(concluded({ kind: 'written' }, changes)).at(-1)).toBe('ScaledToZero=True/ScaledToZero');
  });
});

it('a write that failed keeps the old wish and stores no scale event', () => {
  const previous = { desiredReplicas: 4, conditions: [], scaleEvents: { up: [], down: [] } };
  const given = concluded({ kind: 'failed', message: 'webhook said no' }, { previous, spec: { behavior: behavior() } });
  expect(conditionsOf(given)[0]).toBe('AbleToScale=False/FailedUpdateScale');
  expect(given.decision).toMatchObject({
    statusDesiredReplicas: 4,
    error: { kind: 'internal', message: 'failed to rescale Deployment/shop/web: webhook said no' },
    events: [{ type: 'Warning', reason: 'FailedRescale' }],
  });
  expect(given.history.scaleEvents.up).toEqual([]);
  expect(given.history.recommendations).toEqual([{ replicas: 6, atMs: NOW }]);
});

describe('a size that was withheld', () => {
  it('in mode Recommend is shown as a recommendation, without event or scale event', () => {
    const given = concluded({ kind: 'withheld', why: 'Recommend' }, { spec: { behavior: behavior() } });
    expect(given.decision.conditions[0]).toEqual({
      type: 'AbleToScale',
      status: 'True',
      reason: 'Recommending',
      message: 'mode is Recommend: 6 replicas are recommended and not written',
    });
    expect([given.decision.events, given.history.scaleEvents.up]).toEqual([[], []]);
    expect(given.decision.statusDesiredReplicas).toBe(6);
  });
  it('because of a conflict leaves the telling to the controller', () => {
    const given = concluded({ kind: 'withheld', why: 'Conflict' });
    expect(conditionsOf(given)[0]).toBe('AbleToScale=True/ReadyForNewScale');
    expect(given.decision.events).toEqual([]);
  });
});

describe('a scale that cannot be read', () => {
  it.each([
    ['apiVersion', 'spec', 'invalid API version in scale target reference: no'],
    ['kind', 'internal', 'unable to determine resource for scale target reference: no'],
    ['scale', 'internal', 'failed to query scale subresource for Deployment/shop/web: no'],
  ] as const)('for its %s is told', (what, kind, message) => {
    const previous = { conditions: [], scaleEvents: { up: [], down: [] } };
    const told = scaleUnreadable({ what, message: 'no' }, { spec: spec(), namespace: 'shop', previous });
    expect(told.error).toEqual({ kind, message });
    expect(told.events).toEqual([{ type: 'Warning', reason: 'FailedGetScale', message: 'no' }]);
    expect(told.conditions).toEqual([
      {
        type: 'AbleToScale',
        status: 'False',
        reason: 'FailedGetScale',
        message: "the HPA controller was unable to get the target's current scale: no",
      },
    ]);
  });
});
