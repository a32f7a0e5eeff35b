// Writes events to the API server as core/v1 Events, the form that kubectl describe reads everywhere. Merging and sparing
// are record/events.ts's.
import type { EventApi, EventRecord } from '../record/events.ts';
import type { KubeClient } from './client.ts';
import { resourcePath } from './paths.ts';

const COMPONENT = 'setpoint';
const TIMEOUT_MS = 5000;

export interface KubeEventsOptions {
  readonly client: KubeClient;
  /** Name of this process, such as the pod's. */
  readonly instance: string;
  /** Asked right before an event is sent. */
  readonly gate?: { check(): void };
}

export class KubeEvents implements EventApi {
  readonly #options: KubeEventsOptions;

  constructor(options: KubeEventsOptions) {
    this.#options = options;
  }

  async create(event: EventRecord, signal: AbortSignal): Promise<void> {
    const { namespace, name, regarding, type, reason } = event;
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { namespace, name },
      involvedObject: regarding,
      type,
      reason,
      source: { component: COMPONENT },
      reportingComponent: COMPONENT,
      reportingInstance: this.#options.instance,
      firstTimestamp: secondsOf(event.firstAtMs),
      ...changingFields(event),
    };
    const path = resourcePath({ group: '', version: 'v1', resource: 'events', namespace });
    await this.#options.client.create(path, body, this.#call(signal));
  }

  async update(event: EventRecord, signal: AbortSignal): Promise<void> {
    const { namespace, name } = event;
    const path = resourcePath({ group: '', version: 'v1', resource: 'events', namespace, name });
    await this.#options.client.mergePatch(path, changingFields(event), this.#call(signal));
  }

  #call(signal: AbortSignal) {
    return { signal, timeoutMs: TIMEOUT_MS, beforeSend: () => this.#options.gate?.check() };
  }
}

function changingFields({ message, count, lastAtMs }: EventRecord) {
  return { message, count, lastTimestamp: secondsOf(lastAtMs) };
}

/** metav1.Time has whole seconds. */
function secondsOf(atMs: number): string {
  return new Date(atMs).toISOString().replace(/\.[0-9]+Z$/, 'Z');
}
