// Whether two lists say the same, item by item. Nothing is made of them: this runs in every cycle.

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
