// What a Prometheus scrapes: one counter of requests for each service, which grows at the rate that a test sets.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Counter {
  readonly count: number;
  /** Per second. */
  readonly rate: number;
  readonly sinceMs: number;
}

export class RateExporter {
  readonly #counters = new Map<string, Counter>();
  readonly #server = createServer((_, response) => {
    response.setHeader('content-type', 'text/plain');
    response.end(this.#text());
  });

  static async start(): Promise<RateExporter> {
    const exporter = new RateExporter();
    exporter.#server.listen(0, '127.0.0.1');
    await once(exporter.#server, 'listening');
    return exporter;
  }

  /** As Prometheus names a target. */
  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Requests per second from now on. */
  setRate(service: string, rate: number): void {
    this.#counters.set(service, { count: this.#countOf(service), rate, sinceMs: performance.now() });
  }

  /** Its series ends. */
  forget(service: string): void {
    this.#counters.delete(service);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #countOf(service: string): number {
    const counter = this.#counters.get(service);
    return counter ? counter.count + (counter.rate * (performance.now() - counter.sinceMs)) / 1000 : 0;
  }

  #text(): string {
    const lines = [...this.#counters.keys()].map(
      (service) => `http_requests_total{service="${service}"} ${this.#countOf(service)}\n`,
    );
    return `# TYPE http_requests_total counter\n${lines.join('')}`;
  }
}
