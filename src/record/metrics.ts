// The Prometheus metrics of one controller: cycles, queue, requests, sources, leadership, targets. Series of a deleted target go away
// with it. A registry of its own: two controllers in one process share nothing. Serving the text is src/server's work.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Decision } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { outcomeWord } from './decision-record.ts';
import { METRICS, type MetricKey } from './metrics/catalogue.ts';
import type { MetricDefinition } from './metrics/definition.ts';
import { Fleet, statesOf } from './metrics/fleet.ts';
import { SeriesTable } from './metrics/series-table.ts';
import { TARGET_METRICS, type TargetMetricKey } from './metrics/target-catalogue.ts';
import { TargetSeries } from './metrics/target-series.ts';

const CONTROLLER = 'scaledtarget';
/** Between two looks at the event loop, each of which wakes the process: every 10 ms they take 3 ms of CPU a second, a tenth of all. */
const LOOP_SAMPLES_MS = 50;

export interface MetricsOptions {
  /** Whether series with namespace and name are kept at all. */
  readonly perTarget: boolean;
  /** Those of the process, of Node and its event loop. */
  readonly processMetrics: boolean;
  /** Of targets that set none. */
  readonly syncPeriodMs: number;
}

export class Metrics implements CycleObserver {
  readonly #registry = new Registry();
  readonly #options: MetricsOptions;
  readonly #counters = new Map<MetricKey, Counter<string>>();
  readonly #gauges = new Map<MetricKey, Gauge<string>>();
  readonly #histograms = new Map<MetricKey, Histogram<string>>();
  readonly #table = new SeriesTable<TargetMetricKey>(TARGET_METRICS);
  readonly #series = new Map<string, TargetSeries>();
  readonly #fleet = new Fleet();

  constructor(options: MetricsOptions) {
    this.#options = options;
    for (const key of Object.keys(METRICS) as MetricKey[]) this.#register(key, METRICS[key]);
    // From the beginning: of a counter that comes with its first failure no rate would tell.
    for (const outcome of ['Written', 'Failed']) this.count('scaleWrites', { outcome }, 0);
    this.#showFleet();
    if (options.processMetrics) {
      collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: LOOP_SAMPLES_MS });
    }
  }

  /** In the text format of Prometheus, as it goes over the wire. */
  async text(): Promise<Uint8Array<ArrayBuffer>> {
    const own = Buffer.from(await this.#registry.metrics());
    return this.#options.perTarget ? Buffer.concat([own, ...(await this.#table.text())]) : own;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Adds to a counter of the catalogue. */
  count(key: MetricKey, labels: Record<string, string>, by = 1): void {
    this.#counters.get(key)?.inc(labels, by);
  }

  /** Sets a gauge of the catalogue. */
  set(key: MetricKey, labels: Record<string, string>, value: number): void {
    this.#gauges.get(key)?.set(labels, value);
  }

  /** Takes a series of a gauge away. */
  unset(key: MetricKey, labels: Record<string, string>): void {
    this.#gauges.get(key)?.remove(labels);
  }

  /** Observes into a histogram of the catalogue, in seconds. */
  observe(key: MetricKey, labels: Record<string, string>, seconds: number): void {
    this.#histograms.get(key)?.observe(labels, seconds);
  }

  concluded(report: CycleReport): void {
    const { decision, target } = report;
    this.count('reconciles', { controller: CONTROLLER, result: report.error ? 'error' : 'success' });
    this.observe('lag', {}, Math.max(0, report.lagMs) / 1000);
    this.#countReadings(report);
    if (decision) this.#countDecision(report, decision);
    if (report.leadTimeMs !== undefined) this.observe('leadTime', {}, report.leadTimeMs / 1000);
    if (this.#fleet.note(target.key, statesOf(report))) this.#showFleet();
    if (this.#options.perTarget) this.#showTarget(report);
  }

  ended(durationMs: number): void {
    this.observe('reconcileTime', { controller: CONTROLLER }, durationMs / 1000);
  }

  forgotten(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#fleet.forget(key);
    this.#showFleet();
    this.#series.get(key)?.clear();
    this.#series.delete(key);
  }

  #register(key: MetricKey, { name, help, type, labels, buckets }: MetricDefinition): void {
    const configuration = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === 'counter') this.#counters.set(key, new Counter<string>(configuration));
    else if (type === 'gauge') this.#gauges.set(key, new Gauge<string>(configuration));
    else
      this.#histograms.set(key, new Histogram<string>({ ...configuration, ...(buckets && { buckets: [...buckets] }) }));
  }

  #showFleet(): void {
    this.set('targets', {}, this.#fleet.size);
    for (const [state, count] of this.#fleet.counts()) this.set('targetsInState', { state }, count);
  }

  #countReadings({ target, readings }: CycleReport): void {
    readings.forEach((reading, index) => {
      if (reading.kind !== 'absent') return;
      this.count('absences', { type: target.spec?.metrics[index]?.type ?? 'Unknown', reason: reading.reason });
    });
  }

  #countDecision(report: CycleReport, decision: Decision): void {
    this.count('decisions', { action: actionOf(report, decision), reason: decision.steps.at(-1)?.reason ?? 'None' });
    for (const { guards } of decision.proposals) for (const guard of guards) this.count('holds', { reason: guard });
    const outcome = outcomeWord(report.outcome);
    if (outcome !== 'Unchanged') this.count('scaleWrites', { outcome });
  }

  #showTarget(report: CycleReport): void {
    const { target, decision, leadTimeMs } = report;
    let series = this.#series.get(target.key);
    if (!series) {
      series = new TargetSeries(this.#table, target);
      this.#series.set(target.key, series);
    }
    if (leadTimeMs !== undefined) series.leadTime(leadTimeMs / 1000);
    if (decision) series.decided(report, decision, this.#options.syncPeriodMs);
    else series.undecided(report);
  }
}

function actionOf(report: CycleReport, decision: Decision): string {
  if (report.outcome.kind !== 'written') return 'none';
  return decision.desiredReplicas > decision.currentReplicas ? 'scale_up' : 'scale_down';
}
