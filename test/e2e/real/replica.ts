// One replica of the controller as deploy/ has it, as a local process: the bundle under the service account's own token. What ends
// by itself is started again, as a kubelet does; what a test ends stays down until the test starts it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kubeconfigText } from '../../../src/localcluster/api/kubeconfig.ts';
import type { ControlPlane } from '../../controlplane/control-plane.ts';
import { type ControllerProcess, startController } from '../../support/controllers.ts';

const RESTART_AFTER_MS = 500;

export interface ReplicaOptions {
  readonly name: string;
  /** Of the service account, by a TokenRequest of its own: its credential tells the replicas apart in the audit log. */
  readonly token: string;
  readonly args: readonly string[];
}

export class Replica {
  readonly name: string;
  /** As the audit log names it. */
  readonly credential: string;
  /** Times that it ended by itself. */
  ends = 0;
  readonly #args: readonly string[];
  #process: ControllerProcess | undefined;

  constructor(plane: ControlPlane, { name, token, args }: ReplicaOptions) {
    this.name = name;
    this.credential = `JTI=${claimsOf(token).jti}`;
    const folder = join(plane.directory, 'replicas');
    mkdirSync(folder, { recursive: true });
    const kubeconfig = join(folder, `${name}.kubeconfig`);
    const { url, certificateAuthority } = plane;
    writeFileSync(kubeconfig, kubeconfigText({ url, token, certificateAuthority }));
    this.#args = [`--kubeconfig=${kubeconfig}`, ...args];
  }

  start(): void {
    if (this.#process) return;
    // What deploy/base/deployment.yaml sets, and nothing of ours.
    const env = { SETPOINT_LEASE_NAMESPACE: 'setpoint-system', NODE_OPTIONS: '--max-old-space-size=192' };
    const started = startController(this.name, this.#args, env);
    this.#process = started;
    void this.#restartAfter(started);
  }

  async #restartAfter(started: ControllerProcess): Promise<void> {
    await started.ended;
    if (this.#process !== started) return;
    this.ends += 1;
    await sleep(RESTART_AFTER_MS);
    // Ended for good meanwhile, or not.
    if (this.#process !== started) return;
    this.#process = undefined;
    this.start();
  }

  /** Ends it for good; returns its exit code, or the signal that ended it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string> {
    const ending = this.#process;
    if (!ending) throw new Error(`replica ${this.name} does not run: there is nothing to end`);
    this.#process = undefined;
    ending.child.kill(signal);
    return ending.ended;
  }

  get runs(): boolean {
    return this.#process !== undefined;
  }

  /** Whether this process said so since it started. */
  said(message: string): boolean {
    return this.line(message) !== undefined;
  }

  /** The first line with this message since it started. */
  line(message: string): Readonly<Record<string, unknown>> | undefined {
    const running = this.#process;
    if (running?.child.exitCode !== null || running.child.signalCode !== null) return undefined;
    return running.logs().find((line) => line['msg'] === message);
  }

  /** One that loses the lease ends, so who once became leader and runs leads. */
  get leads(): boolean {
    return this.said('became leader');
  }
}

function claimsOf(token: string): { readonly jti: string } {
  const [, claims = ''] = token.split('.');
  return JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { jti: string };
}
