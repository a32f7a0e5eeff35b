// Whether two lists say the same, item by item. Nothing is made of them: this runs in every cycle.
import type { Step } from '../decide/types.ts';

export function isSameList<Item>(
  a: readonly Item[] | undefined,
  b: readonly Item[] | undefined,
  isSame: (one: Item, other: Item) => boolean,
): boolean {
  if (a === b) return true;
  if (a?.length !== b?.length) return false;
  return (a ?? []).every((one, index) => {
    const other = b?.[index];
    return other !== undefined && isSame(one, other);
  });
}

type Words = Pick<Step, 'stage' | 'reason' | 'after'>;

/** The same change for the same reason, whatever the numbers behind it. */
export function isSameStep(a: Words, b: Words): boolean {
  return a.stage === b.stage && a.reason === b.reason && a.after === b.after;
}
