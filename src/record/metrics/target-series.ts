// What one target shows: its sizes, what holds it, its conditions and changes, and the figures of each of its metrics. What is not
// known is not shown; all of it goes with the target.
import type { StepReason } from '../../api/reasons.ts';
import type { Condition, Metric } from '../../api/spec.ts';
import type { Decision, Reading } from '../../decide/types.ts';
import type { CycleReport } from '../cycle-report.ts';
import { valueAndTarget } from '../measured.ts';
import { reasonsOfHold } from './holds.ts';
import type { SeriesRow, SeriesTable } from './series-table.ts';
import type { TargetMetricKey } from './target-catalogue.ts';

type Row = SeriesRow<TargetMetricKey>;
/** What a metric showed at the last reading. */
const MEASURED = ['metricValue', 'metricTarget', 'metricRatio', 'metricProposal', 'sampleAge'] as const;

export class TargetSeries {
  readonly #table: SeriesTable<TargetMetricKey>;
  readonly #names: { readonly namespace: string; readonly name: string };
  readonly #own: Row;
  readonly #changes: Readonly<Record<'up' | 'down', Row>>;
  /** By name of the metric. */
  readonly #metrics = new Map<string, Row>();
  /** By type. */
  readonly #conditions = new Map<string, Row>();
  /** What holds the size now. */
  readonly #holds = new Map<StepReason, Row>();
  #lastDirection: 'up' | 'down' | undefined;

  constructor(table: SeriesTable<TargetMetricKey>, names: { readonly namespace: string; readonly name: string }) {
    const { namespace, name } = names;
    this.#table = table;
    this.#names = { namespace, name };
    this.#own = table.row(this.#names);
    this.#changes = {
      up: table.row({ ...this.#names, direction: 'up' }),
      down: table.row({ ...this.#names, direction: 'down' }),
    };
    // From the beginning: of a counter that comes with its first change no rate would tell.
    for (const row of Object.values(this.#changes)) row.show('changes', 0);
    this.#own.show('reversals', 0);
  }

  /** Shows a cycle with a decision. */
  decided(report: CycleReport, decision: Decision, syncPeriodMs: number): void {
    this.#showSizes(report, decision);
    this.#showConditions(report.conditions);
    this.#showHolds(reasonsOfHold(decision));
    this.#countChange(report, decision);
    this.#own.show('lastDecision', report.atMs / 1000);
    const { spec } = report.target;
    if (!spec) return;
    this.#own.show('syncPeriod', spec.syncPeriodSeconds ?? syncPeriodMs / 1000);
    for (const [index, metric] of spec.metrics.entries()) this.#showMetric(metric, { report, decision, index });
    if (this.#metrics.size > spec.metrics.length) this.#dropRenamed(spec.metrics);
  }

  /** Nothing was measured: the sizes stay, as those of the last decision. */
  undecided({ conditions }: CycleReport): void {
    for (const row of this.#metrics.values()) for (const figure of MEASURED) row.show(figure, undefined);
    for (const gone of ['unclampedReplicas', 'unmetReplicas', 'readyReplicas'] as const)
      this.#own.show(gone, undefined);
    this.#showHolds([]);
    this.#showConditions(conditions);
  }

  leadTime(seconds: number): void {
    this.#own.show('lastLeadTime', seconds);
  }

  clear(): void {
    this.#own.remove();
    for (const row of Object.values(this.#changes)) row.remove();
    for (const rows of [this.#metrics, this.#conditions, this.#holds]) for (const row of rows.values()) row.remove();
  }

  #showSizes({ target: { spec }, readyPods }: CycleReport, decision: Decision): void {
    const { unclampedReplicas } = decision;
    this.#own.show('currentReplicas', decision.currentReplicas);
    this.#own.show('desiredReplicas', decision.desiredReplicas);
    this.#own.show('unclampedReplicas', unclampedReplicas);
    this.#own.show('readyReplicas', readyPods);
    if (!spec) return;
    this.#own.show('minReplicas', spec.minReplicas);
    this.#own.show('maxReplicas', spec.maxReplicas);
    const unmet = unclampedReplicas === undefined ? undefined : Math.max(0, unclampedReplicas - spec.maxReplicas);
    this.#own.show('unmetReplicas', unmet);
  }

  #showConditions(conditions: readonly Condition[]): void {
    for (const { type, status } of conditions) {
      const row = this.#rowIn(this.#conditions, type, 'condition');
      row.show('condition', status === 'Unknown' ? undefined : Number(status === 'True'));
    }
    if (this.#conditions.size > conditions.length) {
      dropOthers(this.#conditions, (type) => conditions.some((condition) => condition.type === type));
    }
  }

  #showHolds(reasons: readonly StepReason[]): void {
    for (const reason of reasons) this.#rowIn(this.#holds, reason, 'reason').show('held', 1);
    if (this.#holds.size > reasons.length) dropOthers(this.#holds, (reason) => reasons.includes(reason));
  }

  #countChange({ outcome }: CycleReport, { currentReplicas, desiredReplicas }: Decision): void {
    if (outcome.kind !== 'written') return;
    const direction = desiredReplicas > currentReplicas ? 'up' : 'down';
    this.#changes[direction].add('changes', 1);
    if (this.#lastDirection !== undefined && this.#lastDirection !== direction) this.#own.add('reversals', 1);
    this.#lastDirection = direction;
  }

  /** An absent value keeps its last number off the page: a series that stands still would look like a steady load. */
  #showMetric(
    metric: Metric,
    { report, decision, index }: { readonly report: CycleReport; readonly decision: Decision; readonly index: number },
  ): void {
    const row = this.#rowIn(this.#metrics, metric.name, 'metric');
    const atMs = sampleTime(report.readings[index]);
    row.show('sampleAge', atMs === undefined ? undefined : (report.atMs - atMs) / 1000);
    // Nothing was looked at, as outside the bounds: the figures of before stand.
    if (decision.proposals.length === 0) return;
    const proposal = decision.proposals[index];
    const shown = proposal?.status && valueAndTarget(proposal.status, metric.target);
    row.show('metricValue', shown?.value);
    row.show('metricTarget', shown?.target);
    row.show('metricRatio', proposal?.ratio);
    row.show('metricProposal', proposal?.replicas);
  }

  #dropRenamed(metrics: readonly Metric[]): void {
    dropOthers(this.#metrics, (name) => metrics.some((metric) => metric.name === name));
  }

  #rowIn<Word extends string>(rows: Map<Word, Row>, word: Word, label: string): Row {
    let row = rows.get(word);
    if (!row) {
      row = this.#table.row({ ...this.#names, [label]: word });
      rows.set(word, row);
    }
    return row;
  }
}

function dropOthers<Word>(rows: Map<Word, Row>, isKept: (word: Word) => boolean): void {
  for (const [word, row] of rows) {
    if (isKept(word)) continue;
    row.remove();
    rows.delete(word);
  }
}

function sampleTime(reading: Reading | undefined): number | undefined {
  if (reading?.kind === 'value') return reading.atMs;
  if (reading?.kind !== 'pods') return undefined;
  let newest: number | undefined;
  for (const { atMs } of reading.samples.values()) {
    if (atMs !== undefined && (newest === undefined || atMs > newest)) newest = atMs;
  }
  return newest;
}
