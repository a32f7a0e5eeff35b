// Which rows the overview shows, and in which order. Pure: the same rows and the same wishes give the same list.
import type { TargetRow } from '../api-types.ts';
import { gravity } from './alarm-words.ts';
import type { Column } from './route.ts';

/** Names hold no slash. */
export const keyOf = ({ namespace, name }: Pick<TargetRow, 'namespace' | 'name'>): string => `${namespace}/${name}`;

export interface Wishes {
  readonly query: string;
  readonly sort: Column;
  readonly descending: boolean;
}

type SortValue = number | string | undefined;

const SORT_VALUES: Readonly<Record<Column, (row: TargetRow) => SortValue>> = {
  // Rows without an alarm have no value and therefore come last.
  alarms: ({ alarms: [first] }) => (first ? gravity(first) : undefined),
  target: keyOf,
  workload: ({ workload }) => workload || undefined,
  size: ({ current }) => current,
  load: ({ ratio }) => ratio,
  metrics: ({ metrics }) => metrics || undefined,
  why: ({ why }) => why || undefined,
  // The newest change first.
  changed: ({ lastScaleTime }) => (lastScaleTime === undefined ? undefined : -Date.parse(lastScaleTime)),
};

/** Keys of the rows that match every word of the query, sorted; what has no value comes last either way. */
export function orderRows(rows: Iterable<TargetRow>, { query, sort, descending }: Wishes): readonly string[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const valueOf = SORT_VALUES[sort];
  const sign = descending ? -1 : 1;
  const found: { key: string; value: SortValue }[] = [];
  for (const row of rows) if (isMatch(row, words)) found.push({ key: keyOf(row), value: valueOf(row) });
  found.sort((a, b) => compareValues(a.value, b.value, sign) || (a.key < b.key ? -1 : 1));
  return found.map(({ key }) => key);
}

function isMatch(row: TargetRow, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const alarms = row.alarms.map(({ kind, text }) => `${kind} ${text}`).join(' ');
  const text = `${keyOf(row)} ${row.workload} ${row.why} ${row.metrics} ${alarms}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

function compareValues(a: SortValue, b: SortValue, sign: number): number {
  if (a === b) return 0;
  if (a === undefined) return 1;
  if (b === undefined) return -1;
  return a < b ? -sign : sign;
}

/** How many of them have an alarm. */
export function countAlarms(rows: Iterable<TargetRow>): number {
  let count = 0;
  for (const { alarms } of rows) if (alarms.length > 0) count += 1;
  return count;
}

/** Rows from `first` up to `end` are in sight, with some on either side so that scrolling meets no gap. */
export function visibleRows(
  { scrollTop, height, rowHeight, count }: { scrollTop: number; height: number; rowHeight: number; count: number },
  spare = 8,
): { readonly first: number; readonly end: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTop / rowHeight)) - spare);
  return { first, end: Math.min(count, Math.ceil((scrollTop + height) / rowHeight) + spare) };
}
