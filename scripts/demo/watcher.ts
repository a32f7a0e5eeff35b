// Looks at the cluster and at the load once a second, and keeps what it sees.
import type { KubeObject, ObjectStore } from '../../src/localcluster/objects.ts';
import type { LoadLine } from './load.ts';
import { type Change, type Hold, holdOf, type Point } from './record.ts';
import { type LoadStage, stageAt } from './stages.ts';

export interface WatchedTarget {
  /** Of the ScaledTarget. */
  readonly name: string;
  readonly namespace: string;
  /** `deployments.apps` or `statefulsets.apps`, and its name. */
  readonly resource: string;
  readonly workload: string;
  /** Service whose load is shown. */
  readonly service: string;
  /** How many it has. */
  readonly metrics: number;
}

interface TargetRecord {
  readonly points: Point[];
  readonly changes: Change[];
  readonly known: Set<string>;
  /** What has kept the size since it changed: told once each. */
  readonly told: Set<string>;
}

interface StatusView {
  readonly desiredReplicas?: number;
  readonly history?: readonly {
    readonly time: string;
    readonly from: number;
    readonly to: number;
    readonly reason?: string;
  }[];
  readonly summary?: { readonly metrics?: string; readonly why?: string };
}

const NO_LOAD = { sent: 0, failed: 0, p50: null, p99: null } as const;
const newRecord = (): TargetRecord => ({ points: [], changes: [], known: new Set(), told: new Set() });

export class Watcher {
  readonly #store: Pick<ObjectStore, 'get'>;
  readonly #stages: readonly LoadStage[];
  readonly #records = new Map<string, TargetRecord>();
  readonly #lines = new Map<string, LoadLine>();

  constructor(store: Pick<ObjectStore, 'get'>, stages: readonly LoadStage[]) {
    this.#store = store;
    this.#stages = stages;
  }

  addLoadLine(line: LoadLine): void {
    this.#lines.set(line.service, line);
  }

  /** What is to be seen of a target now, the changes of size that are new since the last look, and what newly keeps the size. */
  look(target: WatchedTarget, seconds: number): { point: Point; changes: readonly Change[]; hold: Hold | undefined } {
    const record = this.#records.get(target.name) ?? newRecord();
    this.#records.set(target.name, record);
    const point = this.#point(target, seconds);
    record.points.push(point);
    const changes = this.#newChanges(target, record, seconds);
    record.changes.push(...changes);
    return { point, changes, hold: newHold(record, point, changes.length > 0) };
  }

  recordOf(target: WatchedTarget): { readonly points: readonly Point[]; readonly changes: readonly Change[] } {
    return this.#records.get(target.name) ?? newRecord();
  }

  #status(target: WatchedTarget): StatusView {
    const object = this.#store.get('scaledtargets.setpoint.dev', target.namespace, target.name);
    return object?.['status'] ?? {};
  }

  #point(target: WatchedTarget, seconds: number): Point {
    const workload = this.#store.get(target.resource, target.namespace, target.workload);
    const status = this.#status(target);
    const { sent, failed, p50, p99 } = this.#lines.get(target.service) ?? NO_LOAD;
    const { metrics = '', why = '' } = status.summary ?? {};
    const size = numberAt(workload, 'spec', 'replicas') ?? 0;
    return {
      seconds,
      // The load is that of the second before, and so is its stage.
      stage: stageAt(this.#stages, Math.max(0, seconds - 0.5))?.name ?? 'end',
      load: sent,
      failed,
      p50: p50 ?? undefined,
      p99: p99 ?? undefined,
      metrics,
      why,
      size,
      wanted: status.desiredReplicas ?? size,
      ready: numberAt(workload, 'status', 'readyReplicas') ?? 0,
    };
  }

  #newChanges(target: WatchedTarget, record: TargetRecord, seconds: number): Change[] {
    return (this.#status(target).history ?? []).flatMap(({ time, from, to, reason = '' }) => {
      const id = `${time} ${from} ${to}`;
      if (record.known.has(id)) return [];
      record.known.add(id);
      return [{ seconds, from, to, why: reason }];
    });
  }
}

function newHold({ told }: TargetRecord, point: Point, changed: boolean): Hold | undefined {
  if (changed) told.clear();
  const hold = holdOf(point);
  const reason = hold?.why.replace(/\d+%?/g, '#');
  if (reason === undefined || told.has(reason)) return undefined;
  told.add(reason);
  return hold;
}

function numberAt(object: KubeObject | undefined, part: 'spec' | 'status', field: string): number | undefined {
  const value = (object?.[part] as Record<string, unknown> | undefined)?.[field];
  return typeof value === 'number' ? value : undefined;
}
