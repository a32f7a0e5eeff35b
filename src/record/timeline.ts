// Recent numbers of each target for charts: sizes, bounds, and each metric's value against its target, one point per cycle.
// In memory only, as rows of four-byte numbers outside of the heap; bounded in bytes: the more targets, the fewer points of each.
import type { Decision } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';
import { type MetricMeasured, valueAndTarget } from './measured.ts';

export interface TimelinePoint {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly current: number;
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  /** Undefined: metrics were not looked at. */
  readonly unclamped: number | undefined;
  /** Undefined: the pods could not be told apart. */
  readonly ready: number | undefined;
  /** By name of the metric; one that could not be read is not in it. */
  readonly metrics: Readonly<Record<string, MetricMeasured>>;
  /** Whether a new size was written. */
  readonly written: boolean;
}

export interface TimelineOptions {
  /** Bytes of all points together. */
  readonly maxBytes: number;
  /** Points of one target at most. */
  readonly maxPointsPerTarget: number;
}

/** However many targets there are. */
const LEAST_POINTS = 20;
const FIRST_POINTS = 16;
/** Where a row holds what; value and target of each metric follow. */
const FIELDS = { at: 0, current: 1, desired: 2, min: 3, max: 4, unclamped: 5, ready: 6, written: 7 } as const;
const WIDTH = 8;
const WORD_BYTES = 4;
/** Where a whole number may be unknown. Sizes are never negative. */
const UNKNOWN = -1;

export class Timelines implements CycleObserver {
  readonly #options: TimelineOptions;
  readonly #targets = new Map<string, Ring>();
  #words = 0;

  constructor(options: TimelineOptions) {
    this.#options = options;
  }

  /** Of all points that there is room for. */
  get bytes(): number {
    return this.#words * WORD_BYTES;
  }

  /** The points of the target `namespace/name`, oldest first. */
  points(key: string): TimelinePoint[] {
    const ring = this.#targets.get(key);
    return ring ? Array.from({ length: ring.length }, (_, index) => ring.point(index)) : [];
  }

  /** The last of them. */
  newest(key: string): TimelinePoint | undefined {
    const ring = this.#targets.get(key);
    return ring && ring.length > 0 ? ring.point(ring.length - 1) : undefined;
  }

  /** So many sizes at most, oldest first and evenly spread over all points; the newest is always among them. */
  sizes(key: string, count: number): number[] {
    const ring = this.#targets.get(key);
    if (!ring) return [];
    const step = Math.max(1, Math.ceil(ring.length / count));
    const sizes: number[] = [];
    for (let index = ring.length - 1; index >= 0; index -= step) sizes.push(ring.current(index));
    return sizes.reverse();
  }

