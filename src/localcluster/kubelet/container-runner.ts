// The life of one container: started, probed, restarted with a growing back-off, ended with a grace period.
// What a pod makes of it is pod-runner.ts.
import type { CancelTimer, Clock } from '../../base/clock.ts';
import type { Container, ContainerState, Probe } from '../workloads/types.ts';
import { timestamp } from '../workloads/writes.ts';
import type { ContainerView } from './pod-status.ts';
import type { Exit, ProcessGroup } from './process-group.ts';
import { Prober, type ProbeResult } from './probe.ts';

export interface Backoff {
  /** Before the second restart; the first is at once. Doubles each time. */
  firstMs: number;
  longestMs: number;
}

/** A container that ran this long starts its back-off anew, as in Kubernetes. */
const HEALTHY_AFTER_MS = 600_000;

export type Restart = 'Always' | 'OnFailure' | 'Never';

export interface ContainerEvents {
  /** Its view changed. */
  change(): void;
  record(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

export interface ContainerDeps {
  clock: Clock;
  start(): ProcessGroup;
  attempt(probe: Probe): Promise<ProbeResult>;
  /** Runs a command beside the container's process; resolves when it has ended or `timeoutMs` have passed. */
  exec(command: readonly string[], timeoutMs: number): Promise<unknown>;
  backoff: Backoff;
  events: ContainerEvents;
}

export class ContainerRunner {
  readonly #deps: ContainerDeps;
  readonly #container: Container;
  readonly #restart: Restart;
  readonly #probed: boolean;
  #process: ProcessGroup | undefined;
  #startedAt = 0;
  #state: ContainerState = { waiting: { reason: 'ContainerCreating' } };
  #lastState: ContainerState | undefined;
  #restarts = 0;
  #delayMs = 0;
  #started = false;
  #ready = false;
  #stopping = false;
  #probers: Prober[] = [];
  #cancelRestart: CancelTimer | undefined;
  readonly #done = Promise.withResolvers<number>();

  /** `probed`: false for a stand-in that answers no probes and counts as ready as soon as it runs. */
  constructor(deps: ContainerDeps, container: Container, options: { restart: Restart; probed: boolean }) {
    this.#deps = deps;
    this.#container = container;
    this.#restart = options.restart;
    this.#probed = options.probed;
  }

  /** Resolves with the exit code once it has ended for good. */
  get done(): Promise<number> {
    return this.#done.promise;
  }

  /** The leader of the running process group. */
  get pid(): number | undefined {
    return this.#state.running ? this.#process?.pid : undefined;
  }

  get view(): ContainerView {
    return {
      state: this.#state,
      ...(this.#lastState ? { lastState: this.#lastState } : {}),
      ready: this.#ready,
      started: this.#started,
      restartCount: this.#restarts,
      ...(this.#process?.pid === undefined ? {} : { id: `process://${this.#process.pid}` }),
    };
  }

  start(): void {
    const { clock, events } = this.#deps;
    const group = this.#deps.start();
    this.#process = group;
    this.#startedAt = clock.now();
    if (group.pid !== undefined) {
      this.#state = { running: { startedAt: timestamp(this.#startedAt) } };
      events.record('Normal', 'Started', `Started container ${this.#container.name}`);
      this.#beginProbes();
      events.change();
    }
    void group.exited.then((exit) => this.#ended(exit));
  }

  /** Ends it: preStop, SIGTERM, and SIGKILL when `graceMs` have passed. Resolves when no process is left. */
  async stop(graceMs: number): Promise<void> {
    if (this.#stopping) return this.#done.promise.then(() => undefined);
    this.#stopping = true;
    this.#cancelRestart?.();
    this.#stopProbes();
    const group = this.#process;
    if (!this.#state.running || !group) {
      this.#done.resolve(this.#state.terminated?.exitCode ?? 0);
      return;
    }
    // The grace period covers preStop too.
    const cancel = this.#deps.clock.setTimer(graceMs, () => group.signal('SIGKILL'));
    await Promise.race([this.#preStop(graceMs), group.exited]);
    group.signal('SIGTERM');
    await group.exited;
    cancel();
  }

  /** Cuts short a stop that is under way. */
  kill(): void {
    this.#process?.signal('SIGKILL');
  }

  #preStop(graceMs: number): Promise<unknown> {
    const { sleep, exec } = this.#container.lifecycle?.preStop ?? {};
    if (exec?.command?.length) return this.#deps.exec(exec.command, graceMs);
    if (!sleep) return Promise.resolve();
    return new Promise<void>((resolve) => {
      this.#deps.clock.setTimer(sleep.seconds * 1000, resolve);
    });
  }

  #beginProbes(): void {
    const { startupProbe } = this.#container;
    this.#started = false;
    this.#ready = false;
    if (!this.#probed || !startupProbe) {
      this.#begun();
      return;
    }
    const prober = this.#probe('Startup', startupProbe, (ok) => {
      prober.stop();
      if (ok) this.#begun();
      else this.#failed('startup');
      this.#deps.events.change();
    });
  }

  /** The container counts as started: readiness and liveness are probed from here. */
  #begun(): void {
    this.#started = true;
    const { readinessProbe, livenessProbe } = this.#container;
    this.#ready = !this.#probed || !readinessProbe;
    if (!this.#probed) return;
    if (readinessProbe)
      this.#probe('Readiness', readinessProbe, (ok) => {
        if (this.#ready === ok) return;
        this.#ready = ok;
        this.#deps.events.change();
      });
    if (livenessProbe)
      this.#probe('Liveness', livenessProbe, (ok) => {
        if (!ok) this.#failed('liveness');
      });
  }

  #probe(kind: string, probe: Probe, verdict: (ok: boolean) => void): Prober {
    const prober = new Prober(this.#deps.clock, probe, () => this.#deps.attempt(probe), {
      verdict,
      failure: (message) => this.#deps.events.record('Warning', 'Unhealthy', `${kind} probe failed: ${message}`),
    });
    this.#probers.push(prober);
    return prober;
  }

  #failed(kind: string): void {
    this.#stopProbes();
    const message = `Container ${this.#container.name} failed ${kind} probe, will be restarted`;
    this.#deps.events.record('Normal', 'Killing', message);
    this.#process?.signal('SIGKILL');
  }

  #stopProbes(): void {
    for (const prober of this.#probers) prober.stop();
    this.#probers = [];
  }

  #ended(exit: Exit): void {
    const { clock, events } = this.#deps;
    this.#stopProbes();
    this.#ready = false;
    this.#started = false;
    const now = clock.now();
    const reason = exit.startError === undefined ? (exit.exitCode === 0 ? 'Completed' : 'Error') : 'StartError';
    const terminated = {
      exitCode: exit.exitCode,
      reason,
      ...(exit.startError === undefined ? {} : { message: exit.startError }),
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
      startedAt: timestamp(this.#startedAt),
      finishedAt: timestamp(now),
    };
    this.#state = { terminated };
    const again = this.#restart === 'Always' || (this.#restart === 'OnFailure' && exit.exitCode !== 0);
    if (exit.startError !== undefined)
      events.record(
        'Warning',
        'Failed',
        `Error: failed to start container "${this.#container.name}": ${exit.startError}`,
      );
    if (this.#stopping || !again) this.#done.resolve(exit.exitCode);
    else this.#restartLater(now - this.#startedAt);
    events.change();
  }

  #restartLater(ranMs: number): void {
    const { clock, backoff, events } = this.#deps;
    if (ranMs >= HEALTHY_AFTER_MS) this.#delayMs = 0;
    const delayMs = this.#delayMs;
    this.#delayMs = Math.min(backoff.longestMs, delayMs === 0 ? backoff.firstMs : delayMs * 2);
    if (delayMs > 0) {
      this.#lastState = this.#state;
      const seconds = Math.round(delayMs / 1000);
      const message = `back-off ${seconds}s restarting failed container=${this.#container.name}`;
      this.#state = { waiting: { reason: 'CrashLoopBackOff', message } };
      events.record('Warning', 'BackOff', `Back-off restarting failed container ${this.#container.name}`);
    }
    this.#cancelRestart = clock.setTimer(delayMs, () => {
      if (this.#state.terminated) this.#lastState = this.#state;
      this.#restarts += 1;
      this.start();
    });
  }
}
