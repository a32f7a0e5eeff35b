// Scenarios from their files: what is wrong with them, a line each, and what incidents do to a run.
import { describe, expect, it } from 'vitest';
import { parseScenario, playScenario, type ScenarioTexts } from '../../../src/simulator/scenario.ts';
import { LOAD, MANIFESTS, SCENARIO, scenarioTexts } from '../../support/scenario-texts.ts';

/** The small scenario with lines of scenario.yaml after its own. */
const withLines = (...lines: string[]) => scenarioTexts({ scenario: `${SCENARIO}${lines.join('\n')}\n` });
const replaced = (from: string, to: string) => scenarioTexts({ scenario: SCENARIO.replace(from, to) });

function faultsOf(texts: ScenarioTexts): string[] {
  try {
    parseScenario(texts);
  } catch (error) {
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('the files', () => {
  it('of the small scenario are in order', () => {
    const scenario = parseScenario(scenarioTexts());
    expect(scenario.seconds).toBe(1200);
    expect(scenario.manifests).toMatchObject({ namespace: 'shop', name: 'web', perPod: 50, isShare: false });
    expect(scenario.manifests.containers).toEqual([{ name: 'web', requests: { cpu: 500n } }]);
    expect([2, 3].map((size) => scenario.manifests.surge?.(size))).toEqual([1, 2]);
    expect(scenario.specs.beside).toBe(scenario.specs.itself);
  });

  it.each<[string, ScenarioTexts, string]>([
    ['no YAML', scenarioTexts({ scenario: 'a: [' }), 'small/scenario.yaml: is no YAML: '],
    ['nothing', scenarioTexts({ scenario: '' }), 'small/scenario.yaml: '],
    [
      'an unknown field',
      withLines('pods: 3'),
      'small/scenario.yaml: an object has unknown fields: pods; correct or remove them',
    ],
    [
      'an unknown field inside',
      replaced('capacity: 80', 'capacity: 80, cpu: 1'),
      'small/scenario.yaml: pod: an object has unknown fields: cpu; correct or remove them',
    ],
    ['a missing field', replaced('replicas: 2', ''), 'small/scenario.yaml: replicas is missing: it must be '],
    ['no pods', replaced('replicas: 2', 'replicas: 0'), 'small/scenario.yaml: replicas: 0 must be 1 or more'],
    [
      'more pods than allowed',
      replaced('replicas: 2', 'replicas: 11'),
      'small/scenario.yaml: replicas: 11 is not from 1 to 10: begin within the bounds of the ScaledTarget',
    ],
    [
      'pods without work',
      replaced('capacity: 80', 'capacity: 0'),
      'small/scenario.yaml: pod.capacity: 0 must be above 0',
    ],
    [
      'a word for a number',
      replaced('capacity: 80', 'capacity: many'),
      'small/scenario.yaml: pod.capacity: "many" must be a number',
    ],
    [
      'a time between the steps',
      replaced('startSeconds: 30', 'startSeconds: 31'),
      'small/scenario.yaml: pod.startSeconds: 31 is no multiple of 5: a scenario is played in steps of 5 s',
    ],
    [
      'an unknown incident',
      withLines('incidents: [{type: Fire, from: 0, to: 5}]'),
      'small/scenario.yaml: incidents[0].type: "Fire" must be one of SourceOutage, WrongValue, LoadChange, Rollout',
    ],
    [
      'an incident that ends before it begins',
      withLines('incidents: [{type: SourceOutage, from: 60, to: 30}]'),
      'small/scenario.yaml: incidents[0].to: 30 is not after 60: give a later moment',
    ],
    [
      'an incident after the end',
      withLines('incidents: [{type: Rollout, from: 1205}]'),
      'small/scenario.yaml: incidents[0].from: 1205 is after the end of the load: give 1200 at most',
    ],
    [
      'an unknown measure',
      replaced('measure: changes', 'measure: joy'),
      'small/scenario.yaml: expect[0].measure: "joy" must be one of changes, ',
    ],
    [
      'an expectation without a limit',
      replaced('atMost: 9, ', ''),
      'small/scenario.yaml: expect[0]: has no limit: give atLeast or atMost',
    ],
    [
      'a reason that there is none',
      replaced('measure: changes', 'measure: decisionsNaming, reason: Luck'),
      'small/scenario.yaml: expect[0].reason: "Luck" must be one of ',
    ],
    [
      'an expectation of nothing',
      replaced('measure: changes', 'of: beside, measure: changes'),
      'small/scenario.yaml: expect[0].of: beside: nothing stands beside: give beside a spec',
    ],
    [
      'a spec beside that is none',
      withLines('beside: {title: b, spec: {maxReplicas: ten}}'),
      'small/scenario.yaml: beside: spec.maxReplicas: "ten" must be a whole number',
    ],
    [
      'no Deployment',
      scenarioTexts({ manifests: MANIFESTS.replace('kind: Deployment\nmetadata', 'kind: DaemonSet\nmetadata') }),
      'small/scaledtarget.yaml: kind: 0 Deployments: give one',
    ],
    [
      'another Deployment',
      scenarioTexts({ manifests: MANIFESTS.replace('metadata: {name: web}', 'metadata: {name: api}') }),
      'small/scaledtarget.yaml: spec.scaleTargetRef.name: "web" is not the Deployment: give its name',
    ],
    [
      'a spec that is none',
      scenarioTexts({ manifests: MANIFESTS.replace('maxReplicas: 10', 'maxReplicas: ten') }),
      'small/scaledtarget.yaml: ScaledTarget: spec.maxReplicas: "ten" must be a whole number',
    ],
    [
      'a period between the steps',
      scenarioTexts({ manifests: MANIFESTS.replace('minReplicas: 1', 'syncPeriodSeconds: 7') }),
      'small/scaledtarget.yaml: spec.syncPeriodSeconds: 7 is no multiple of 5: play it with one that is',
    ],
    [
      'a share of a request that is not there',
      scenarioTexts({
        manifests: MANIFESTS.replace('type: Prometheus\n      name: rps', 'type: Resource').replace(
          /prometheus: .*/,
          'resource: {name: memory, target: {type: Utilization, averageUtilization: 50}}',
        ),
      }),
      'small/scaledtarget.yaml: spec.metrics[0]: has no target for one pod: give an AverageValue, or a Utilization and a request',
    ],
    [
      'a rollout that the Deployment does not do so',
      scenarioTexts({
        manifests: MANIFESTS.replace('maxUnavailable: 0', 'maxUnavailable: 1'),
        scenario: `${SCENARIO}incidents: [{type: Rollout, from: 60}]\n`,
      }),
      'small/scenario.yaml: incidents[0]: a Rollout is played without missing pods: give the Deployment a rollingUpdate of maxSurge 1 or more and maxUnavailable 0',
    ],
    [
      'a broken load',
      scenarioTexts({ load: 'x' }),
      'small/load.csv: the first line is "x": write the header seconds,value',
    ],
  ])('%s is one line', (_what, texts, line) => {
    const faults = faultsOf(texts);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(line);
  });

  it('all that is wrong is said at once', () => {
    const both = replaced('replicas: 2', 'replicas: 0');
    expect(faultsOf({ ...both, scenario: both.scenario.replace('capacity: 80', 'capacity: 0') })).toHaveLength(2);
  });
});

describe('a run', () => {
  const sizeAt = (texts: ScenarioTexts, seconds: number, run: 'itself' | 'beside' = 'itself') =>
    playScenario(parseScenario(texts), run).moments.findLast((moment) => moment.seconds <= seconds);

  it('follows the load, and is the same every time', () => {
    const scenario = parseScenario(scenarioTexts());
    const played = playScenario(scenario, 'itself');
    expect([599, 600, 615, 1200].map((seconds) => sizeAt(scenarioTexts(), seconds)?.size)).toEqual([2, 4, 6, 6]);
    expect(playScenario(scenario, 'itself')).toEqual(played);
    expect(played.points).toHaveLength(1200 / 5 + 1);
  });

  it('carries the record that status and journal have', () => {
    const { moments } = playScenario(parseScenario(scenarioTexts()), 'itself');
    const grown = moments.find(({ decision }) => decision.rescale);
    expect(grown?.record).toMatchObject({
      time: '2026-01-05T08:10:00Z',
      currentReplicas: 2,
      desiredReplicas: 4,
      readyReplicas: 2,
      winner: 'rps',
      outcome: 'Written',
      metrics: [{ name: 'rps', ratio: '3', proposal: 6, verdict: 'Winner' }],
    });
    // The pods come 5 s after the write, take 30 s to start, and are seen by the decision after that.
    expect(moments.at(-1)?.record.leadTimeSeconds).toBe(45);
  });

  it('beside has the other spec, and begins within its bounds', () => {
    const fixed = withLines('beside: {title: five, spec: {minReplicas: 5, maxReplicas: 5}}');
    expect([0, 1200].map((seconds) => sizeAt(fixed, seconds, 'beside')?.size)).toEqual([5, 5]);
    expect(sizeAt(fixed, 1200)?.size).toBe(6);
    const gone = scenarioTexts({
      manifests: `${MANIFESTS}  guards: Disabled\n`,
      scenario: `${SCENARIO}beside: {title: guards, spec: {guards: null}}\n`,
    });
    const { specs } = parseScenario(gone);
    expect([specs.itself.guards, specs.beside.guards]).toEqual(['Disabled', 'Enabled']);
  });

  it('has no reading while the source is away, and the load as it is', () => {
    const texts = withLines('incidents: [{type: SourceOutage, from: 585, to: 700}]');
    expect(sizeAt(texts, 690)?.record).toMatchObject({
      desiredReplicas: 2,
      metrics: [{ verdict: 'FailedGetPrometheusMetric' }],
    });
    expect(sizeAt(texts, 720)?.size).toBe(6);
    const { points } = playScenario(parseScenario(texts), 'itself');
    expect(points.find(({ seconds }) => seconds === 650)?.load).toBe(300);
  });

  it('reads another value than there is', () => {
    const texts = withLines('incidents: [{type: WrongValue, from: 300, to: 400, factor: 2}]');
    expect(sizeAt(texts, 300)?.size).toBe(4);
    const { points } = playScenario(parseScenario(texts), 'itself');
    expect(points.find(({ seconds }) => seconds === 350)).toMatchObject({ load: 100, ready: 4 });
  });

  it('reads another value of each pod than there is', () => {
    const manifests = MANIFESTS.replace('type: Prometheus', 'type: Pods').replace(
      /prometheus: .*/,
      'pods: {metric: {name: rps}, target: {type: AverageValue, averageValue: "50"}}',
    );
    const scenario = `${SCENARIO}incidents: [{type: WrongValue, from: 300, to: 400, factor: 2}]\n`;
    expect(sizeAt(scenarioTexts({ manifests, scenario }), 300)?.size).toBe(4);
  });

  it('has another load', () => {
    const texts = withLines('incidents: [{type: LoadChange, from: 300, to: 400, factor: 1.5}]');
    const { points } = playScenario(parseScenario(texts), 'itself');
    expect([295, 300, 395, 400].map((at) => points.find(({ seconds }) => seconds === at)?.load)).toEqual([
      100, 150, 150, 100,
    ]);
  });

  it('replaces the pods in a rollout, with the surge of the Deployment', () => {
    const texts = withLines('incidents: [{type: Rollout, from: 300}]');
    const guarded = playScenario(parseScenario(texts), 'itself');
    const during = guarded.moments.filter(({ seconds }) => seconds >= 300 && seconds < 400);
    expect(during.map(({ size }) => size)).toEqual(during.map(() => 2));
    // Three pods where two are wanted, until both are replaced: each is at two thirds of its target.
    const ratios = during.map(({ record }) => record.metrics?.[0]?.ratio);
    expect(new Set(ratios)).toEqual(new Set(['0.666667', '1']));
    expect(Math.min(...guarded.points.map(({ ready }) => ready))).toBe(2);
  });

  it('measures what one pod gets when the target is a Value', () => {
    const texts = scenarioTexts({
      manifests: MANIFESTS.replace('type: AverageValue, averageValue', 'type: Value, value'),
    });
    expect(parseScenario(texts).manifests).toMatchObject({ isShare: true, perPod: 50 });
    // 300 over two pods is 150 for each; a pod does 80 at most.
    expect(sizeAt(texts, 600)?.record.metrics).toMatchObject([{ value: '80' }]);
  });

  it('sees a load as its mean over the time of a rate', () => {
    const averaged = replaced('delaySeconds: 0', 'delaySeconds: 0, averageSeconds: 60');
    expect(sizeAt(averaged, 600)?.record.metrics).toMatchObject([{ ratio: '1.16667' }]);
    expect(sizeAt(averaged, 645)?.record.metrics).toMatchObject([{ ratio: '1.33333' }]);
  });

  it('sees a sample as late as the pipeline lets it', () => {
    expect(sizeAt(replaced('delaySeconds: 0', 'delaySeconds: 45'), 630)?.size).toBe(2);
    expect(sizeAt(replaced('delaySeconds: 0', 'delaySeconds: 45'), 645)?.size).toBe(4);
  });

  it('of a load from the file is played in whole steps', () => {
    expect(parseScenario(scenarioTexts({ load: LOAD.replace('600', '601') })).seconds).toBe(1200);
  });
});
