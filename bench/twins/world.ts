// The cluster of a run: a real control plane with a metrics adapter, the twins in it, and Setpoint beside it.
import { setTimeout as sleep } from 'node:timers/promises';
import { buildCrd } from '../../src/api/crd.ts';
import { type ControlPlane, startControlPlane } from '../../test/controlplane/control-plane.ts';
import { poll } from '../../test/controlplane/poll.ts';
import { type MetricsAdapter, startMetricsAdapter } from '../../test/support/metrics-adapter.ts';
import { hpa } from '../cluster/hpa.ts';
import { setpoint } from '../cluster/setpoint.ts';
import {
  autoscalerSpec,
  DOWNSCALE_STABILIZATION,
  METRICS,
  nameOf,
  PAIRS,
  PERIOD_SECONDS,
  REQUEST_MILLI,
  type Twin,
} from './pairs.ts';
import { EVERY_TWIN, isTrue, NAMESPACE, Plant } from './plant.ts';
import { FIRST_SIZE } from './stairs.ts';

/** Disposing of it ends Setpoint, the adapter and the control plane. */
export interface World extends AsyncDisposable {
  readonly plant: Plant;
}

const ADAPTER = 'metrics-adapter';
const SCALED_TARGETS = `/apis/setpoint.dev/v1alpha1/namespaces/${NAMESPACE}/scaledtargets`;
const HPAS = `/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`;
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** New pods have metrics after two reads, and then come a decision of each controller and its status. */
const READY_TIMEOUT_MS = 180_000;

/** Returns when each twin has its first size and its autoscaler decides on a metric. @throws Error with one line; nothing is left running then. */
export async function startWorld(say: (line: string) => void): Promise<World> {
  await using ends = new AsyncDisposableStack();
  say('starting the control plane');
  const plane = await startControlPlane({
    namespaces: [NAMESPACE],
    users: { setpoint: ['system:masters'] },
    startSeconds: 2,
    metricsResolutionSeconds: METRICS.cpu.resolutionSeconds,
    controllerManager: { hpaSyncPeriodSeconds: PERIOD_SECONDS },
    extraArgs: {
      'kube-controller-manager': [`--horizontal-pod-autoscaler-downscale-stabilization=${DOWNSCALE_STABILIZATION}`],
    },
    log: say,
  });
  ends.defer(() => plane.stop());
  const adapter = await adapterOf(plane);
  ends.defer(() => adapter.close());
  const plant = new Plant(plane, adapter);
  await makeTwins(plane, plant);
  const window = ['--downscale-stabilization', DOWNSCALE_STABILIZATION];
  const contender = setpoint(plane.api, plane.user('setpoint').kubeconfig, specOf('setpoint'), window);
  await contender.prepare(targetsOf('setpoint'));
  const running = await contender.start();
  ends.defer(() => running.stop());
  await untilActive({ plane, plant, say }, SCALED_TARGETS);
  // Now Setpoint has just decided. An HPA decides a period after it was made, and so on: from now on half a period after Setpoint,
  // so that the two see different samples.
  await sleep((PERIOD_SECONDS * 1000) / 2);
  await hpa(plane, specOf('hpa')).prepare(targetsOf('hpa'));
  await untilActive({ plane, plant, say }, HPAS);
  const kept = ends.move();
  return { plant, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function adapterOf(plane: ControlPlane): Promise<MetricsAdapter> {
  const { certificate, key } = plane.serviceCertificate(ADAPTER);
  const adapter = await startMetricsAdapter({ cert: certificate, key });
  adapter.versions = ['v1beta2'];
  const { port } = adapter;
  await plane.registerApi({ group: 'custom.metrics.k8s.io', version: 'v1beta2', service: ADAPTER, port });
  return adapter;
}

/** The CRD and the Deployments, whose pods have their usage from the start. */
async function makeTwins(plane: ControlPlane, plant: Plant): Promise<void> {
  await plane.api.create(CRDS, buildCrd());
  await plant.expect(FIRST_SIZE);
  for (const { pair, twin } of EVERY_TWIN) {
    const name = nameOf(pair, twin);
    const labels = { app: name };
    const resources = { requests: { cpu: `${REQUEST_MILLI}m` } };
    await plane.api.create(`/apis/apps/v1/namespaces/${NAMESPACE}/deployments`, {
      metadata: { name, labels },
      spec: {
        replicas: FIRST_SIZE,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'main', image: 'any', resources }] } },
      },
    });
  }
}

function targetsOf(twin: Twin) {
  return PAIRS.map((pair) => ({ namespace: NAMESPACE, name: nameOf(pair, twin) }));
}

/** By the name of the Deployment. */
function specOf(twin: Twin): (name: string) => object {
  const specs = new Map(PAIRS.map((pair) => [nameOf(pair, twin), autoscalerSpec(pair, twin)]));
  return (name) => specs.get(name) ?? {};
}

interface Place {
  readonly plane: ControlPlane;
  readonly plant: Plant;
  readonly say: (line: string) => void;
}

/** Waits until every autoscaler of that collection decides on its metric. */
async function untilActive({ plane, plant, say }: Place, collection: string): Promise<void> {
  say(`waiting until all ${collection.slice(collection.lastIndexOf('/') + 1)} decide on their metrics`);
  const areActive = await poll(READY_TIMEOUT_MS, async () => {
    await plant.look();
    const { items } = await plane.api.get(collection);
    return items.length === PAIRS.length && items.every(({ status }) => isTrue(status, 'ScalingActive'));
  });
  if (!areActive) throw new Error(`they do not after ${READY_TIMEOUT_MS / 1000} s: is the machine overloaded?`);
}
