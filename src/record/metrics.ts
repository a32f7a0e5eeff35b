// The Prometheus metrics of one controller: cycles, queue, requests, sources, leadership. Series of a deleted target go away with it.
// A registry of its own: two controllers in one process share nothing. Serving the text is src/server's work.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Metric, MetricTarget, ScaledTarget } from '../api/spec.ts';
import type { Decision, MetricStatus, Reading } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { METRICS, type MetricDefinition } from './metrics/catalogue.ts';

type MetricKey = keyof typeof METRICS;
const CONTROLLER = 'scaledtarget';
/** What a metric showed at the last reading. */
const MEASURED = ['metricValue', 'metricTarget', 'metricRatio', 'metricProposal', 'sampleAge'] as const;

interface ScaleOut {
  readonly replicas: number;
  readonly atMs: number;
}

/** What is remembered of a target, to take its series away and to measure its lead time. */
interface TargetSeries {
  metricNames: readonly string[];
  pending: ScaleOut | undefined;
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
    this.#measureLeadTime(report, decision);
    if (this.#perTarget) this.#showTarget(report, decision);
  }

  forgotten(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const series = this.#series.get(key);
    this.#series.delete(key);
    this.set('targets', {}, this.#series.size);
    for (const [metric, gauge] of this.#gauges) {
      const { labels } = METRICS[metric];
      if (!labels.includes('namespace')) continue;
      if (!labels.includes('metric')) gauge.remove({ namespace, name });
      else for (const metricName of series?.metricNames ?? []) gauge.remove({ namespace, name, metric: metricName });
    }
  }

  #register(key: MetricKey, { name, help, type, labels, buckets }: MetricDefinition): void {
    const configuration = { name, help, labelNames: [...labels], registers: [this.registry] };
    if (type === 'counter') this.#counters.set(key, new Counter<string>(configuration));
    else if (type === 'gauge') this.#gauges.set(key, new Gauge<string>(configuration));
    else
      this.#histograms.set(key, new Histogram<string>({ ...configuration, ...(buckets && { buckets: [...buckets] }) }));
  }

  /** Nothing was measured: the sizes stay, as those of the last decision. */
  #hideMeasured({ key, namespace, name }: ScaledTarget): void {
    for (const metric of this.#series.get(key)?.metricNames ?? []) {
      for (const figure of MEASURED) this.#gauges.get(figure)?.remove({ namespace, name, metric });
    }
    this.#gauges.get('unclampedReplicas')?.remove({ namespace, name });
    this.#gauges.get('readyReplicas')?.remove({ namespace, name });
  }

  #seriesOf(report: CycleReport): TargetSeries {
    const { key } = report.target;
    let series = this.#series.get(key);
    if (!series) {
      series = { metricNames: [], pending: undefined };
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

  #measureLeadTime(report: CycleReport, decision: Decision): void {
    const series = this.#seriesOf(report);
    const { namespace, name } = report.target;
    const { pending } = series;
    if (pending && report.readyPods !== undefined && report.readyPods >= pending.replicas) {
      const seconds = (report.atMs - pending.atMs) / 1000;
      this.observe('leadTime', {}, seconds);
      if (this.#perTarget) this.set('lastLeadTime', { namespace, name }, seconds);
      series.pending = undefined;
    }
    if (report.outcome.kind !== 'written') return;
    const grew = decision.desiredReplicas > decision.currentReplicas;
    series.pending = grew ? { replicas: decision.desiredReplicas, atMs: report.atMs } : undefined;
  }

  #showTarget(report: CycleReport, decision: Decision): void {
    const { target, readings } = report;
    const labels = { namespace: target.namespace, name: target.name };
    this.set('currentReplicas', labels, decision.currentReplicas);
    this.set('desiredReplicas', labels, decision.desiredReplicas);
    this.#setOrRemove('unclampedReplicas', labels, decision.unclampedReplicas);
    this.#setOrRemove('readyReplicas', labels, report.readyPods);
    if (!target.spec) return;
    this.set('minReplicas', labels, target.spec.minReplicas);
    this.set('maxReplicas', labels, target.spec.maxReplicas);
    this.#dropRenamedMetrics(report);
    target.spec.metrics.forEach((metric, index) => {
      this.#showMetric({ ...labels, metric: metric.name }, metric, decision, index);
      const atMs = sampleTime(readings[index]);
      const age = atMs === undefined ? undefined : (report.atMs - atMs) / 1000;
      this.#setOrRemove('sampleAge', { ...labels, metric: metric.name }, age);
    });
  }

  /** An absent value keeps its last number off the page: a series that stands still would look like a steady load. */
  #showMetric(labels: Record<string, string>, metric: Metric, decision: Decision, index: number): void {
    const proposal = decision.proposals[index];
    const shown = proposal?.status && valueAndTarget(proposal.status, metric.target);
    const figures: [MetricKey, number | undefined][] = [
      ['metricValue', shown?.value],
      ['metricTarget', shown?.target],
      ['metricRatio', proposal?.ratio],
      ['metricProposal', proposal?.replicas],
    ];
    for (const [key, value] of figures) {
      if (value !== undefined) this.set(key, labels, value);
      else if (decision.proposals.length > 0) this.#gauges.get(key)?.remove(labels);
    }
  }

  /** A value that is not known is not shown: the last one would look like a new one. */
  #setOrRemove(key: MetricKey, labels: Record<string, string>, value: number | undefined): void {
    if (value === undefined) this.#gauges.get(key)?.remove(labels);
    else this.set(key, labels, value);
  }

  #dropRenamedMetrics(report: CycleReport): void {
    const series = this.#seriesOf(report);
    const { namespace, name, spec } = report.target;
    const names = spec?.metrics.map((metric) => metric.name) ?? [];
    for (const old of series.metricNames) {
      if (names.includes(old)) continue;
      for (const [key, gauge] of this.#gauges) {
        if (METRICS[key].labels.length === 3) gauge.remove({ namespace, name, metric: old });
      }
    }
    series.metricNames = names;
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

/** Value and target in the same unit: percent where the target is a utilization, else base units. */
function valueAndTarget(status: MetricStatus, target: MetricTarget): { value: number; target: number } | undefined {
  if (target.averageUtilization !== undefined && status.averageUtilization !== undefined) {
    return { value: status.averageUtilization, target: target.averageUtilization };
  }
  if (target.averageValueMilli !== undefined && status.averageValueMilli !== undefined) {
    return { value: Number(status.averageValueMilli) / 1000, target: Number(target.averageValueMilli) / 1000 };
  }
  if (target.valueMilli !== undefined && status.valueMilli !== undefined) {
    return { value: Number(status.valueMilli) / 1000, target: Number(target.valueMilli) / 1000 };
  }
  return undefined;
}
