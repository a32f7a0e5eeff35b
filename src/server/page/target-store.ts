// One target as the page knows it: all there is, then what is new after each decision. What is known stays when the target is deleted.
import type { TargetDetail, TargetUpdate } from '../api-types.ts';
import { nowMs } from './browser.ts';
import { Feed, type FeedStatus } from './feed.ts';
import { addUpdate } from './updates.ts';

export interface TargetView {
  readonly detail: TargetDetail | undefined;
  readonly status: FeedStatus;
  readonly clockOffsetMs: number;
  /** When it was deleted, by this computer's clock. */
  readonly goneMs: number | undefined;
}

export class TargetStore {
  readonly #listeners = new Set<() => void>();
  readonly #feed: Feed<TargetDetail>;
  #view: TargetView = {
    detail: undefined,
    status: { connection: 'connecting', problem: undefined, heardMs: undefined },
    clockOffsetMs: 0,
    goneMs: undefined,
  };

  constructor(namespace: string, name: string) {
    const [space, own] = [encodeURIComponent(namespace), encodeURIComponent(name)];
    this.#feed = new Feed<TargetDetail>({
      snapshotUrl: `api/v1/targets/${space}/${own}`,
      eventsUrl: `api/v1/events?namespace=${space}&name=${own}`,
      events: ['detail', 'gone'],
      onSnapshot: (detail) => this.#take(detail),
      onEvent: (event, data) => this.#apply(event, data as TargetUpdate),
      onStatus: (status) => this.#follow(status),
    });
  }

  get view(): TargetView {
    return this.#view;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#feed.close();
  }

  #take(detail: TargetDetail): void {
    this.#tell({ detail, clockOffsetMs: detail.controller.nowMs - nowMs(), goneMs: undefined });
  }

  #apply(event: string, update: TargetUpdate): void {
    if (event === 'gone') this.#tell({ goneMs: this.#view.goneMs ?? nowMs() });
    else if (this.#view.detail) this.#tell({ detail: addUpdate(this.#view.detail, update), goneMs: undefined });
    else this.#feed.reload();
  }

  #follow(status: FeedStatus): void {
    // Deleted while nobody listened.
    const isGone = status.problem?.status === 404 && this.#view.detail !== undefined;
    this.#tell({ status, ...(isGone && { goneMs: this.#view.goneMs ?? nowMs() }) });
  }

  #tell(change: Partial<TargetView>): void {
    this.#view = { ...this.#view, ...change };
    for (const listener of this.#listeners) listener();
  }
}
