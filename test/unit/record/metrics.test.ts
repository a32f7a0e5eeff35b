import { describe, expect, it } from 'vitest';
import type { Reading } from '../../../src/decide/types.ts';
import { METRICS } from '../../../src/record/metrics/catalogue.ts';
import type { MetricDefinition } from '../../../src/record/metrics/definition.ts';
import { TARGET_METRICS } from '../../../src/record/metrics/target-catalogue.ts';
import { Metrics } from '../../../src/record/metrics.ts';
import { decisionOf, proposalOf, reportOf, spec, targetNamed } from '../../support/cycle-reports.ts';

/** The lines of one metric, without its name. */
async function seriesOf(metrics: Metrics, name: string): Promise<string[]> {
  const lines = String(await metrics.text()).split('\n');
  return lines.flatMap((line) =>
    /^[{ ]/.test(line.slice(name.length)) && line.startsWith(name) ? [line.slice(name.length)] : [],
  );
}

const create = (perTarget = true) => new Metrics({ perTarget, processMetrics: false, syncPeriodMs: 15_000 });

describe('series of a target', () => {
  it('show sizes, bounds, value against target, ratio and age', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    const text = String(await metrics.text());
    for (const line of [
      'setpoint_target_current_replicas{namespace="shop",name="web"} 2',
      'setpoint_target_desired_replicas{namespace="shop",name="web"} 4',
      'setpoint_target_unclamped_replicas{namespace="shop",name="web"} 4',
      'setpoint_target_min_replicas{namespace="shop",name="web"} 2',
      'setpoint_target_max_replicas{namespace="shop",name="web"} 10',
      'setpoint_metric_value{namespace="shop",name="web",metric="cpu"} 90',
      'setpoint_metric_target{namespace="shop",name="web",metric="cpu"} 60',
      'setpoint_metric_ratio{namespace="shop",name="web",metric="cpu"} 1.5',
      'setpoint_metric_sample_age_seconds{namespace="shop",name="web",metric="cpu"} 5',
      'setpoint_decisions_total{action="scale_up",reason="MetricProposal"} 1',
    ]) {
      expect(text).toContain(line);
    }
  });

  it('tell how long a cycle took when it is over', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    const sum = 'controller_runtime_reconcile_time_seconds_sum{controller="scaledtarget"}';
    expect(String(await metrics.text())).not.toContain(sum);
    metrics.ended(40);
    expect(String(await metrics.text())).toContain(`${sum} 0.04`);
  });

  it('go away with the target, and only its own', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    metrics.concluded(reportOf(targetNamed('api')));
    metrics.forgotten('shop', 'web');
    const text = String(await metrics.text());
    expect(text).not.toContain('name="web"');
    expect(text).toContain('name="api"');
    expect(text).toContain('setpoint_targets 1');
  });

  it('go away with a metric that was renamed', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    const renamed = spec.metrics.map((metric) => ({ ...metric, name: 'load' }));
    metrics.concluded(reportOf(targetNamed('web', renamed)));
    const text = String(await metrics.text());
    expect(text).not.toContain('metric="cpu"');
    expect(text).toContain('metric="load"');
  });

  it('show no value while the metric is absent: a number that stands still would look like a steady load', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    const absent: Reading = { kind: 'absent', reason: 'Timeout', message: 'no answer' };
    const failed = proposalOf({ status: undefined, ratio: undefined, replicas: undefined });
    metrics.concluded(
      reportOf(targetNamed('web'), {
        readings: [absent],
        decision: decisionOf({ proposals: [failed], rescale: false }),
      }),
    );
    const text = String(await metrics.text());
    expect(text).not.toContain('setpoint_metric_value{');
    expect(text).not.toContain('setpoint_metric_sample_age_seconds{');
    expect(text).toContain('setpoint_readings_absent_total{type="Resource",reason="Timeout"} 1');
  });

  it('show nothing that was measured when nothing could be decided: the workload cannot be read, or the spec is wrong', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web')));
    metrics.concluded(reportOf(targetNamed('web'), { decision: undefined, readings: [], readyPods: undefined }));
    const text = String(await metrics.text());
    for (const gone of ['metric_value', 'metric_ratio', 'metric_sample_age_seconds', 'target_unclamped_replicas']) {
      expect(text).not.toContain(`setpoint_${gone}{`);
    }
    expect(text).not.toContain('setpoint_target_ready_replicas{');
    expect(text).toContain('setpoint_target_current_replicas{namespace="shop",name="web"} 2');
  });

  it('are left out when switched off; what is counted over the fleet stays', async () => {
    const metrics = create(false);
    metrics.concluded(reportOf(targetNamed('web')));
    const text = String(await metrics.text());
    expect(text).not.toContain('name="web"');
    expect(text).toContain('setpoint_decisions_total');
  });
});

