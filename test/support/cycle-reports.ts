// Reports of cycles as the controller gives them, for tests and the bench of what is made of them.
import type { ScaledTarget, TargetSpec } from '../../src/api/spec.ts';
import type { Decision, Proposal, Reading } from '../../src/decide/types.ts';
import type { CycleReport } from '../../src/record/cycle-report.ts';

export const spec: TargetSpec = {
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  minReplicas: 2,
  maxReplicas: 10,
  metrics: [
    {
      type: 'Resource',
      resource: 'cpu',
      name: 'cpu',
      target: { type: 'Utilization', averageUtilization: 60 },
      maxAgeSeconds: 180,
      direction: 'Both',
    },
  ],
  mode: 'Scale',
  guards: 'Enabled',
  initialization: {},
};

export function targetNamed(name: string, metrics = spec.metrics): ScaledTarget {
  return {
    key: `shop/${name}`,
    namespace: 'shop',
    name,
    uid: `uid-${name}`,
    generation: 1,
    resourceVersion: '1',
    createdAtMs: 0,
    deleting: false,
    spec: { ...spec, metrics },
    faults: [],
    previous: { conditions: [], scaleEvents: { up: [], down: [] } },
    rawStatus: undefined,
  };
}

export function proposalOf(partial: Partial<Proposal> = {}): Proposal {
  return {
    name: 'cpu',
    replicas: 4,
    rawReplicas: 4,
    ratio: 1.5,
    status: { name: 'cpu', averageUtilization: 90, averageValueMilli: 450n },
    mayLower: true,
    guards: [],
    steps: [],
    failure: undefined,
    ...partial,
  };
}

export function decisionOf(partial: Partial<Decision> = {}): Decision {
  return {
    currentReplicas: 2,
    desiredReplicas: 4,
    rescale: true,
    rescaleReason: '',
    unclampedReplicas: 4,
    proposals: [proposalOf()],
    winner: 'cpu',
    steps: [{ stage: 'metric', before: 2, after: 4, reason: 'MetricProposal', detail: '' }],
    earliestScaleDownAtMs: undefined,
    scaleDownBlockedBy: undefined,
    conditions: [],
    events: [],
    currentMetrics: [],
    statusDesiredReplicas: 4,
    error: undefined,
    ...partial,
  };
}

export const pods = (atMs: number): Reading => ({
  kind: 'pods',
  samples: new Map([['web-1', { valueMilli: 450n, atMs, windowMs: 15_000 }]]),
});

export function reportOf(target: ScaledTarget, partial: Partial<CycleReport> = {}): CycleReport {
  return {
    cycle: '1-1',
    target,
    decision: decisionOf(),
    record: undefined,
    conditions: [],
    outcome: { kind: 'written' },
    readings: [pods(5_000)],
    readyPods: 2,
    atMs: 10_000,
    lagMs: 3,
    error: undefined,
    ...partial,
  };
}
