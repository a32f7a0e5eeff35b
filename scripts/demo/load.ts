// The load generator, a process of its own: a fixed number of requests per second whatever the pods do.
// Requests are sent on time, in small volleys, and never wait for earlier ones: a slow service does not slow its load.
// Reads its plan as JSON from the first argument, prints a JSON line a second, and ends when standard input closes.
import autocannon from 'autocannon';
import { type LoadStage, stageAt, totalSeconds } from './stages.ts';

export interface LoadPlan {
  readonly stages: readonly LoadStage[];
  readonly services: readonly { readonly name: string; readonly url: string; readonly share: number }[];
}

/** What was measured of one service in one second. */
export interface LoadLine {
  readonly service: string;
  readonly second: number;
  readonly sent: number;
  readonly ok: number;
  readonly failed: number;
  /** Milliseconds, of the answers that came in this second; null when none came. */
  readonly p50: number | null;
  readonly p99: number | null;
}

const VOLLEY_MS = 200;
const TIMEOUT_SECONDS = 10;

class Service {
  readonly #name: string;
  readonly #url: string;
  readonly #share: number;
  #owed = 0;
  #sent = 0;
  #ok = 0;
  #failed = 0;
  #latencies: number[] = [];

  constructor(service: LoadPlan['services'][number]) {
    this.#name = service.name;
    this.#url = service.url;
    this.#share = service.share;
  }

  /** Sends what is due at this rate since the last volley, `elapsedSeconds` ago. */
  volley(rate: number, elapsedSeconds: number): void {
    // A machine that stood still for a while is not made to catch up with a wave.
    this.#owed += rate * this.#share * Math.min(elapsedSeconds, 1);
    const amount = Math.floor(this.#owed);
    if (amount === 0) return;
    this.#owed -= amount;
    this.#sent += amount;
    const run = autocannon({ url: this.#url, amount, connections: amount, timeout: TIMEOUT_SECONDS }, () => undefined);
    run.on('response', (_client, status, _bytes, milliseconds) => {
      if (status >= 200 && status < 300) this.#ok++;
      else this.#failed++;
      this.#latencies.push(milliseconds);
    });
    run.on('reqError', () => this.#failed++);
  }

  line(second: number): LoadLine {
    const sorted = this.#latencies.sort((a, b) => a - b);
    const at = (share: number): number | null => {
      const value = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
      return value === undefined ? null : Math.round(value);
    };
    const line = {
      service: this.#name,
      second,
      sent: this.#sent,
      ok: this.#ok,
      failed: this.#failed,
      p50: at(0.5),
      p99: at(0.99),
    };
    this.#sent = this.#ok = this.#failed = 0;
    this.#latencies = [];
    return line;
  }
}

function run(plan: LoadPlan): void {
  const services = plan.services.map((service) => new Service(service));
  const started = performance.now();
  let before = 0;
  const timer = setInterval(() => {
    const seconds = (performance.now() - started) / 1000;
    const stage = stageAt(plan.stages, seconds);
    if (stage) for (const service of services) service.volley(stage.rate, seconds - before);
    if (Math.floor(seconds) > Math.floor(before)) {
      for (const service of services) process.stdout.write(`${JSON.stringify(service.line(Math.floor(seconds)))}\n`);
    }
    before = seconds;
    if (seconds > totalSeconds(plan.stages) + 1) clearInterval(timer);
  }, VOLLEY_MS);
  process.stdin.on('end', () => process.exit(0)).resume();
  // Ctrl-C reaches the whole group; the demo decides when the load ends.
  process.on('SIGINT', () => undefined);
}

if (import.meta.main) run(JSON.parse(process.argv[2] ?? '{}') as LoadPlan);
