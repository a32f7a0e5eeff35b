// Situations for tests of the decision: four replicas at their target, changed where a test says so.
import type { Metric, ScalingRules, TargetSpec } from '../../src/api/spec.ts';
import { conclude } from '../../src/decide/conclude.ts';
import { decide, type Decided } from '../../src/decide/decide.ts';
import type { History, PodState, Reading, Situation } from '../../src/decide/types.ts';
import { CPU, spec } from './targets.ts';

export const NOW = Date.UTC(2026, 0, 5, 8);
export const seconds = (count: number): number => count * 1000;
const DAY_MS = 86_400_000;

/** A pod that has been ready for a day and requests 500m of cpu in its only container. */
export function pod(name: string, changes: Partial<PodState> = {}): PodState {
  return {
    name,
    phase: 'Running',
    deleting: false,
    ready: 'True',
    readyTransitionAtMs: NOW - DAY_MS,
    startedAtMs: NOW - DAY_MS,
    containers: [{ name: 'main', requests: { cpu: 500n, memory: 1000n } }],
    initContainers: [],
    podRequests: undefined,
    ...changes,
  };
}

export function pods(count: number, changes: Partial<PodState> = {}): PodState[] {
  return Array.from({ length: count }, (_, index) => pod(`pod-${index}`, changes));
}

/** One sample for each pod named; thousandths. */
export function samples(values: Readonly<Record<string, number | bigint>>, atMs = NOW, windowMs = 30_000): Reading {
  return {
    kind: 'pods',
    samples: new Map(
      Object.entries(values).map(([name, value]) => [name, { valueMilli: BigInt(value), atMs, windowMs }]),
    ),
  };
}

/** The same sample for pod-0, pod-1, ... */
export function equalSamples(count: number, value: number | bigint): Reading {
  return samples(Object.fromEntries(Array.from({ length: count }, (_, index) => [`pod-${index}`, value])));
}

export function value(milli: number | bigint): Reading {
  return { kind: 'value', valueMilli: BigInt(milli), atMs: NOW, scrapeIntervalMs: undefined, partial: false };
}

export const absent: Reading = { kind: 'absent', reason: 'Unreachable', message: 'connection refused' };

/** An External metric: 100 per replica, unless said otherwise. */
export function external(
  name: string,
  target: Metric['target'] = { type: 'AverageValue', averageValueMilli: 100_000n },
): Metric {
  return { type: 'External', name, metricName: name, target, maxAgeSeconds: 180, direction: 'Both' };
}

export const noHistory: History = { recommendations: [], scaleEvents: { up: [], down: [] }, metrics: {} };

export function rules(changes: Partial<ScalingRules> = {}): ScalingRules {
  return { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }], ...changes };
}

/** `behavior` with what the API server fills in. */
export function behavior(up: Partial<ScalingRules> = {}, down: Partial<ScalingRules> = {}) {
  const policies = [{ type: 'Pods', value: 4, periodSeconds: 15 } as const, ...rules().policies];
  return { scaleUp: rules({ stabilizationWindowSeconds: 0, policies, ...up }), scaleDown: rules(down) };
}

export type Changes = Partial<Omit<Situation, 'spec'>> & { readonly spec?: Partial<TargetSpec> };

/** A size of billions gets no billions of pods. */
const MOST_PODS = 50;

/** Four ready pods at their cpu target of 60 %, guards off, an empty but known history. */
export function situation(changes: Changes = {}): Situation {
  const { spec: specChanges, ...others } = changes;
  const replicas = others.scale?.specReplicas ?? 4;
  return {
    now: NOW,
    namespace: 'shop',
    name: 'web',
    spec: spec({ guards: 'Disabled', metrics: [CPU], ...specChanges }),
    scale: { specReplicas: replicas, statusReplicas: replicas },
    selectorProblem: undefined,
    pods: pods(Math.min(replicas, MOST_PODS)),
    readings: [equalSamples(Math.min(replicas, MOST_PODS), 300)],
    previous: { conditions: [], scaleEvents: { up: [], down: [] } },
    history: noHistory,
    defaults: {
      tolerance: 0.1,
      downscaleStabilizationMs: 300_000,
      cpuInitializationPeriodMs: 300_000,
      initialReadinessDelayMs: 30_000,
    },
    ...others,
  };
}

/** The size decided in a situation. */
export function sizeIn(changes: Changes): number {
  return decide(situation(changes)).decision.desiredReplicas;
}

/** `Type=Status/Reason` of each condition. */
export function conditionsOf({ decision }: Decided): string[] {
  return decision.conditions.map(({ type, status, reason }) => `${type}=${status}/${reason}`);
}

/** Decides a sequence of situations, each starting from the size and history that the one before left. */
export class TimeLine {
  readonly #changes: Changes;
  #replicas: number;
  #history: History;
  #previous: Situation['previous'] = { conditions: [], scaleEvents: { up: [], down: [] } };

  constructor(replicas: number, changes: Changes = {}) {
    this.#replicas = replicas;
    this.#changes = changes;
    this.#history = changes.history ?? { ...noHistory, recommendations: null };
  }

  /** The size after a cycle at `atSeconds`; what is written is at once the size. */
  at(atSeconds: number, changes: Changes = {}): number {
    return this.decided(atSeconds, changes).decision.desiredReplicas;
  }

  decided(atSeconds: number, changes: Changes = {}): Decided {
    const given = situation({
      scale: { specReplicas: this.#replicas, statusReplicas: this.#replicas },
      ...this.#changes,
      ...changes,
      spec: { ...this.#changes.spec, ...changes.spec },
      now: NOW + seconds(atSeconds),
      history: this.#history,
      previous: this.#previous,
    });
    const first = decide(given);
    const decided = first.decision.rescale ? conclude(first, { kind: 'written' }, given) : first;
    this.#history = decided.history;
    this.#replicas = decided.decision.desiredReplicas;
    this.#previous = { ...this.#previous, conditions: decided.decision.conditions };
    return decided;
  }
}
