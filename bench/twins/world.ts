// The cluster of a run: a real control plane with a metrics adapter, the twins in it, and Setpoint beside it.
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

export interface World {
  readonly plant: Plant;
  /** Ends Setpoint, the adapter and the control plane. */
  stop(): Promise<void>;
}

const ADAPTER = 'metrics-adapter';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
/** New pods have metrics after two reads, and then come a decision of each controller and its status. */
const READY_TIMEOUT_MS = 180_000;

/** Returns when each twin has its first size and decides on a metric. @throws Error with one line; nothing is left running then. */
export async function startWorld(say: (line: string) => void): Promise<World> {
  const ends: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
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
    ends.push(() => plane.stop());
    const adapter = await adapterOf(plane);
    ends.push(() => adapter.close());
    const plant = new Plant(plane, adapter);
    await makeTwins(plane, plant);
    const kubeconfig = plane.user('setpoint').kubeconfig;
    const contender = setpoint(plane.api, kubeconfig, specOf('setpoint'), [
      '--downscale-stabilization',
      DOWNSCALE_STABILIZATION,
    ]);
    await hpa(plane, specOf('hpa')).prepare(targetsOf('hpa'));
    await contender.prepare(targetsOf('setpoint'));
    const running = await contender.start();
    ends.push(() => running.stop());
    say('waiting until every twin decides on its metric');
    const areReady = await poll(READY_TIMEOUT_MS, async () => {
      const sizes = await plant.look();
      return [...sizes.values()].every((size) => size === FIRST_SIZE) && (await decideOnMetrics(plane));
    });
    if (!areReady)
      throw new Error(`no decisions on metrics in ${READY_TIMEOUT_MS / 1000} s: is the machine overloaded?`);
    return { plant, stop };
  } catch (error) {
    await stop();
    throw error;
  }
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

async function decideOnMetrics(plane: ControlPlane): Promise<boolean> {
  const lists = await Promise.all([
    plane.api.get(`/apis/autoscaling/v2/namespaces/${NAMESPACE}/horizontalpodautoscalers`),
    plane.api.get(`/apis/setpoint.dev/v1alpha1/namespaces/${NAMESPACE}/scaledtargets`),
  ]);
  return lists.every(
    ({ items }) => items.length === PAIRS.length && items.every(({ status }) => isTrue(status, 'ScalingActive')),
  );
}
