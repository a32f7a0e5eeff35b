// On ordinary days the guards are not there: every kind of metric through every ordinary situation, sized as by the plain HPA.
import { describe, expect, it } from 'vitest';
import type { Metric } from '../../../../src/api/spec.ts';
import { type PlantOptions, run, runUnguarded } from '../../../support/plant.ts';
import { externalAverage, plantSpec, podsAverage, prometheusAverage } from '../../../support/plant-metrics.ts';
import { CPU } from '../../../support/targets.ts';

/** Each with a target of 60 % of a pod's work. */
const METRICS: readonly (readonly [string, Metric])[] = [
  ['cpu', CPU],
  ['a metric per pod', podsAverage(600n)],
  ['a stamped value per replica', externalAverage(600n)],
  ['a Prometheus query per replica', prometheusAverage(600n)],
];

type Day = Omit<PlantOptions, 'spec'> & { readonly minutes: number; readonly sizes: readonly number[] };

/** `sizes`: the lowest and the highest size from minute 0 on. */
const DAYS: Readonly<Record<string, Day>> = {
  // From 5.5 cores to a tenth of that and back within two hours.
  'a quiet night': {
    replicas: 10,
    load: (minute) => 3.05 + 2.45 * Math.cos((Math.PI * minute) / 60),
    minutes: 120,
    sizes: [2, 10],
  },
  // All pods are replaced, three at a time; when that is done, the load grows by half.
  'a deploy': {
    replicas: 10,
    startS: 40,
    load: (minute) => (minute < 12 ? 5.5 : 8.4),
    rollout: { minute: 2, surge: 3 },
    minutes: 25,
    sizes: [10, 14],
  },
  'samples every 60 s, decisions every 15 s': {
    replicas: 4,
    scrapeS: 60,
    scrapeDelayS: 15,
    load: (minute) => (minute < 3 ? 2.2 : minute < 15 ? 6 : 2.2),
    minutes: 30,
    sizes: [4, 10],
  },
  'decisions every 5 s, samples every 30 s': {
    replicas: 4,
    scrapeS: 30,
    scrapeDelayS: 5,
    periodS: 5,
    load: (minute) => (minute < 3 ? 2.2 : minute < 15 ? 6 : 2.2),
    minutes: 30,
    sizes: [4, 10],
  },
  // Twelve would be right and six is all there can be; each pod does what it can.
  'a quota that allows fewer pods than wanted': {
    replicas: 4,
    capacity: 1,
    quota: () => 6,
    load: (minute) => (minute < 2 ? 2.2 : minute < 10 ? 5.7 : 2.2),
    minutes: 25,
    sizes: [4, 10],
  },
  // Down to a quarter within one sample, for good.
  'a sharp fall': { replicas: 10, load: (minute) => (minute < 3 ? 5.5 : 1.4), minutes: 15, sizes: [3, 10] },
};

describe.each(METRICS)('%s', (_name, metric) => {
  it.each(Object.entries(DAYS))('%s', (_day, { minutes, sizes, ...plant }) => {
    const options: PlantOptions = { ...plant, spec: plantSpec({ metrics: [metric] }) };
    const guarded = run(options, minutes);
    const plain = runUnguarded(options, minutes);
    expect(guarded.changes()).toEqual(plain.changes());
    const seen = guarded.moments.filter(({ minute }) => minute >= 0).map(({ size }) => size);
    expect([Math.min(...seen), Math.max(...seen)]).toEqual(sizes);
  });
});
