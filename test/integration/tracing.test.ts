// The bundle with the SDK as a user brings it, by the files of examples/tracing: two copies of the API of OpenTelemetry in one process,
// and spans that arrive at a receiver by OTLP. And the example's manifests on an API server.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { bundle } from '../../scripts/bundle.ts';
import { startApiServer } from '../../src/localcluster/api-server.ts';
import { manifests } from '../support/app-on-cluster.ts';
import { type ControllerStage, controllerStage } from '../support/controllers.ts';
import { deployment, scaledTarget } from '../support/local-api.ts';
import { type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';
import { podSpecOf, restrictedFaults } from '../support/pod-security.ts';
import { until } from '../support/process-cluster.ts';
import { json, ScriptedServer } from '../support/scripted-server.ts';

const ROOT = join(import.meta.dirname, '../..');
const EXAMPLE = 'examples/tracing';
/** Of each target, all with one query: the two of `api` are read at once. */
const METRICS = { web: ['rate'], api: ['rate', 'again'] };

describe('the bundle with an SDK', () => {
  let folder: string;
  let stage: ControllerStage;
  let prometheus: ScriptedServer;
  let receiver: Awaited<ReturnType<typeof startOtlpReceiver>>;
  let spans: readonly ReceivedSpan[];
  let lines: readonly Record<string, unknown>[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'setpoint-traced-'));
    stage = await controllerStage();
    receiver = await startOtlpReceiver();
    prometheus = await ScriptedServer.start((_, response) => {
      const result = [{ metric: {}, value: [Date.now() / 1000, '400'] }];
      json(response, 200, { status: 'success', data: { resultType: 'vector', result } });
    });
    await bundle(folder, 'controller');
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
    await writeFile(join(folder, 'kubeconfig'), stage.cluster.kubeconfig());
    const prometheusMetric = (name: string) => ({
      type: 'Prometheus',
      name,
      prometheus: { query: 'sum(rate(x[1m]))', target: { type: 'AverageValue', averageValue: '100' } },
    });
    for (const [name, metrics] of Object.entries(METRICS)) {
      stage.cluster.store.create('deployments.apps', deployment(name, 2));
      const spec = { metrics: metrics.map(prometheusMetric) };
      stage.cluster.store.create('scaledtargets.setpoint.dev', scaledTarget(name, name, spec));
    }
    lines = await run();
    spans = receiver.spans;
  }, 60_000);
  afterAll(async () => {
    await Promise.all([stage.close(), receiver.close(), prometheus.close()]);
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the controller until both sizes follow the query, and stops it; resolves with its log. */
  async function run(): Promise<Record<string, unknown>[]> {
    const { store } = stage.cluster;
    const args = [
      `--import=${join(ROOT, EXAMPLE, 'otel.mjs')}`,
      join(folder, 'controller.js'),
      '--port=0',
      '--bind-address=127.0.0.1',
      `--kubeconfig=${join(folder, 'kubeconfig')}`,
      `--prometheus-url=${prometheus.url}`,
    ];
    const child = spawn(process.execPath, args, {
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=setpoint-0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const log = text(child.stdout);
    const exit = once(child, 'exit');
    try {
      const hasSize = (name: string) =>
        (store.get('deployments.apps', 'shop', name)!['spec'] as { replicas: number }).replicas === 4;
      await until(() => hasSize('web') && hasSize('api'), 'both sizes follow the query', 30_000);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await exit).toEqual([0, null]);
    return (await log)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  /** The cycle that wrote the size of a target, and its parts. */
  function traceOf(name: string): { readonly root: ReceivedSpan; readonly parts: readonly ReceivedSpan[] } {
    const isRoot = (span: ReceivedSpan) => span.name === 'setpoint.cycle' && span.attributes['setpoint.name'] === name;
    const root = spans.find((span) => isRoot(span) && span.attributes['setpoint.outcome'] === 'Written');
    if (!root) throw new Error(`no cycle of ${name} in ${JSON.stringify(spans)}`);
    return { root, parts: spans.filter((span) => span.traceId === root.traceId && span !== root) };
  }

  it.each(Object.entries(METRICS))(
    'sends the cycle of %s as one trace, with all its parts below it',
    (name, metrics) => {
      const { root, parts } = traceOf(name);
      expect(root.parentSpanId).toBe('');
      expect(root.attributes).toMatchObject({
        'k8s.namespace.name': 'shop',
        'k8s.deployment.name': name,
        'setpoint.replicas.current': 2,
        'setpoint.replicas.desired': 4,
        'setpoint.end': 'done',
      });
      expect(parts.map((part) => part.name).sort()).toEqual([
        'setpoint.decide',
        ...metrics.map(() => 'setpoint.read'),
        'setpoint.scale.write',
        'setpoint.status.write',
      ]);
      for (const { parentSpanId, attributes, statusCode } of parts) {
        expect([parentSpanId, statusCode]).toEqual([root.spanId, 0]);
        expect(attributes).toMatchObject({
          'setpoint.name': name,
          'setpoint.cycle': root.attributes['setpoint.cycle'],
        });
      }
    },
  );

  it('links a read that joined a request to the read that made it', () => {
    const reads = spans.filter(({ name }) => name === 'setpoint.read');
    const [asked, joined] = [false, true].map((isShared) =>
      reads.filter((read) => read.attributes['setpoint.read.shared'] === isShared),
    );
    expect(joined).toEqual(expect.arrayContaining([expect.objectContaining({ traceId: traceOf('api').root.traceId })]));
    const made = asked?.map(({ traceId, spanId }) => ({ traceId, spanId }));
    for (const { links } of joined ?? []) {
      expect(links).toHaveLength(1);
      expect(made).toContainEqual(links[0]);
    }
    for (const { links, attributes } of asked ?? []) {
      expect(links).toEqual([]);
      expect(attributes['setpoint.source']).toBe('prometheus/default');
    }
  });

  it('says which process it is, by the usual variables', () => {
    expect(spans[0]?.resource).toMatchObject({ 'service.name': 'setpoint', 'k8s.pod.name': 'setpoint-0' });
  });

  it('logs lines that lead to the trace, and the id that the status has', () => {
    const written = lines.find(({ msg, name }) => msg === 'size written' && name === 'web');
    const { root } = traceOf('web');
    expect(written).toMatchObject({
      cycle: root.attributes['setpoint.cycle'],
      trace_id: root.traceId,
      span_id: root.spanId,
    });
    const { status } = stage.cluster.store.get('scaledtargets.setpoint.dev', 'shop', 'web') as unknown as {
      status: { history: { from: number; to: number }[] };
    };
    expect(status.history).toMatchObject([{ from: 2, to: 4 }]);
  });
});

describe('the example', () => {
  const collector = manifests(`${EXAMPLE}/collector.yaml`);
  const [patch] = manifests(`${EXAMPLE}/controller.yaml`);
  const paths: Readonly<Record<string, string>> = {
    ConfigMap: 'api/v1/namespaces/setpoint-system/configmaps',
    Service: 'api/v1/namespaces/setpoint-system/services',
    Deployment: 'apis/apps/v1/namespaces/setpoint-system/deployments',
    NetworkPolicy: 'apis/networking.k8s.io/v1/namespaces/setpoint-system/networkpolicies',
  };

  it('is accepted by an API server, the patch with the Deployment of deploy/base', async () => {
    const server = await startApiServer();
    const send = async (method: string, path: string, type: string, body: unknown) => {
      const answer = await fetch(`${server.url}/${path}?fieldValidation=Strict`, {
        method,
        headers: { 'content-type': `application/${type}` },
        body: JSON.stringify(body),
      });
      expect([path, answer.ok, answer.ok || (await answer.clone().text())]).toEqual([path, true, true]);
      return (await answer.json()) as { spec: { template: { spec: { containers: { env: unknown }[] } } } };
    };
    try {
      await send('POST', 'api/v1/namespaces', 'json', {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'setpoint-system' },
      });
      for (const object of [...collector, ...manifests('deploy/base/deployment.yaml')]) {
        await send('POST', paths[object.kind]!, 'json', object);
      }
      const patched = await send('PATCH', `${paths['Deployment']}/setpoint`, 'strategic-merge-patch+json', patch);
      const { env } = patched.spec.template.spec.containers[0]!;
      expect(env).toContainEqual(expect.objectContaining({ name: 'SETPOINT_LEASE_NAMESPACE' }));
      expect(env).toContainEqual({
        name: 'NODE_OPTIONS',
        value: '--max-old-space-size=192 --import=file:///otel/otel.mjs',
      });
    } finally {
      await server.close();
    }
  });

  it('runs the collector with no more rights than the restricted profile allows, and a configuration of YAML', () => {
    const running = collector.find(({ kind }) => kind === 'Deployment')!;
    expect(restrictedFaults(podSpecOf(running))).toEqual([]);
    const { 'config.yaml': config = '' } = collector.find(({ kind }) => kind === 'ConfigMap')!['data'] as Record<
      string,
      string
    >;
    expect(parse(config)).toMatchObject({ service: { pipelines: { traces: { receivers: ['otlp'] } } } });
  });

  it('takes the versions that are tested here', async () => {
    const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as Record<
      string,
      Record<string, string>
    >;
    const tested: Readonly<Record<string, string>> = { ...devDependencies, ...dependencies };
    const dockerfile = await readFile(join(ROOT, EXAMPLE, 'Dockerfile'), 'utf8');
    const taken = [...dockerfile.matchAll(/(@opentelemetry\/[a-z-]+)@(\S+)/g)];
    expect(taken).toHaveLength(4);
    for (const [, name = '', version] of taken) expect([name, version]).toEqual([name, tested[name]]);
  });
});
