// From an HPA to a ScaledTarget without a jump: beside the HPA it writes nothing, and when the HPA goes it goes on from the size
// that it finds.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { convertCommand } from '../../src/cli/commands/convert.ts';
import type { KubeObject, NewKubeObject } from '../../src/localcluster/objects.ts';
import { type AppOnCluster, appOnCluster } from '../support/app-on-cluster.ts';
import { deployment } from '../support/local-api.ts';
import { runCli } from '../support/run-cli.ts';

const MINUTE = 60_000;
const DEPLOYMENTS = 'deployments.apps';
const HPAS = 'horizontalpodautoscalers.autoscaling';
const TARGETS = 'scaledtargets.setpoint.dev';

const HPA = {
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'web', namespace: 'shop', labels: { team: 'front' } },
  spec: {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
    minReplicas: 2,
    maxReplicas: 20,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } }],
  },
};

let stage: AppOnCluster;
/** Ends the controller. */
let end: () => Promise<number>;
/** What all pods do together, in millicores. */
let work = 800;

beforeEach(async () => {
  stage = await appOnCluster();
  work = 800;
  stage.usage.script(() => ({ cpu: `${Math.floor(work / sizeOf())}m` }));
  stage.cluster.store.create(DEPLOYMENTS, deployment('web', 8));
  stage.cluster.store.create(HPAS, HPA);
  const { stdout } = await runCli([convertCommand], ['convert', '-f', '-'], { stdin: JSON.stringify(HPA) });
  stage.cluster.store.create(TARGETS, parse(stdout) as NewKubeObject);
  end = stage.start({});
  await stage.time.advance(MINUTE);
});
afterEach(() => stage.close());

function sizeOf(): number {
  return (stage.cluster.store.get(DEPLOYMENTS, 'shop', 'web')!['spec'] as { replicas: number }).replicas;
}

/** As the HPA, or somebody by hand, sets it. */
function setSize(replicas: number): void {
  const found = stage.cluster.store.get(DEPLOYMENTS, 'shop', 'web') as KubeObject;
  stage.cluster.store.update(DEPLOYMENTS, { ...found, spec: { ...(found['spec'] as object), replicas } });
}

/** As the HPA shows what it decided. */
function hpaWants(desiredReplicas: number): void {
  const found = stage.cluster.store.get(HPAS, 'shop', 'web') as KubeObject;
  stage.cluster.store.updateStatus(HPAS, { ...found, status: { currentReplicas: sizeOf(), desiredReplicas } });
}

function annotate(takeOver: string): void {
  const found = stage.cluster.store.get(TARGETS, 'shop', 'web') as KubeObject;
  const metadata = { ...found.metadata, annotations: { 'setpoint.dev/take-over': takeOver } };
  stage.cluster.store.update(TARGETS, { ...found, metadata });
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

function status(): { desiredReplicas: number; conditions: Condition[] } {
  return stage.cluster.store.get(TARGETS, 'shop', 'web')?.['status'] as ReturnType<typeof status>;
}

const conflict = () => {
  const found = status().conditions.find(({ type }) => type === 'Conflict');
  return found && `${found.status} ${found.reason}`;
};
const scaleWrites = () => stage.cluster.audit.count({ verb: 'update', subresource: 'scale', name: 'web' });
const deleteHpa = () => stage.cluster.store.delete(HPAS, 'shop', 'web');

describe('a ScaledTarget beside the HPA that it comes from', () => {
  it('reports Conflict, shows what it would do, and writes nothing, whatever the load', async () => {
    expect(conflict()).toBe('True HorizontalPodAutoscaler');
    work = 1600;
    await stage.time.advance(MINUTE);
    expect(status().desiredReplicas).toBe(16);
    work = 200;
    await stage.time.advance(20 * MINUTE);
    expect(status().desiredReplicas).toBe(2);
    expect(sizeOf()).toBe(8);
    expect(scaleWrites()).toBe(0);
  });
});

describe('when the HPA goes', () => {
  it('the size stays while the load fits it', async () => {
    deleteHpa();
    await stage.time.advance(MINUTE);
    expect(conflict()).toBe('False NoConflict');
    await stage.time.advance(20 * MINUTE);
    expect(sizeOf()).toBe(8);
    expect(scaleWrites()).toBe(0);
  });

  it('more load is answered at once', async () => {
    deleteHpa();
    work = 1200;
    await stage.time.advance(31_000);
    expect(sizeOf()).toBe(12);
  });

  it('an opinion that it held for longer than the window is waited with for a whole window: no jump', async () => {
    work = 200;
    await stage.time.advance(20 * MINUTE);
    expect([sizeOf(), status().desiredReplicas]).toEqual([8, 2]);
    deleteHpa();
    await stage.time.advance(5 * MINUTE);
    expect([sizeOf(), scaleWrites(), conflict()]).toEqual([8, 0, 'False NoConflict']);
    await stage.time.advance(MINUTE);
    expect(sizeOf()).toBe(2);
  });

  it('a controller that was not there at that moment does the same', async () => {
    work = 200;
    await stage.time.advance(20 * MINUTE);
    await end();
    deleteHpa();
    end = stage.start({});
    await stage.time.advance(4 * MINUTE);
    expect([sizeOf(), scaleWrites()]).toEqual([8, 0]);
  });

  it('the size that the HPA set last is where it goes on, also when it set it a moment ago', async () => {
    work = 1100;
    await stage.time.advance(20_000);
    setSize(11);
    await stage.time.advance(20_000);
    deleteHpa();
    await stage.time.advance(MINUTE);
    expect(sizeOf()).toBe(11);
    expect(scaleWrites()).toBe(0);
  });

  it("a target that asks for it goes on from the HPA's recommendation, as last seen: a lower one", async () => {
    annotate('recommendation');
    work = 200;
    hpaWants(7);
    await stage.time.advance(19 * MINUTE);
    hpaWants(5);
    await stage.time.advance(MINUTE);
    expect(sizeOf()).toBe(8);
    deleteHpa();
    await stage.time.advance(MINUTE);
    expect(sizeOf()).toBe(5);
    // Held for a window, as any recommendation.
    await stage.time.advance(3 * MINUTE);
    expect([sizeOf(), scaleWrites()]).toEqual([5, 1]);
    await stage.time.advance(2 * MINUTE);
    expect(sizeOf()).toBe(2);
  });

  it('and a higher one', async () => {
    annotate('recommendation');
    work = 200;
    hpaWants(12);
    await stage.time.advance(20 * MINUTE);
    deleteHpa();
    await stage.time.advance(MINUTE);
    expect([sizeOf(), scaleWrites()]).toEqual([12, 1]);
  });

  it('a word that the annotation does not know is told beside the HPA, and the size is gone on from', async () => {
    annotate('recomendation');
    work = 200;
    hpaWants(5);
    await stage.time.advance(20 * MINUTE);
    expect(status().conditions.find(({ type }) => type === 'Conflict')?.message).toContain(
      'annotation setpoint.dev/take-over is "recomendation" and has no effect: set it to recommendation, or remove it',
    );
    deleteHpa();
    await stage.time.advance(MINUTE);
    expect([sizeOf(), scaleWrites()]).toEqual([8, 0]);
  });
});
