// The ready pods of one Service and which of them gets the next request: the one with the fewest under way, in turn among equals.
import { Pool } from 'undici';
import { LOCAL_IP } from '../kubelet/annotations.ts';

/** Connections to one pod; further requests wait their turn. */
const MOST_CONNECTIONS = 128;
const CONNECT_TIMEOUT_MS = 2_000;
/** How long a pod may take to begin its answer, and between two parts of it. */
const ANSWER_TIMEOUT_MS = 60_000;

export interface Endpoint {
  readonly pool: Pool;
  /** Requests under way. */
  outstanding: number;
}

export class Rotation {
  readonly #onError: (error: unknown) => void;
  /** By pod uid and port. */
  readonly #endpoints = new Map<string, Endpoint>();
  #turn = 0;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  get size(): number {
    return this.#endpoints.size;
  }

  /** Exactly these pods are in the rotation from now on. Requests under way on others are still answered. */
  set(pods: readonly { uid: string; port: number }[]): void {
    const wanted = new Map(pods.map(({ uid, port }) => [`${uid}/${port}`, port]));
    for (const [key, { pool }] of this.#endpoints) {
      if (wanted.has(key)) continue;
      this.#endpoints.delete(key);
      // Waits for the requests under way.
      pool.close().catch(this.#onError);
    }
    for (const [key, port] of wanted) {
      if (this.#endpoints.has(key)) continue;
      const pool = new Pool(`http://${LOCAL_IP}:${port}`, {
        connections: MOST_CONNECTIONS,
        connectTimeout: CONNECT_TIMEOUT_MS,
        headersTimeout: ANSWER_TIMEOUT_MS,
        bodyTimeout: ANSWER_TIMEOUT_MS,
      });
      this.#endpoints.set(key, { pool, outstanding: 0 });
    }
  }

  /** The next endpoint that is not in `tried`. */
  next(tried: ReadonlySet<Endpoint>): Endpoint | undefined {
    const endpoints = [...this.#endpoints.values()];
    this.#turn = (this.#turn + 1) % Math.max(1, endpoints.length);
    let best: Endpoint | undefined;
    for (let step = 0; step < endpoints.length; step++) {
      const endpoint = endpoints[(this.#turn + step) % endpoints.length];
      if (endpoint && !tried.has(endpoint) && (!best || endpoint.outstanding < best.outstanding)) best = endpoint;
    }
    return best;
  }

  /** Breaks off what is under way. */
  async destroy(): Promise<void> {
    const pools = [...this.#endpoints.values()].map(({ pool }) => pool);
    this.#endpoints.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
}