describe('what holds a target', () => {
  const held = (metrics: Metrics) => seriesOf(metrics, 'setpoint_target_held');

  it('is each guard and each reason of a step, while it holds', async () => {
    const metrics = create();
    const guarded = decisionOf({
      proposals: [proposalOf({ guards: ['PartialView'] })],
      steps: [
        { stage: 'combine', before: 4, after: 4, reason: 'PartialView', detail: '' },
        { stage: 'limit', before: 4, after: 3, reason: 'TooManyReplicas', detail: '' },
      ],
    });
    metrics.concluded(reportOf(targetNamed('web'), { decision: guarded }));
    expect(await held(metrics)).toEqual([
      '{namespace="shop",name="web",reason="PartialView"} 1',
      '{namespace="shop",name="web",reason="TooManyReplicas"} 1',
    ]);
    metrics.concluded(reportOf(targetNamed('web')));
    expect(await held(metrics)).toEqual([]);
  });

  it.each(['MetricProposal', 'WithinTolerance', 'AboveMaxReplicas', 'BelowMinReplicas', 'ScaledToZeroWake'] as const)(
    '%s holds nothing',
    async (reason) => {
      const metrics = create();
      const steps = [{ stage: 'combine', before: 4, after: 4, reason, detail: '' }] as const;
      metrics.concluded(reportOf(targetNamed('web'), { decision: decisionOf({ steps }) }));
      expect(await held(metrics)).toEqual([]);
    },
  );
});

describe('conditions of a target', () => {
  const conditionOf = (status: 'True' | 'False' | 'Unknown') =>
    ({ type: 'Conflict', status, reason: 'NoConflict', message: '' }) as const;

  it.each([
    ['True', ['{namespace="shop",name="web",condition="Conflict"} 1']],
    ['False', ['{namespace="shop",name="web",condition="Conflict"} 0']],
    ['Unknown', []],
  ] as const)('%s', async (status, lines) => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web'), { conditions: [conditionOf(status)] }));
    expect(await seriesOf(metrics, 'setpoint_target_condition')).toEqual(lines);
  });

  it('are shown when nothing could be decided, too', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web'), { decision: undefined, conditions: [conditionOf('True')] }));
    expect(await seriesOf(metrics, 'setpoint_target_condition')).toHaveLength(1);
    expect(await seriesOf(metrics, 'setpoint_target_last_decision_timestamp_seconds')).toEqual([]);
  });
});

