import { describe, expect, it } from 'vitest';
import type { TargetRow } from '../../../../src/server/api-types.ts';
import { countAlarms, orderRows, visibleRows } from '../../../../src/server/page/rows.ts';
import { COLUMNS } from '../../../../src/server/page/route.ts';

function row(name: string, changes: Partial<TargetRow> = {}): TargetRow {
  return {
    namespace: 'shop',
    name,
    workload: `Deployment/${name}`,
    mode: 'Scale',
    metrics: '',
    why: '',
    alarms: [],
    sizes: [],
    current: undefined,
    desired: undefined,
    unclamped: undefined,
    ready: undefined,
    min: 1,
    max: 10,
    ratio: undefined,
    lastScaleTime: undefined,
    decidedAt: undefined,
    ...changes,
  };
}

const ROWS = [
  row('c', { current: 10, ratio: 0.2, why: 'held by the scale-down window', lastScaleTime: '2026-01-01T00:00:00Z' }),
  row('a', { current: 9, ratio: 1.4, alarms: [{ kind: 'AtMax', text: 'At maxReplicas' }], metrics: 'cpu: 84%/60%' }),
  row('b', { current: 100, lastScaleTime: '2026-01-02T00:00:00Z', workload: 'StatefulSet/queue' }),
  row('d', { alarms: [{ kind: 'InvalidSpec', text: 'spec.metrics: none' }] }),
];
const names = (query: string, sort: (typeof COLUMNS)[number], descending = false): string =>
  orderRows(ROWS, { query, sort, descending })
    .map((key) => key.replace('shop/', ''))
    .join(' ');

describe('the order of rows', () => {
  it('alarms first, the gravest before all', () => {
    expect(names('', 'alarms')).toBe('d a b c');
  });

  it('numbers by size, not by their letters; what is unknown last, either way', () => {
    expect(names('', 'size')).toBe('a c b d');
    expect(names('', 'size', true)).toBe('b c a d');
    expect(names('', 'load', true)).toBe('a c b d');
  });

  it('the newest change first', () => {
    expect(names('', 'changed')).toBe('b c a d');
  });

  it.each(COLUMNS)('by %s has every row once', (column) => {
    expect(names('', column).split(' ').toSorted()).toEqual(['a', 'b', 'c', 'd']);
  });

  it.each([
    ['shop/a', 'a'],
    ['STATEFULSET', 'b'],
    ['scale-down window', 'c'],
    ['down held', 'c'],
    ['cpu', 'a'],
    ['invalidspec', 'd'],
    ['nothing like it', ''],
    ['.*', ''],
  ])('searched for %j', (query, found) => {
    expect(names(query, 'target')).toBe(found);
  });

  it('counts targets with an alarm', () => {
    expect(countAlarms(ROWS)).toBe(2);
  });
});

describe('rows in sight', () => {
  const at = (scrollTop: number, count = 5000) => visibleRows({ scrollTop, height: 680, rowHeight: 34, count }, 8);

  it('are those of the window and some on either side', () => {
    expect(at(0)).toEqual({ first: 0, end: 28 });
    expect(at(3400)).toEqual({ first: 92, end: 128 });
    expect(at(34 * 5000)).toEqual({ first: 4992, end: 5000 });
  });

  it('are none of none, and never beyond the last', () => {
    expect(at(0, 0)).toEqual({ first: 0, end: 0 });
    expect(at(3400, 10)).toEqual({ first: 2, end: 10 });
  });
});
