// Counts what the situations are made of, so that a generator that stopped to draw something is noticed.
import type { MetricJson, PodJson, RulesJson, SituationJson } from './situation.ts';

const DIRECTIONS = ['scaleUp', 'scaleDown'] as const;
const EXPECTED = [
  ...['Resource', 'ContainerResource'].flatMap((type) => [
    `${type} averageUtilization`,
    `${type} averageValueMilli`,
    `${type} valueMilli`,
  ]),
  'Pods averageValueMilli',
  ...['Object', 'External'].flatMap((type) => [
    `${type} valueMilli`,
    `${type} averageValueMilli`,
    `${type} averageUtilization`,
  ]),
  'Unheard ',
  'External without series',
  'External with several series',
  ...['Resource', 'ContainerResource', 'Pods', 'Object', 'External'].map((type) => `${type} that cannot be fetched`),
  ...['Pending', 'Running', 'Succeeded', 'Failed', 'Unknown'].map((phase) => `pod ${phase}`),
  ...['true', 'false', 'unknown', 'null'].map((ready) => `pod ready ${ready}`),
  'pod deleted',
  'pod without start',
  'pod without metrics',
  'pod with several containers',
  'pod with a sidecar',
  'pod with requests as a whole',
  'container absent from metrics',
  'no pods',
  'metrics of other pods',
  'selector missing',
  'selector unparsable',
  'selector ambiguous',
  'getScaleError',
  'updateScaleError',
  'updateStatusError',
  'scaleTarget',
  ...[1, 2, 3, 4, 5, 6].map((conflicts) => `${conflicts} conflicts`),
  'behavior absent',
  'behavior empty',
  ...DIRECTIONS.flatMap((direction) =>
    ['window', 'Max', 'Min', 'Disabled', 'Pods', 'Percent', 'tolerance'].map((part) => `${direction} ${part}`),
  ),
  'first sight',
  'empty history',
  'outdated event',
];

export class Kinds {
  readonly #counts = new Map<string, number>(EXPECTED.map((name) => [name, 0]));

  add(situation: SituationJson): void {
    for (const kind of new Set(kindsOf(situation))) this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + 1);
  }

  /** Every kind with the number of situations that have it. */
  entries(): (readonly [name: string, count: number])[] {
    return [...this.#counts];
  }
}

function kindsOf(situation: SituationJson): string[] {
  return [
    ...situation.metrics.flatMap(kindsOfMetric),
    ...situation.pods.flatMap(kindsOfPod),
    ...kindsOfFaults(situation),
    ...kindsOfBehavior(situation),
    ...kindsOfHistory(situation),
    ...(situation.pods.length === 0 ? ['no pods'] : []),
    ...(situation.extraMetrics === undefined ? [] : ['metrics of other pods']),
  ];
}

function kindsOfMetric({ type, target, fetchError, currentValuesMilli }: MetricJson): string[] {
  const set = Object.keys(target).find((name) => name !== 'type') ?? '';
  const kinds = [`${type} ${set}`];
  if (fetchError !== undefined && type !== 'Unheard') kinds.push(`${type} that cannot be fetched`);
  if (currentValuesMilli?.length === 0) kinds.push('External without series');
  if ((currentValuesMilli?.length ?? 0) > 1) kinds.push('External with several series');
  return kinds;
}

function kindsOfPod(pod: PodJson): string[] {
  const kinds = [`pod ${pod.phase}`, `pod ready ${pod.ready}`];
  if (pod.deleted === true) kinds.push('pod deleted');
  if (pod.startedAgoSeconds === null) kinds.push('pod without start');
  if (pod.usage === null) kinds.push('pod without metrics');
  if (pod.containers !== undefined) kinds.push('pod with several containers');
  if (pod.initContainers !== undefined) kinds.push('pod with a sidecar');
  if (pod.podLevelRequests !== undefined) kinds.push('pod with requests as a whole');
  if (pod.containers?.some(({ absentFromMetrics }) => absentFromMetrics)) kinds.push('container absent from metrics');
  return kinds;
}

function kindsOfFaults(situation: SituationJson): string[] {
  const kinds: string[] = (['getScaleError', 'updateScaleError', 'updateStatusError', 'scaleTarget'] as const).filter(
    (name) => situation[name] !== undefined,
  );
  if (situation.selectorProblem !== undefined) kinds.push(`selector ${situation.selectorProblem}`);
  if (situation.updateScaleConflicts !== undefined) kinds.push(`${situation.updateScaleConflicts} conflicts`);
  return kinds;
}

function kindsOfBehavior({ behavior }: SituationJson): string[] {
  if (behavior === undefined) return ['behavior absent'];
  if (Object.keys(behavior).length === 0) return ['behavior empty'];
  return DIRECTIONS.flatMap((direction) =>
    kindsOfRules(behavior[direction] ?? {}).map((kind) => `${direction} ${kind}`),
  );
}

function kindsOfRules(rules: RulesJson): string[] {
  const kinds = (rules.policies ?? []).map(({ type }) => type);
  if (rules.selectPolicy !== undefined) kinds.push(rules.selectPolicy);
  if (rules.stabilizationWindowSeconds !== undefined) kinds.push('window');
  if (rules.tolerance !== undefined) kinds.push('tolerance');
  return kinds;
}

function kindsOfHistory({ recommendationsHistory, scaleEventsHistory }: SituationJson): string[] {
  const kinds = recommendationsHistory === null ? ['first sight'] : [];
  if (recommendationsHistory?.length === 0) kinds.push('empty history');
  const events = [...(scaleEventsHistory?.up ?? []), ...(scaleEventsHistory?.down ?? [])];
  if (events.some(({ outdated }) => outdated)) kinds.push('outdated event');
  return kinds;
}
