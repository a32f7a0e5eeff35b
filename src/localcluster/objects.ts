// The objects of the local cluster and the one way its parts reach them: the storage behind the API server.
// The workload controllers, the kubelet and the metrics server use this in-process; users come over HTTP.

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
  managedFields?: unknown[];
}

export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  [field: string]: unknown;
}

/** An object as a caller hands it in: the storage fills in uid, resourceVersion and creationTimestamp. */
export interface NewKubeObject {
  apiVersion: string;
  kind: string;
  metadata: Partial<ObjectMeta>;
  [field: string]: unknown;
}

export interface StoreEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

/**
 * The storage as the cluster's own controllers see it. `resource` is the plural with its group: `pods`, `deployments.apps`,
 * `replicasets.apps`, `scaledtargets.setpoint.dev`. Returned objects are frozen; change a `structuredClone`.
 * All calls are synchronous. Errors are ApiStatusError (see status.ts) with the HTTP code the API server would answer.
 */
export interface ObjectStore {
  get(resource: string, namespace: string, name: string): KubeObject | undefined;
  list(resource: string, namespace?: string): readonly KubeObject[];
  /** Assigns uid, resourceVersion, creationTimestamp, generation, and a name from generateName. 409 when it exists. */
  create(resource: string, object: NewKubeObject): KubeObject;
  /** Replaces spec and metadata (not status); bumps generation when the spec changed. 409 when resourceVersion is set and old. */
  update(resource: string, object: KubeObject): KubeObject;
  /** Replaces only the status. 409 when resourceVersion is set and old. An equal object is not written again. */
  updateStatus(resource: string, object: KubeObject): KubeObject;
  /**
   * What DELETE does: pods get deletionTimestamp and stay until `remove`; objects with finalizers likewise; all others go at once.
   */
  delete(resource: string, namespace: string, name: string, options?: { gracePeriodSeconds?: number }): void;
  /** Takes the object out of the storage for good (the kubelet, when the process has ended). Gone already: does nothing. */
  remove(resource: string, namespace: string, name: string): void;
  /** Calls `listener` with ADDED for all that is there, then for each change, synchronously and in order. Returns the stop function. */
  watch(resource: string, listener: (event: StoreEvent) => void): () => void;
}

/** What metrics.k8s.io answers from. Times are RFC 3339, windows Go durations (`"15s"`), usage quantities (`"250m"`, `"64Mi"`). */
export interface PodMetrics {
  name: string;
  namespace: string;
  labels: Record<string, string>;
  timestamp: string;
  window: string;
  containers: { name: string; usage: { cpu: string; memory: string } }[];
}

export interface PodMetricsProvider {
  /** Samples of the namespace's pods, or of all namespaces when it is undefined. */
  podMetrics(namespace: string | undefined): readonly PodMetrics[];
}
