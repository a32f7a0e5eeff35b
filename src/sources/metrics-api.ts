// The way to one metrics API behind the API server: one request for all who ask the same at the same tick, behind the gate of that
// API, and what its errors mean, in our own words. Paths are src/kube's, what a body means is the *-response.ts files'.
import { ApiStatusError, SetpointError } from '../base/errors.ts';
import type { AbsentReading } from '../decide/types.ts';
import { absent } from './absence.ts';
import { SharedReads } from './shared.ts';
import type { ReadContext } from './source.ts';
import { type Attempt, type GatePorts, SourceGate } from './source-gate.ts';

/** An adapter that needs longer is in trouble: a list of ten thousand pods takes a second or two. */
const TIMEOUT_MS = 10_000;
/** Distinct requests to one API at once. */
const MAX_CONCURRENT = 16;
const CALLED_OFF = 'the read was called off';

export interface MetricsApiOptions {
  /** The API group, as metrics and messages call the source. */
  readonly group: string;
  /** What HTTP statuses mean here, for people. */
  readonly words: Readonly<Record<number, string>>;
  /** Statuses that speak of the one metric asked for: they say nothing about the API as a whole. */
  readonly ofOneMetric?: readonly number[];
}

export class MetricsApi<Value> {
  readonly #options: MetricsApiOptions;
  readonly #gate: SourceGate;
  readonly #shared: SharedReads<Value | AbsentReading>;

  constructor(options: MetricsApiOptions, ports: GatePorts) {
    this.#options = options;
    this.#gate = new SourceGate({ name: options.group, timeoutMs: TIMEOUT_MS, maxConcurrent: MAX_CONCURRENT }, ports);
    this.#shared = new SharedReads(ports.clock);
  }

  /**
   * What `request` gives, asked for once per key and tick; absent when it fails, is too late, or `signal` aborts. What it
   * throws is taken for a failure of the API.
   */
  read(
    key: string,
    context: ReadContext,
    signal: AbortSignal,
    request: (signal: AbortSignal) => Promise<Value | AbsentReading>,
  ): Promise<Value | AbsentReading> {
    const run = (shared: AbortSignal) => this.#gate.run(shared, (limited) => this.#attempt(request, limited), key);
    return this.#shared.read(key, context, signal, run).then((answer) => answer ?? absent('Timeout', CALLED_OFF));
  }

  async #attempt(
    request: (signal: AbortSignal) => Promise<Value | AbsentReading>,
    signal: AbortSignal,
  ): Promise<Attempt<Value>> {
    try {
      return { result: await request(signal), health: 'good' };
    } catch (error) {
      return this.#failureOf(error);
    }
  }

  /** A bug of ours is a failure too, and must not stop other targets. */
  #failureOf(error: unknown): Attempt<never> {
    if (error instanceof ApiStatusError) return this.#statusFailure(error.status);
    const code = error instanceof SetpointError ? error.code : undefined;
    if (code === 'Deadline') return { result: absent('Timeout', 'no complete answer in time'), health: 'bad' };
    if (code === 'BadAnswer') return { result: absent('BadShape', 'the answer is not valid JSON'), health: 'good' };
    if (code === 'Cancelled') return { result: absent('Timeout', CALLED_OFF), health: 'unknown' };
    return { result: absent('Unreachable', 'the API server could not be reached'), health: 'bad' };
  }

  #statusFailure(status: number): Attempt<never> {
    const { words, ofOneMetric = [] } = this.#options;
    const result = absent('ErrorAnswer', words[status] ?? `HTTP ${status}`);
    if (ofOneMetric.includes(status)) return { result, health: 'unknown' };
    return { result, health: status >= 500 || status === 429 ? 'bad' : 'good' };
  }
}
