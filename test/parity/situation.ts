// The JSON of one situation, as docs/parity.md describes it: what the generator draws, both sides read, and the shrinker cuts.

/** Thousandths: a number, or a text beyond 2^53. */
export type Milli = number | string;
export type Usage = Record<string, Milli>;
export type Requests = Record<string, string>;

export interface ContainerJson {
  name: string;
  requests?: Requests;
  usage?: Usage | null;
  absentFromMetrics?: boolean;
}

export interface InitContainerJson {
  name: string;
  requests?: Requests;
  restartPolicy?: string;
  usage?: Usage;
}

export interface PodJson {
  phase: string;
  ready: boolean | 'unknown' | null;
  startedAgoSeconds: number | null;
  readyTransitionAgoSeconds: number | null;
  deleted?: boolean;
  sampleAgeSeconds?: number;
  windowSeconds?: number;
  requests?: Requests;
  usage?: Usage | null;
  containers?: ContainerJson[];
  initContainers?: InitContainerJson[];
  podLevelRequests?: Requests;
}

export interface MetricJson {
  type: string;
  name: string;
  container?: string;
  describedKind?: string;
  metricSelector?: { matchLabels: Record<string, string> };
  target: { type?: string; averageUtilization?: number; averageValueMilli?: Milli; valueMilli?: Milli };
  currentValueMilli?: Milli;
  currentValuesMilli?: Milli[];
  fetchError?: string;
}

export interface RulesJson {
  stabilizationWindowSeconds?: number;
  selectPolicy?: string;
  policies?: { type: string; value: number; periodSeconds: number }[];
  tolerance?: number | string;
}

export interface BehaviorJson {
  scaleUp?: RulesJson;
  scaleDown?: RulesJson;
}

export interface ScaleEventJson {
  change: number;
  ageSeconds: number;
  outdated?: boolean;
}

export interface ConditionJson {
  type: string;
  status: string;
  reason: string;
  message: string;
}

export interface SituationJson {
  config: {
    tolerance: number;
    cpuInitializationPeriodSeconds: number;
    initialReadinessDelaySeconds: number;
    downscaleStabilizationSeconds: number;
  };
  features: Record<string, boolean>;
  specReplicas: number;
  statusReplicas: number;
  minReplicas: number | null;
  maxReplicas: number;
  pods: PodJson[];
  extraMetrics?: { podName: string; usage: Usage }[];
  metrics: MetricJson[];
  behavior?: BehaviorJson;
  recommendationsHistory: { replicas: number; ageSeconds: number }[] | null;
  scaleEventsHistory?: { up: ScaleEventJson[]; down: ScaleEventJson[] };
  previousStatus?: { currentReplicas: number; desiredReplicas: number; conditions: ConditionJson[] };
  selectorProblem?: 'missing' | 'unparsable' | 'ambiguous';
  getScaleError?: string;
  updateScaleError?: string;
  updateStatusError?: string;
  updateScaleConflicts?: number;
  scaleTarget?: { apiVersion: string; kind: string };
}

export const PROFILES = ['basic', 'pods', 'behavior', 'multi', 'zero', 'extreme'] as const;
export type Profile = (typeof PROFILES)[number];

/** A situation with its name. */
export interface NamedSituation {
  id: string;
  profile: Profile;
  situation: SituationJson;
}
