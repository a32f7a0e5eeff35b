// The Prometheus metrics of one controller: cycles, queue, requests, sources, leadership. Series of a deleted target go away with it.
// A registry of its own: two controllers in one process share nothing. Serving the text is src/server's work.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metric, ScaledTarget } from '../api/spec.ts';
import type { Decision, Reading } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { valueAndTarget } from './measured.ts';
import { METRICS, type MetricDefinition } from './metrics/catalogue.ts';
import { LabelledSeries } from './metrics/labelled-series.ts';

type MetricKey = keyof typeof METRICS;
const CONTROLLER = 'scaledtarget';
/** What a metric showed at the last reading. */
const MEASURED = ['metricValue', 'metricTarget', 'metricRatio', 'metricProposal', 'sampleAge'] as const;

/** What is remembered of a target, to take its series away. */
interface TargetSeries {
  readonly own: LabelledSeries;
  /** By name of the metric. */
  readonly metrics: Map<string, LabelledSeries>;
}

export class Metrics implements CycleObserver {
  readonly registry = new Registry();
  readonly #perTarget: boolean;
  readonly #counters = new Map<MetricKey, Counter<string>>();
  readonly #gauges = new Map<MetricKey, Gauge<string>>();
  readonly #histograms = new Map<MetricKey, Histogram<string>>();
  readonly #series = new Map<string, TargetSeries>();

  /** @param options.perTarget whether series with namespace and name are kept at all. */
  constructor(options: { perTarget: boolean; processMetrics: boolean }) {
    this.#perTarget = options.perTarget;
    for (const key of Object.keys(METRICS) as MetricKey[]) {
      const definition = METRICS[key];
      if (definition.perTarget && !options.perTarget) continue;
      this.#register(key, definition);
    }
    if (options.processMetrics) collectDefaultMetrics({ register: this.registry });
  }

  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** Adds to a counter of the catalogue. */
  count(key: MetricKey, labels: Record<string, string>, by = 1): void {
    this.#counters.get(key)?.inc(labels, by);
  }

  /** Sets a gauge of the catalogue. */
  set(key: MetricKey, labels: Record<string, string>, value: number): void {
    this.#gauges.get(key)?.set(labels, value);
  }

  /** Observes into a histogram of the catalogue, in seconds. */
  observe(key: MetricKey, labels: Record<string, string>, seconds: number): void {
    this.#histograms.get(key)?.observe(labels, seconds);
  }

  finished(report: CycleReport): void {
    this.count('reconciles', { controller: CONTROLLER, result: report.error ? 'error' : 'success' });
    this.observe('reconcileTime', { controller: CONTROLLER }, report.durationMs / 1000);
    this.observe('lag', {}, Math.max(0, report.lagMs) / 1000);
    this.#countReadings(report);
    const { decision } = report;
    if (!decision) return this.#hideMeasured(report.target);
    this.count('decisions', { action: actionOf(report, decision), reason: decision.steps.at(-1)?.reason ?? 'None' });
    for (const proposal of decision.proposals) {
      for (const guard of proposal.guards) this.count('holds', { reason: guard });
    }
    this.#showLeadTime(report);
    if (this.#perTarget) this.#showTarget(report, decision);
  }

  forgotten(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const series = this.#series.get(key);
    this.#series.delete(key);
    this.set('targets', {}, this.#series.size);
    series?.own.clear();
    for (const metric of series?.metrics.values() ?? []) metric.clear();
  }

  #register(key: MetricKey, { name, help, type, labels, buckets }: MetricDefinition): void {
    const configuration = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (type === 'counter') this.#counters.set(key, new Counter<string>(configuration));
    else if (type === 'gauge') this.#gauges.set(key, new Gauge<string>(configuration));
    else
      this.#histograms.set(key, new Histogram<string>({ ...configuration, ...(buckets && { buckets: [...buckets] }) }));
  }

  /** Nothing was measured: the sizes stay, as those of the last decision. */
  #hideMeasured({ key }: ScaledTarget): void {
    const series = this.#series.get(key);
    for (const metric of series?.metrics.values() ?? []) {
      for (const figure of MEASURED) metric.show(figure, undefined);
    }
    series?.own.show('unclampedReplicas', undefined);
    series?.own.show('readyReplicas', undefined);
  }

  #seriesOf({ target: { key, namespace, name } }: CycleReport): TargetSeries {
    let series = this.#series.get(key);
    if (!series) {
      series = { own: new LabelledSeries(this.#gauges, { namespace, name }), metrics: new Map() };
      this.#series.set(key, series);
      this.set('targets', {}, this.#series.size);
    }
    return series;
  }

  #countReadings({ target, readings }: CycleReport): void {
    readings.forEach((reading, index) => {
      if (reading.kind !== 'absent') return;
      this.count('absences', { type: target.spec?.metrics[index]?.type ?? 'Unknown', reason: reading.reason });
    });
  }

  #showLeadTime(report: CycleReport): void {
    if (report.leadTimeMs === undefined) return;
    const seconds = report.leadTimeMs / 1000;
    this.observe('leadTime', {}, seconds);
    this.#seriesOf(report).own.show('lastLeadTime', seconds);
  }

  #showTarget(report: CycleReport, decision: Decision): void {
    const { target, readings } = report;
    const { own, metrics } = this.#seriesOf(report);
    own.show('currentReplicas', decision.currentReplicas);
    own.show('desiredReplicas', decision.desiredReplicas);
    own.show('unclampedReplicas', decision.unclampedReplicas);
    own.show('readyReplicas', report.readyPods);
    if (!target.spec) return;
    own.show('minReplicas', target.spec.minReplicas);
    own.show('maxReplicas', target.spec.maxReplicas);
    for (const [index, metric] of target.spec.metrics.entries()) {
      const series = this.#metricSeriesOf(report, metric.name);
      showMetric(series, metric, decision, index);
      const atMs = sampleTime(readings[index]);
      series.show('sampleAge', atMs === undefined ? undefined : (report.atMs - atMs) / 1000);
    }
    if (metrics.size > target.spec.metrics.length) dropRenamed(metrics, target.spec.metrics);
  }

  #metricSeriesOf(report: CycleReport, metric: string): LabelledSeries {
    const { metrics } = this.#seriesOf(report);
    let series = metrics.get(metric);
    if (!series) {
      const { namespace, name } = report.target;
      series = new LabelledSeries(this.#gauges, { namespace, name, metric });
      metrics.set(metric, series);
    }
    return series;
  }
}

/** An absent value keeps its last number off the page: a series that stands still would look like a steady load. */
function showMetric(series: LabelledSeries, metric: Metric, decision: Decision, index: number): void {
  // Nothing was looked at, as outside the bounds: the figures of before stand.
  if (decision.proposals.length === 0) return;
  const proposal = decision.proposals[index];
  const shown = proposal?.status && valueAndTarget(proposal.status, metric.target);
  series.show('metricValue', shown?.value);
  series.show('metricTarget', shown?.target);
  series.show('metricRatio', proposal?.ratio);
  series.show('metricProposal', proposal?.replicas);
}

function dropRenamed(series: Map<string, LabelledSeries>, metrics: readonly Metric[]): void {
  for (const [name, old] of series) {
    if (metrics.some((metric) => metric.name === name)) continue;
    old.clear();
    series.delete(name);
  }
}

function actionOf(report: CycleReport, decision: Decision): string {
  if (report.outcome.kind !== 'written') return 'none';
  return decision.desiredReplicas > decision.currentReplicas ? 'scale_up' : 'scale_down';
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
