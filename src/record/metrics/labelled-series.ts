// The gauges of one target, or of one of its metrics: all series with the same labels. Most figures stay as they are from cycle
// to cycle, and a gauge that is set builds a text of its labels to find its series: only what changed is handed on.
import type { METRICS } from './catalogue.ts';

type MetricKey = keyof typeof METRICS;
type Labels = Record<string, string>;

interface Gauge {
  set(labels: Labels, value: number): void;
  remove(labels: Labels): void;
}

export class LabelledSeries {
  /** Those of the catalogue that are kept; figures of others are passed over. */
  readonly #gauges: ReadonlyMap<MetricKey, Gauge>;
  /** One object for all series: each gauge keeps the one it was given first. */
  readonly #labels: Labels;
  readonly #shown: Partial<Record<MetricKey, number | undefined>> = {};

  constructor(gauges: ReadonlyMap<MetricKey, Gauge>, labels: Labels) {
    this.#gauges = gauges;
    this.#labels = labels;
  }

  /** A value that is not known is not shown: the last one would look like a new one. */
  show(key: MetricKey, value: number | undefined): void {
    if (this.#shown[key] === value) return;
    this.#shown[key] = value;
    if (value === undefined) this.#gauges.get(key)?.remove(this.#labels);
    else this.#gauges.get(key)?.set(this.#labels, value);
  }

  /** Takes all of them away. */
  clear(): void {
    for (const key of Object.keys(this.#shown) as MetricKey[]) this.show(key, undefined);
  }
}
