// A real control plane with Setpoint installed as a user installs it: kubectl applies deploy/base, two replicas of the controller run
// under its service account, metrics come from metrics-server, an adapter and a Prometheus.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import {
  findPrometheus,
  HOW_TO_GET_PROMETHEUS,
  type RunningPrometheus,
  startPrometheus,
} from '../../../scripts/demo/prometheus.ts';
import { type AuditEntry, readAudit } from '../../controlplane/audit.ts';
import { type ControlPlane, startControlPlane } from '../../controlplane/control-plane.ts';
import type { PodUsage } from '../../controlplane/usage.ts';
import { type CustomValue, type MetricsAdapter, startMetricsAdapter } from '../../support/metrics-adapter.ts';
import { ScriptedServer } from '../../support/scripted-server.ts';
import { eventually } from './eventually.ts';
import { RateExporter } from './rate-exporter.ts';
import { Replica } from './replica.ts';

const ROOT = join(import.meta.dirname, '../../..');
export const ACCOUNT = 'system:serviceaccount:setpoint-system:setpoint';
const run = promisify(execFile);

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

export interface RealStage {
  readonly plane: ControlPlane;
  readonly adapter: MetricsAdapter;
  /** Scraped every second by the source `default`. */
  readonly exporter: RateExporter;
  /** The source `scripted`. */
  readonly scripted: ScriptedServer;
  readonly replicas: readonly Replica[];
  /** What the install printed. */
  readonly installed: Printed;
  /** The cluster's own kubectl, as administrator, in the project's folder. @throws with what it printed. */
  kubectl(...args: string[]): Promise<Printed>;
  setUsage(usage: PodUsage): Promise<void>;
  /** Says these values through custom.metrics.k8s.io, beside what was said before. */
  tellCustom(...values: readonly CustomValue[]): void;
  /** While the API server started: until it has read the roles it refuses everybody. */
  readonly outages: { readonly fromMs: number; readonly toMs: number }[];
  /** What the controller asked for so far, in order. */
  requests(): AuditEntry[];
  /** Waits for the one that leads. */
  leader(): Promise<Replica>;
  close(): Promise<void>;
}

export async function startRealStage(): Promise<RealStage> {
  const binary = findPrometheus(process.env);
  if (binary === undefined) throw new Error(`no Prometheus: ${HOW_TO_GET_PROMETHEUS}`);
  const plane = await startControlPlane({ startSeconds: 1, controllerManager: { hpaSyncPeriodSeconds: 5 } });
  const ends: (() => Promise<void>)[] = [() => plane.stop()];
  const close = async () => {
    for (const end of ends.toReversed()) await end();
  };
  try {
    return await furnish(plane, binary, { ends, close });
  } catch (error) {
    await close();
    throw error;
  }
}

async function furnish(
  plane: ControlPlane,
  binary: string,
  { ends, close }: { readonly ends: (() => Promise<void>)[]; readonly close: () => Promise<void> },
): Promise<RealStage> {
  const env = { ...process.env, KUBECONFIG: plane.kubeconfig, KUBECACHEDIR: join(plane.directory, 'kubectl-cache') };
  const kubectl = (...args: string[]) => run(plane.kubectl, args, { cwd: ROOT, env, timeout: 120_000 });

  const installed = await kubectl('apply', '-k', 'deploy/base');
  const adapter = await startAdapter(plane);
  ends.push(() => adapter.close());
  const exporter = await RateExporter.start();
  ends.push(() => exporter.close());
  const scripted = await ScriptedServer.start(() => {});
  ends.push(() => scripted.close());
  const prometheus = await startPrometheus(binary, { targets: [exporter.address], scrapeSeconds: 1 });
  ends.push(() => prometheus.close());
  const config = sourcesFile(plane, prometheus, scripted);

  const replicas: Replica[] = [];
  for (const name of ['one', 'two']) {
    const { stdout } = await kubectl('create', 'token', 'setpoint', '-n', 'setpoint-system', '--duration=2h');
    const replica = new Replica(plane, { name, token: stdout.trim(), args: [`--config=${config}`] });
    replicas.push(replica);
    replica.start();
  }
  ends.push(async () => {
    for (const replica of replicas) if (replica.runs) await replica.end('SIGKILL');
  });

  const custom: CustomValue[] = [];
  adapter.custom = () => custom;
  // One after the other: each writes the whole.
  let usage: Promise<void> = Promise.resolve();
  return {
    plane,
    adapter,
    exporter,
    scripted,
    replicas,
    installed,
    kubectl,
    setUsage(change) {
      usage = usage.then(() => plane.setUsage(change));
      return usage;
    },
    outages: [],
    tellCustom(...values) {
      custom.push(...values);
    },
    requests: () =>
      readAudit(plane.auditLogPath).filter(({ user, stage }) => user === ACCOUNT && stage === 'ResponseComplete'),
    async leader() {
      await eventually(
        'a replica leads',
        () => replicas.map(({ name, runs, leads }) => ({ name, runs, leads })),
        (all) => all.some(({ leads }) => leads),
      );
      return replicas.find(({ leads }) => leads)!;
    },
    close,
  };
}

async function startAdapter(plane: ControlPlane): Promise<MetricsAdapter> {
  const service = 'metrics-adapter';
  const { certificate, key } = plane.serviceCertificate(service);
  const adapter = await startMetricsAdapter({ cert: certificate, key });
  adapter.versions = ['v1beta2'];
  await plane.registerApi({ group: 'custom.metrics.k8s.io', version: 'v1beta2', service, port: adapter.port });
  await plane.registerApi({ group: 'external.metrics.k8s.io', version: 'v1beta1', service, port: adapter.port });
  return adapter;
}

function sourcesFile(plane: ControlPlane, prometheus: RunningPrometheus, scripted: ScriptedServer): string {
  const file = join(plane.directory, 'sources.yaml');
  const sources = [
    { name: 'default', url: prometheus.url, scrapeInterval: '1s' },
    { name: 'scripted', url: scripted.url, scrapeInterval: '1s' },
  ];
  writeFileSync(file, stringify({ prometheus: sources }));
  return file;
}
