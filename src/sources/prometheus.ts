// One Prometheus-compatible server: instant queries, each shared by all who ask at the same tick, under the server's own deadline,
// with its own connections and circuit breaker. What an answer means is prometheus-response.ts.
import type { PrometheusMetric } from '../api/spec.ts';
import type { AbsentReading, Reading } from '../decide/types.ts';
import { absent, isAbsent } from './absence.ts';
import type { Health } from './breaker.ts';
import type { PrometheusConfig } from './config.ts';
import { Credentials } from './credentials.ts';
import { HttpClient } from './http-client.ts';
import {
  type HttpAnswer,
  knownErrorType,
  parsePrometheusAnswer,
  type PrometheusSample,
  readingOf,
} from './prometheus-response.ts';
import { SharedReads } from './shared.ts';
import type { ReadContext } from './source.ts';
import { type Attempt, type GatePorts, SourceGate } from './source-gate.ts';

const QUERY_PATH = '/api/v1/query';
/** One sample is some hundred bytes; a document of this size parses within 20 ms, however it is made. */
const MAX_ANSWER_BYTES = 256 * 1024;
/** Of the 20 queries that Prometheus runs at once by default, others need some. */
const MAX_CONCURRENT = 8;
/** One more than is wanted: enough to tell one series from several. */
const SERIES_LIMIT = '2';

/** A sample, and when it was asked for. */
interface Asked {
  readonly sample: PrometheusSample;
  readonly askedAtMs: number;
}

export class PrometheusServer {
  readonly config: PrometheusConfig;
  /** As metrics and messages call this source. */
  readonly label: string;
  readonly #ports: GatePorts;
  readonly #gate: SourceGate;
  readonly #shared: SharedReads<Asked | AbsentReading>;
  readonly #credentials: Credentials;
  #connection: { readonly mark: string; readonly client: HttpClient } | undefined;

  constructor(config: PrometheusConfig, ports: GatePorts) {
    this.config = config;
    this.label = `prometheus/${config.name}`;
    this.#ports = ports;
    this.#gate = new SourceGate(
      { name: this.label, timeoutMs: config.timeoutMs, maxConcurrent: MAX_CONCURRENT },
      ports,
    );
    this.#shared = new SharedReads(ports.clock);
    this.#credentials = new Credentials(config, ports.clock);
  }

  /** What is wrong with the files that the configuration names, one line each. */
  async faults(): Promise<string[]> {
    return this.#credentials.faults();
  }

  /** The metric's reading. Both queries of a metric run side by side. */
  async read(metric: PrometheusMetric, context: ReadContext, signal: AbortSignal): Promise<Reading> {
    const ask = (query: string) => this.#ask(query, context, signal);
    const [value, time] = await Promise.all([
      ask(metric.query),
      metric.timestampQuery === undefined ? undefined : ask(metric.timestampQuery),
    ]);
    if (isAbsent(value)) return value;
    // Whoever asks for the age wants no answer without it.
    if (isAbsent(time)) return absent(time.reason, `timestampQuery: ${time.message}`);
    const times = {
      askedAtMs: value.askedAtMs,
      nowMs: this.#ports.clock.now(),
      scrapeIntervalMs: this.config.scrapeIntervalMs,
    };
    // Thousandths of a second are the milliseconds of the time.
    return readingOf(value.sample, times, time && Number(time.sample.valueMilli));
  }

  /** Closes connections that are not in use. What comes of the others is told to who asked, and to no observer. */
  close(): void {
    this.#gate.retire();
    this.#connection?.client.close();
  }

  async #ask(query: string, context: ReadContext, signal: AbortSignal): Promise<Asked | AbsentReading> {
    const answer = await this.#shared.read(query, context, signal, (shared) =>
      this.#gate.run(shared, (limited) => this.#attempt(query, limited), query),
    );
    return answer ?? absent('Timeout', 'the read was called off');
  }

  async #attempt(query: string, signal: AbortSignal): Promise<Attempt<Asked>> {
    const askedAtMs = this.#ports.clock.now();
    const answer = await this.#fetch(query, signal);
    // No connection, or the answer broke off. An answer too large or misshapen is the query's or the address's fault, and quick.
    if (isAbsent(answer)) return { result: answer, health: answer.reason === 'Unreachable' ? 'bad' : 'unknown' };
    const sample = parsePrometheusAnswer(answer);
    return { result: isAbsent(sample) ? sample : { sample, askedAtMs }, health: healthOf(answer) };
  }

  async #fetch(query: string, signal: AbortSignal): Promise<HttpAnswer | AbsentReading> {
    let answer = await this.#send(query, signal);
    // A token that was rotated: the file may hold the new one already. Only then is another attempt worth it.
    if (!isAbsent(answer) && answer.status === 401 && (await this.#credentials.reread())) {
      answer = await this.#send(query, signal);
    }
    return answer;
  }

  async #send(query: string, signal: AbortSignal): Promise<HttpAnswer | AbsentReading> {
    try {
      const client = await this.#client();
      const headers = { ...this.config.headers, ...(await this.#credentials.headers()) };
      // The server gives up a little earlier than we do, so that it does not work for nobody.
      const timeout = `${Math.max(1, Math.floor(this.config.timeoutMs * 0.9))}ms`;
      return await client.query(QUERY_PATH, { query, timeout, limit: SERIES_LIMIT }, headers, signal);
    } catch {
      // The message names a path of the administrator's, which is no business of the target's owner; start and reload report it.
      return absent('Unreachable', 'a certificate or credential of the source cannot be used');
    }
  }

  /** The connections, made anew when a certificate changed. */
  async #client(): Promise<HttpClient> {
    const { material, mark } = await this.#credentials.tls();
    if (this.#connection?.mark === mark) return this.#connection.client;
    this.#connection?.client.close();
    const client = new HttpClient({
      baseUrl: this.config.url,
      tls: material,
      maxConnections: MAX_CONCURRENT,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    });
    this.#connection = { mark, client };
    return client;
  }
}

/** Statuses that speak of the server as a whole; a query that failed by itself says nothing against the others. */
function healthOf(answer: HttpAnswer): Health {
  const isServerError = answer.status >= 500 || answer.status === 429;
  return isServerError && !['timeout', 'canceled', 'execution'].includes(knownErrorType(answer)) ? 'bad' : 'good';
}
