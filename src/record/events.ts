// Records Kubernetes events without ever blocking or throwing: merges repeats, does not repeat a warning every sync,
// keeps each object to a rate. How an event is written to the API server is the EventApi's, in kube/events.ts.

/** One event object. Repeats of the same story raise `count` and move `lastAtMs`; name and first time stay. */
export interface EventRecord {
  /** Namespace of the event and of the object it is about. */
  readonly namespace: string;
  /** Name of the event object; unique, a DNS subdomain. */
  readonly name: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  /** At most 1024 characters, as the API server takes it. */
  readonly message: string;
  readonly count: number;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
}

/** Where events are written to. Both reject with a SetpointError. */
export interface EventApi {
  create(event: EventRecord, signal: AbortSignal): Promise<void>;
  /** Stores message, count and last time of an event created before. Rejects with ApiStatusError 404 when it has expired. */
  update(event: EventRecord, signal: AbortSignal): Promise<void>;
}
