// The namespace of one test on the real cluster: workloads, ScaledTargets and what becomes of them.
import type { ApiBody } from '../../support/api-body.ts';
import type { AuditEntry } from '../../controlplane/audit.ts';
import { eventually, eventuallyIs } from './eventually.ts';
import type { Printed, RealStage } from './stage.ts';

export interface Kind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export const DEPLOYMENT: Kind = { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments' };
export const SCALED_TARGET: Kind = {
  apiVersion: 'setpoint.dev/v1alpha1',
  kind: 'ScaledTarget',
  plural: 'scaledtargets',
};

export interface WorkloadOptions {
  readonly kind?: Kind;
  readonly replicas?: number;
  /** Of its pods. */
  readonly annotations?: Readonly<Record<string, string>>;
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface Status {
  readonly currentReplicas?: number;
  readonly desiredReplicas?: number;
  readonly conditions?: readonly Condition[];
  readonly summary?: { readonly metrics?: string; readonly why?: string };
  readonly lastDecision?: {
    readonly winner?: string;
    readonly earliestScaleDown?: string;
    readonly metrics?: readonly { readonly name: string; readonly sampleTime?: string }[];
    readonly steps?: readonly { readonly stage: string; readonly reason: string }[];
  };
  readonly history?: readonly {
    readonly time: string;
    readonly from: number;
    readonly to: number;
    readonly reason?: string;
  }[];
}

export class Space {
  readonly stage: RealStage;
  readonly namespace: string;

  private constructor(stage: RealStage, namespace: string) {
    this.stage = stage;
    this.namespace = namespace;
  }

  static async make(stage: RealStage, namespace: string): Promise<Space> {
    await stage.plane.api.create('/api/v1/namespaces', { metadata: { name: namespace } });
    return new Space(stage, namespace);
  }

  path({ apiVersion, plural }: Kind, name?: string, subresource?: string): string {
    const base = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
    const parts = [base, 'namespaces', this.namespace, plural, name, subresource];
    return parts.filter((part) => part !== undefined).join('/');
  }

  kubectl(...args: string[]): Promise<Printed> {
    return this.stage.kubectl('-n', this.namespace, ...args);
  }

  /**
   * Pods with the label `app`, one container that asks for 100m of cpu. Two replicas unless said otherwise; they are counted, if not
   * ready, when this returns, so that what is decided next divides by all of them.
   */
  async workload(name: string, { kind = DEPLOYMENT, replicas = 2, annotations = {} }: WorkloadOptions = {}) {
    const labels = { app: name };
    const container = { name: 'main', image: 'any', resources: { requests: { cpu: '100m' } } };
    await this.stage.plane.api.create(this.path(kind), {
      apiVersion: kind.apiVersion,
      kind: kind.kind,
      metadata: { name },
      spec: {
        replicas,
        ...(kind.kind === 'StatefulSet' && { serviceName: name }),
        selector: kind.kind === 'ReplicationController' ? labels : { matchLabels: labels },
        template: { metadata: { labels, annotations }, spec: { containers: [container] } },
      },
    });
    await eventuallyIs(`replicas of ${this.namespace}/${name}`, () => this.counted(name, kind), replicas);
  }

  /** A ScaledTarget of the same name, decided every second unless the spec says otherwise. */
  async target(name: string, spec: Readonly<Record<string, unknown>>, { apiVersion, kind }: Kind = DEPLOYMENT) {
    await this.stage.plane.api.create(this.path(SCALED_TARGET), {
      apiVersion: SCALED_TARGET.apiVersion,
      kind: SCALED_TARGET.kind,
      metadata: { name },
      spec: {
        scaleTargetRef: { apiVersion, kind, name },
        minReplicas: 1,
        maxReplicas: 10,
        syncPeriodSeconds: 1,
        ...spec,
      },
    });
  }

  async patchTarget(name: string, patch: unknown): Promise<void> {
    await this.stage.plane.api.patch(this.path(SCALED_TARGET, name), patch);
  }

  /** Several values are several series. */
  tell(metric: string, ...values: readonly number[]): void {
    this.stage.adapter.setExternal(this.namespace, metric, ...values.map(String));
  }

  async size(name: string, kind: Kind = DEPLOYMENT): Promise<number> {
    const scale = await this.stage.plane.api.get(this.path(kind, name, 'scale'));
    // A size of zero is left out.
    return (scale.spec as { replicas?: number }).replicas ?? 0;
  }

  /** Pods that its controller has made. */
  private async counted(name: string, kind: Kind): Promise<number> {
    const scale = await this.stage.plane.api.get(this.path(kind, name, 'scale'));
    return (scale.status as { replicas?: number } | undefined)?.replicas ?? 0;
  }

  async status(name: string): Promise<Status> {
    const { status = {} } = await this.stage.plane.api.get(this.path(SCALED_TARGET, name));
    return status as Status;
  }

  /** Such as `True ValidMetricFound`; undefined: it has none of that type. */
  async condition(name: string, type: string): Promise<string | undefined> {
    const found = (await this.status(name)).conditions?.find((condition) => condition.type === type);
    return found && `${found.status} ${found.reason}`;
  }

  async pods(app: string): Promise<readonly ApiBody[]> {
    return (await this.stage.plane.api.get(`/api/v1/namespaces/${this.namespace}/pods?labelSelector=app%3D${app}`))
      .items;
  }

  async untilSize(name: string, size: number, kind: Kind = DEPLOYMENT, timeoutMs?: number): Promise<void> {
    await eventuallyIs(`size of ${this.namespace}/${name}`, () => this.size(name, kind), size, timeoutMs);
  }

  async untilCondition(name: string, type: string, wanted: string | undefined): Promise<void> {
    await eventuallyIs(`${type} of ${this.namespace}/${name}`, () => this.condition(name, type), wanted);
  }

  untilStatus(what: string, name: string, isSo: (status: Status) => boolean): Promise<Status> {
    return eventually(`${this.namespace}/${name}: ${what}`, () => this.status(name), isSo);
  }

  /** Sizes that Setpoint wrote, in order. */
  written(name: string): AuditEntry[] {
    return this.stage
      .requests()
      .filter(
        (entry) =>
          entry.namespace === this.namespace &&
          entry.name === name &&
          entry.subresource === 'scale' &&
          entry.verb === 'update' &&
          entry.code === 200,
      );
  }
}

/** Decides by what an adapter tells of something outside the cluster. */
export const external = (name: string, averageValue: number) => ({
  type: 'External',
  name,
  external: { metric: { name }, target: { type: 'AverageValue', averageValue: String(averageValue) } },
});

export const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

/** Shrinks after so many seconds of agreement. */
export const downAfter = (seconds: number) => ({
  behavior: { scaleDown: { stabilizationWindowSeconds: seconds } },
});
