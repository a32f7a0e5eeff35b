// From an HPA that acts to a ScaledTarget, beside any API server with a controller, pods that idle and their metrics: what the size does
// when the HPA goes. Only sizes and conditions are judged. Who plays the HPA, and whether time is real, is left to the connection.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../controlplane/api-client.ts';

export interface TakeOverConnection {
  /** Of somebody who may do everything. */
  readonly api: ApiClient;
  /** Exists and is empty. The CRD is there, and a controller runs whose window of scaling down is DOWN_WINDOW_SECONDS. */
  readonly namespace: string;
  /** Returns when the HPA of this name has decided on that size: lets its controller do it, or plays it where none runs. */
  hpaDecides(name: string, replicas: number): Promise<void>;
  passes(ms: number): Promise<void>;
  /** Looks again and again; throws when it does not become so. */
  until(what: string, isSo: () => Promise<boolean>): Promise<void>;
  close(): Promise<void>;
}

/** Pods that are new are measured after up to half of it, and a guard holds the size until then. */
export const DOWN_WINDOW_SECONDS = 60;
/** Well within the window, with room for a slow machine. */
const A_WHILE_MS = 10_000;
/** What a ScaledTarget asks for beside idle pods; an HPA holds more by its minimum. */
const IDLE_SIZE = 2;
/** Pods may have to start, and be measured, first. */
const TIMEOUT_MS = 300_000;

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
}

export function takeOverContract(serverName: string, connect: () => Promise<TakeOverConnection>): void {
  describe(`taking over from an HPA on ${serverName}`, { timeout: TIMEOUT_MS }, () => {
    let stage: Stage;
    beforeAll(async () => {
      stage = new Stage(await connect());
    }, 1_800_000);
    afterAll(() => stage?.connection.close());

    it('holds the size that it finds for a window, whatever it showed beside the HPA, and then goes its own way', async () => {
      await stage.begin('kept', { hpa: 8 });
      const generation = await stage.generation('kept');
      await stage.removeHpa('kept');
      await stage.connection.passes(A_WHILE_MS);
      expect(await stage.size('kept')).toBe(8);
      // It did not leave that size in between either.
      expect(await stage.generation('kept')).toBe(generation);
      await stage.isSize('kept', IDLE_SIZE);
    });

    it.each([
      ['lower', 8],
      ['higher', 3],
    ])('goes to a recommendation of the HPA that is %s, if asked, and holds that', async (name, found) => {
      await stage.begin(name, { hpa: 5, takeOver: 'recommendation' });
      // By hand, a moment before the end: should the HPA be quicker, it does the same.
      await stage.setSize(name, found);
      await stage.removeHpa(name);
      await stage.isSize(name, 5);
      await stage.connection.passes(A_WHILE_MS);
      expect(await stage.size(name)).toBe(5);
      await stage.isSize(name, IDLE_SIZE);
    });
  });
}

class Stage {
  readonly connection: TakeOverConnection;

  constructor(connection: TakeOverConnection) {
    this.connection = connection;
  }

  /** A Deployment that an HPA holds at a size, and beside it a ScaledTarget that shows that it would go lower. */
  async begin(name: string, given: { readonly hpa: number; readonly takeOver?: string }): Promise<void> {
    const { connection } = this;
    const { api } = connection;
    const ref = { apiVersion: 'apps/v1', kind: 'Deployment', name };
    const cpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } };
    const labels = { app: name };
    const containers = [{ name: 'app', image: 'app', resources: { requests: { cpu: '100m' } } }];
    await api.create(this.#deployments(), {
      metadata: { name },
      spec: {
        replicas: given.hpa,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers } },
      },
    });
    await api.create(this.#hpas(), {
      metadata: { name },
      spec: { scaleTargetRef: ref, minReplicas: given.hpa, maxReplicas: 20, metrics: [cpu] },
    });
    await connection.hpaDecides(name, given.hpa);
    await api.create(this.#targets(), {
      apiVersion: 'setpoint.dev/v1alpha1',
      kind: 'ScaledTarget',
      metadata: { name, ...(given.takeOver && { annotations: { 'setpoint.dev/take-over': given.takeOver } }) },
      spec: {
        scaleTargetRef: ref,
        minReplicas: IDLE_SIZE,
        maxReplicas: 20,
        metrics: [cpu],
        syncPeriodSeconds: 1,
        initialization: { cpuInitializationPeriodSeconds: 0, initialReadinessDelaySeconds: 0 },
      },
    });
    await connection.until(`${name} shows what it would do`, async () => {
      const status = await this.#status(name);
      return status.desiredReplicas === IDLE_SIZE && conflictOf(status) === 'HorizontalPodAutoscaler';
    });
  }

  async removeHpa(name: string): Promise<void> {
    await this.connection.api.remove(`${this.#hpas()}/${name}`);
    await this.connection.until(`${name} has taken over`, async () => {
      return conflictOf(await this.#status(name)) === 'NoConflict';
    });
  }

  async size(name: string): Promise<number> {
    return Number((await this.connection.api.get(`${this.#deployments()}/${name}`)).spec['replicas']);
  }

  async generation(name: string): Promise<number | undefined> {
    return (await this.connection.api.get(`${this.#deployments()}/${name}`)).metadata.generation;
  }

  async setSize(name: string, replicas: number): Promise<void> {
    await this.connection.api.patch(`${this.#deployments()}/${name}/scale`, { spec: { replicas } });
  }

  async isSize(name: string, replicas: number): Promise<void> {
    await this.connection.until(`${name} has ${replicas} replicas`, async () => (await this.size(name)) === replicas);
  }

  async #status(name: string): Promise<{ desiredReplicas?: number; conditions?: readonly Condition[] }> {
    return (await this.connection.api.get(`${this.#targets()}/${name}`)).status ?? {};
  }

  #deployments(): string {
    return `/apis/apps/v1/namespaces/${this.connection.namespace}/deployments`;
  }

  #hpas(): string {
    return `/apis/autoscaling/v2/namespaces/${this.connection.namespace}/horizontalpodautoscalers`;
  }

  #targets(): string {
    return `/apis/setpoint.dev/v1alpha1/namespaces/${this.connection.namespace}/scaledtargets`;
  }
}

function conflictOf({ conditions = [] }: { readonly conditions?: readonly Condition[] }): string | undefined {
  return conditions.find(({ type }) => type === 'Conflict')?.reason;
}