  concluded(report: CycleReport): void {
    const { decision, target } = report;
    if (!decision || !target.spec) return;
    const { metrics } = target.spec;
    const before = this.#targets.get(target.key);
    const wordsBefore = before?.words ?? 0;
    let ring = before;
    if (!ring?.isOf(metrics)) {
      ring = new Ring(metrics.map(({ name }) => name));
      this.#targets.set(target.key, ring);
      // Other metrics have other columns: what is still measured is carried over.
      if (before) for (let index = 0; index < before.length; index++) ring.add(before.point(index), this.#room());
    }
    ring.addCycle(report, decision, this.#room());
    this.#words += ring.words - wordsBefore;
  }

  forgotten(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    this.#words -= this.#targets.get(key)?.words ?? 0;
    this.#targets.delete(key);
  }

  /** Words that one target may take. */
  #room(): Room {
    const { maxBytes, maxPointsPerTarget } = this.#options;
    return { words: maxBytes / WORD_BYTES / Math.max(1, this.#targets.size), points: maxPointsPerTarget };
  }
}

interface Room {
  readonly words: number;
  readonly points: number;
}

/** The points of one target in one buffer, read as whole numbers or as fractions. */
class Ring {
  readonly #names: readonly string[];
  readonly #width: number;
  #whole: Int32Array;
  #fractions: Float32Array;
  #capacity = FIRST_POINTS;
  #first = 0;
  #length = 0;
  /** What times are counted from. */
  #baseMs = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#width = WIDTH + 2 * names.length;
    this.#whole = new Int32Array(this.#capacity * this.#width);
    this.#fractions = new Float32Array(this.#whole.buffer);
  }

  get length(): number {
    return this.#length;
  }

  get words(): number {
    return this.#whole.length;
  }

  isOf(metrics: readonly { readonly name: string }[]): boolean {
    return metrics.length === this.#names.length && metrics.every(({ name }, index) => name === this.#names[index]);
  }

  current(index: number): number {
    return this.#at(index, FIELDS.current);
  }

  point(index: number): TimelinePoint {
    const known = (field: number) => {
      const value = this.#at(index, field);
      return value === UNKNOWN ? undefined : value;
    };
    const metrics: Record<string, MetricMeasured> = Object.create(null) as Record<string, MetricMeasured>;
    const offset = this.#offset(index) + WIDTH;
    for (const [place, name] of this.#names.entries()) {
      const value = this.#fractions[offset + 2 * place];
      const target = this.#fractions[offset + 2 * place + 1];
      if (value !== undefined && target !== undefined && !Number.isNaN(value)) metrics[name] = { value, target };
    }
    return {
      // Tenths of a second: three years fit.
      atMs: this.#baseMs + this.#at(index, FIELDS.at) * 100,
      current: this.#at(index, FIELDS.current),
      desired: this.#at(index, FIELDS.desired),
      min: this.#at(index, FIELDS.min),
      max: this.#at(index, FIELDS.max),
      unclamped: known(FIELDS.unclamped),
      ready: known(FIELDS.ready),
      metrics: { ...metrics },
      written: this.#at(index, FIELDS.written) === 1,
    };
  }

  /** Without an object in between: this runs in every cycle. */
  addCycle({ target, readyPods, outcome, atMs }: CycleReport, decision: Decision, room: Room): void {
    const { minReplicas = 0, maxReplicas = 0, metrics = [] } = target.spec ?? {};
    const offset = this.#next(atMs, room);
    this.#whole[offset + FIELDS.current] = decision.currentReplicas;
    this.#whole[offset + FIELDS.desired] = decision.desiredReplicas;
    this.#whole[offset + FIELDS.min] = minReplicas;
    this.#whole[offset + FIELDS.max] = maxReplicas;
    this.#whole[offset + FIELDS.unclamped] = decision.unclampedReplicas ?? UNKNOWN;
    this.#whole[offset + FIELDS.ready] = readyPods ?? UNKNOWN;
    this.#whole[offset + FIELDS.written] = outcome.kind === 'written' ? 1 : 0;
    for (const [place, metric] of metrics.entries()) {
      const status = decision.proposals[place]?.status;
      this.#measured(offset, place, status && valueAndTarget(status, metric.target));
    }
  }

  add(point: TimelinePoint, room: Room): void {
    const offset = this.#next(point.atMs, room);
    const { current, desired, min, max, unclamped = UNKNOWN, ready = UNKNOWN, written } = point;
    for (const [field, value] of Object.entries({ current, desired, min, max, unclamped, ready })) {
      this.#whole[offset + FIELDS[field as keyof typeof FIELDS]] = value;
    }
    this.#whole[offset + FIELDS.written] = written ? 1 : 0;
    for (const [place, name] of this.#names.entries()) this.#measured(offset, place, point.metrics[name]);
  }

  #measured(offset: number, place: number, pair: MetricMeasured | undefined): void {
    this.#fractions[offset + WIDTH + 2 * place] = pair ? pair.value : Number.NaN;
    this.#fractions[offset + WIDTH + 2 * place + 1] = pair ? pair.target : Number.NaN;
  }

  /** Where the next row begins; the oldest one makes room for it. */
  #next(atMs: number, room: Room): number {
    const points = Math.min(room.points, Math.max(LEAST_POINTS, Math.floor(room.words / this.#width)));
    const isCrowded = this.#capacity > points;
    if (isCrowded || (this.#length === this.#capacity && this.#capacity < points)) {
      this.#resize(isCrowded ? points : Math.min(points, this.#capacity * 2));
    }
    if (this.#length === 0) this.#baseMs = Math.floor(atMs / 100) * 100;
    if (this.#length === this.#capacity) this.#first = (this.#first + 1) % this.#capacity;
    else this.#length += 1;
    const offset = this.#offset(this.#length - 1);
    this.#whole[offset + FIELDS.at] = Math.floor((atMs - this.#baseMs) / 100);
    return offset;
  }

  #resize(capacity: number): void {
    const kept = Math.min(this.#length, capacity);
    const whole = new Int32Array(capacity * this.#width);
    for (let index = 0; index < kept; index++) {
      const from = this.#offset(this.#length - kept + index);
      whole.set(this.#whole.subarray(from, from + this.#width), index * this.#width);
    }
    this.#whole = whole;
    this.#fractions = new Float32Array(whole.buffer);
    [this.#capacity, this.#first, this.#length] = [capacity, 0, kept];
  }

  #offset(index: number): number {
    return ((this.#first + index) % this.#capacity) * this.#width;
  }

  #at(index: number, field: number): number {
    return this.#whole[this.#offset(index) + field] ?? 0;
  }
}