describe('changes of a target', () => {
  it('are counted by direction, from zero on, and those against the one before', async () => {
    const metrics = create();
    const change = (currentReplicas: number, desiredReplicas: number) =>
      metrics.concluded(reportOf(targetNamed('web'), { decision: decisionOf({ currentReplicas, desiredReplicas }) }));
    metrics.concluded(reportOf(targetNamed('web'), { outcome: { kind: 'none' } }));
    expect(await seriesOf(metrics, 'setpoint_target_changes_total')).toEqual([
      '{namespace="shop",name="web",direction="up"} 0',
      '{namespace="shop",name="web",direction="down"} 0',
    ]);
    for (const [from, to] of [
      [2, 4],
      [4, 6],
      [6, 3],
      [3, 5],
    ] as const)
      change(from, to);
    expect(await seriesOf(metrics, 'setpoint_target_changes_total')).toEqual([
      '{namespace="shop",name="web",direction="up"} 3',
      '{namespace="shop",name="web",direction="down"} 1',
    ]);
    expect(await seriesOf(metrics, 'setpoint_target_reversals_total')).toEqual(['{namespace="shop",name="web"} 2']);
  });

  it('a size that was not written is none, and is counted by what became of it', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web'), { outcome: { kind: 'failed', message: 'no answer' } }));
    metrics.concluded(reportOf(targetNamed('web'), { outcome: { kind: 'withheld', why: 'Conflict' } }));
    expect(await seriesOf(metrics, 'setpoint_target_changes_total')).toContain(
      '{namespace="shop",name="web",direction="up"} 0',
    );
    expect(await seriesOf(metrics, 'setpoint_scale_writes_total')).toEqual([
      '{outcome="Written"} 0',
      '{outcome="Failed"} 1',
      '{outcome="Conflict"} 1',
    ]);
  });
});

describe('the fleet', () => {
  const fleet = async (metrics: Metrics) =>
    Object.fromEntries(
      (await seriesOf(metrics, 'setpoint_targets_in_state')).map((line) => /"(.*)"\} (.*)/.exec(line)?.slice(1) ?? []),
    ) as unknown;

  it.each([true, false])('is counted by state as targets come, change and go (series per target: %s)', async (each) => {
    const metrics = create(each);
    const stuck = decisionOf({ currentReplicas: 10, desiredReplicas: 10, unclampedReplicas: 14 });
    metrics.concluded(reportOf(targetNamed('web'), { decision: stuck, outcome: { kind: 'none' } }));
    metrics.concluded(reportOf(targetNamed('api'), { decision: decisionOf({ desiredReplicas: 2 }) }));
    metrics.concluded(reportOf(targetNamed('lost'), { decision: undefined }));
    const none = { at_max: '0', at_min: '0', unmet_demand: '0', held_by_guard: '0', conflict: '0', undecided: '0' };
    expect(await fleet(metrics)).toEqual({ ...none, at_max: '1', unmet_demand: '1', at_min: '1', undecided: '1' });
    expect(await seriesOf(metrics, 'setpoint_targets')).toEqual([' 3']);
    metrics.concluded(reportOf(targetNamed('web')));
    metrics.forgotten('shop', 'lost');
    expect(await fleet(metrics)).toEqual({ ...none, at_min: '1' });
    expect(await seriesOf(metrics, 'setpoint_targets')).toEqual([' 2']);
  });

  it('has demand that is not met when the metrics ask for more than maxReplicas', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web'), { decision: decisionOf({ unclampedReplicas: 14 }) }));
    expect(await seriesOf(metrics, 'setpoint_target_unmet_replicas')).toEqual(['{namespace="shop",name="web"} 4']);
  });
});

describe('lead time', () => {
  it('is shown when it was measured, in seconds', async () => {
    const metrics = create();
    metrics.concluded(reportOf(targetNamed('web'), { atMs: 10_000, readyPods: 2 }));
    expect(String(await metrics.text())).not.toContain('setpoint_target_lead_time_seconds{');
    metrics.concluded(reportOf(targetNamed('web'), { atMs: 40_000, readyPods: 4, leadTimeMs: 30_000 }));
    const text = String(await metrics.text());
    expect(text).toContain('setpoint_target_lead_time_seconds{namespace="shop",name="web"} 30');
    expect(text).toContain('setpoint_scale_out_lead_time_seconds_count 1');
  });
});

describe('catalogue', () => {
  it('has each name once, with a unit or a total in it where one is due', () => {
    const rows: readonly MetricDefinition[] = [...Object.values(METRICS), ...Object.values(TARGET_METRICS)];
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    for (const row of rows) {
      if (row.type === 'counter') expect(row.name).toMatch(/_total$/);
      if (row.type === 'histogram') expect(row.name).toMatch(/_seconds$/);
      expect(row.help).toMatch(/\.$/);
      expect(row.question).toMatch(/\?$/);
    }
  });
});
