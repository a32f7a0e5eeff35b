// The real application in this process, against a local cluster with simulated pods over real HTTP, on a fake clock: minutes of
// both pass in a second. Usage is what a test scripts; everything else happens by itself.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { runApp } from '../../src/app.ts';
import { buildCrd } from '../../src/api/crd.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type LocalCluster, startLocalCluster } from '../../src/localcluster/cluster.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import type { ScriptedPodMetrics } from '../../src/localcluster/pod-metrics.ts';
import { parseOptions } from '../../src/options.ts';
import { FakeClock } from './fake-clock.ts';
import { QuietTime } from './quiet-time.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface AppOnCluster {
  readonly cluster: LocalCluster;
  readonly clock: FakeClock;
  readonly time: QuietTime;
  readonly usage: ScriptedPodMetrics;
  /** Runs the controller with these options, as this token's user; returns its end: stops it, and gives its exit code. */
  start(given: Readonly<Record<string, unknown>>, token?: string): () => Promise<number>;
  close(): Promise<void>;
}

/** A cluster with the CRD, the namespace `shop` and one for the Lease. */
export async function appOnCluster(): Promise<AppOnCluster> {
  const clock = new FakeClock();
  const cluster = await startLocalCluster({
    runPods: 'simulated',
    clock,
    apiServer: { namespaces: ['shop', 'setpoint-system'] },
  });
  cluster.store.create('customresourcedefinitions.apiextensions.k8s.io', buildCrd());
  const folder = mkdtempSync(join(tmpdir(), 'setpoint-app-'));
  const time = new QuietTime(clock);
  const ends: (() => Promise<number>)[] = [];

  function start(given: Readonly<Record<string, unknown>>, token?: string): () => Promise<number> {
    const kubeconfig = join(folder, `kubeconfig-${ends.length}`);
    writeFileSync(kubeconfig, cluster.kubeconfig(token));
    const outcome = parseOptions(
      { kubeconfig, port: '0', pagePort: '0', leaseNamespace: 'setpoint-system', ...given },
      {},
    );
    if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
    const stop = new AbortController();
    // Takes the top of every random range: back-off never waits for nothing.
    const app = runApp(outcome.options, { logger: silentLogger, signal: stop.signal, clock, random: () => 0.999 });
    const end = async () => {
      stop.abort(new Error('the test is over'));
      for (;;) {
        const code = await Promise.race([app, time.advance(100).then(() => undefined)]);
        if (code !== undefined) return code;
      }
    };
    ends.push(end);
    return end;
  }

  return {
    cluster,
    clock,
    time,
    get usage() {
      return cluster.scriptedMetrics!;
    },
    start,
    async close() {
      for (const end of ends) await end();
      await cluster.close();
      time.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

/** The objects of a YAML file, by its path from the root of the project. */
export function manifests(path: string): KubeObject[] {
  return parseAllDocuments(readFileSync(join(ROOT, path), 'utf8')).map((document) => {
    if (document.errors.length > 0) throw new Error(`${path}: ${document.errors.join('; ')}`);
    return document.toJS() as KubeObject;
  });
}
