// The last situation of each target that was decided, so that it can be decided again by another spec. Holds on to what the
// cycle made anyway and copies nothing.
import type { Situation } from '../decide/types.ts';
import type { CycleObserver, CycleReport } from './cycle-report.ts';

export class LastSituations implements CycleObserver {
  readonly #situations = new Map<string, Situation>();

  /** Of the target `namespace/name`; undefined: none was decided yet. */
  of(key: string): Situation | undefined {
    return this.#situations.get(key);
  }

  concluded({ target: { key }, situation }: CycleReport): void {
    if (situation) this.#situations.set(key, situation);
  }

  forgotten(namespace: string, name: string): void {
    this.#situations.delete(`${namespace}/${name}`);
  }
}
