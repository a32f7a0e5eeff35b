// Probes: one attempt over HTTP, TCP or a command, and the thresholds that turn attempts into a verdict.
import { request } from 'node:http';
import { connect } from 'node:net';
import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Probe } from '../workloads/types.ts';
import { LOCAL_IP } from './annotations.ts';

export interface ProbeResult {
  ok: boolean;
  /** Why it failed. */
  message: string;
}

export interface ProbeTarget {
  /** Local port for the probe's port; undefined when there is no such port. */
  resolvePort(port: number | string): number | undefined;
  /** Runs a command in the container's environment; resolves with its exit code, or undefined after `timeoutMs`. */
  exec(command: readonly string[], timeoutMs: number): Promise<number | undefined>;
}

/** One attempt; never rejects. A probe without a handler succeeds. */
export function attemptProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = (probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec) return attemptExec(probe.exec.command ?? [], target, timeoutMs);
  const wanted = probe.httpGet?.port ?? probe.tcpSocket?.port;
  if (wanted === undefined) return Promise.resolve({ ok: true, message: '' });
  const port = target.resolvePort(wanted);
  if (port === undefined) return Promise.resolve({ ok: false, message: `the pod has no port ${wanted}` });
  return probe.httpGet ? attemptHttp(probe.httpGet, port, timeoutMs) : attemptTcp(port, timeoutMs);
}

async function attemptExec(command: readonly string[], target: ProbeTarget, timeoutMs: number): Promise<ProbeResult> {
  const code = await target.exec(command, timeoutMs);
  if (code === 0) return { ok: true, message: '' };
  return {
    ok: false,
    message: code === undefined ? `command timed out after ${timeoutMs} ms` : `command exited with ${code}`,
  };
}

function attemptHttp(get: NonNullable<Probe['httpGet']>, port: number, timeoutMs: number): Promise<ProbeResult> {
  const headers = Object.fromEntries((get.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  return new Promise((resolve) => {
    const path = get.path ?? '/';
    const signal = AbortSignal.timeout(timeoutMs);
    const options = {
      host: LOCAL_IP,
      port,
      path,
      agent: false,
      signal,
      headers: { 'user-agent': 'kube-probe', ...headers },
    };
    const call = request(options, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      const ok = status >= 200 && status < 400;
      resolve({ ok, message: ok ? '' : `HTTP probe failed with statuscode: ${status}` });
    });
    call.on('error', (error) =>
      resolve({ ok: false, message: `Get "http://${LOCAL_IP}:${port}${path}": ${error.message}` }),
    );
    call.end();
  });
}

function attemptTcp(port: number, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOCAL_IP, port });
    const settle = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => settle({ ok: false, message: `dial tcp ${LOCAL_IP}:${port}: i/o timeout` }));
    socket.once('connect', () => settle({ ok: true, message: '' }));
    socket.once('error', (error) => settle({ ok: false, message: `dial tcp ${LOCAL_IP}:${port}: ${error.message}` }));
  });
}

/** Repeats a probe and tells each change of its verdict: after successThreshold or failureThreshold attempts in a row. */
export class Prober {
  readonly #clock: Clock;
  readonly #probe: Probe;
  readonly #attempt: () => Promise<ProbeResult>;
  readonly #onVerdict: (ok: boolean, message: string) => void;
  readonly #onFailure: (message: string) => void;
  #inRow = 0;
  #lastOk: boolean | undefined;
  #cancel: CancelTimer | undefined;
  #stopped = false;

  /** `onVerdict` is called at each threshold reached; `onFailure` for each failed attempt. */
  constructor(
    clock: Clock,
    probe: Probe,
    attempt: () => Promise<ProbeResult>,
    on: { verdict: (ok: boolean, message: string) => void; failure: (message: string) => void },
  ) {
    this.#clock = clock;
    this.#probe = probe;
    this.#attempt = attempt;
    this.#onVerdict = on.verdict;
    this.#onFailure = on.failure;
    this.#cancel = clock.setTimer((probe.initialDelaySeconds ?? 0) * 1000, () => void this.#run());
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  async #run(): Promise<void> {
    const began = this.#clock.monotonic();
    const { ok, message } = await this.#attempt();
    if (this.#stopped) return;
    this.#inRow = ok === this.#lastOk ? this.#inRow + 1 : 1;
    this.#lastOk = ok;
    const threshold = ok ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    if (!ok) this.#onFailure(message);
    if (this.#inRow >= threshold) this.#onVerdict(ok, message);
    // A verdict may have ended the container.
    if (this.#stopped) return;
    const periodMs = (this.#probe.periodSeconds ?? 10) * 1000;
    this.#cancel = this.#clock.setTimer(
      Math.max(0, periodMs - (this.#clock.monotonic() - began)),
      () => void this.#run(),
    );
  }
}
