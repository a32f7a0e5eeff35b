import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  COLUMNS,
  formatRoute,
  OVERVIEW,
  parseRoute,
  RANGES,
  type Route,
  targetHref,
} from '../../../../src/server/page/route.ts';

describe('what the address says', () => {
  it.each<[string, Route]>([
    ['', OVERVIEW],
    ['#/', OVERVIEW],
    ['#/nowhere/at/all', OVERVIEW],
    ['#/?q=shop+web&sort=load&desc=1', { view: 'overview', query: 'shop web', sort: 'load', descending: true }],
    ['#/?sort=colour', OVERVIEW],
    ['#/targets/shop/web', { view: 'target', namespace: 'shop', name: 'web', at: undefined, range: 'all' }],
    ['#/targets/shop/web?range=5m&at=x', { view: 'target', namespace: 'shop', name: 'web', at: 'x', range: '5m' }],
    ['#/targets/%E0%A4%A/web', OVERVIEW],
  ])('%s', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
  });

  it('writes nothing that is usual', () => {
    expect(formatRoute(OVERVIEW)).toBe('#/');
    expect(targetHref('shop', 'web')).toBe('#/targets/shop/web');
  });

  it('comes back as it was written, whatever is searched for', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1 });
    const overview = fc.record({
      view: fc.constant('overview' as const),
      query: fc.string({ unit: 'grapheme' }),
      sort: fc.constantFrom(...COLUMNS),
      descending: fc.boolean(),
    });
    const target = fc.record({
      view: fc.constant('target' as const),
      namespace: text,
      name: text,
      at: fc.option(text, { nil: undefined }),
      range: fc.constantFrom(...RANGES),
    });
    fc.assert(
      fc.property(fc.oneof(overview, target), (route) => {
        expect(parseRoute(formatRoute(route))).toEqual(route);
      }),
    );
  });
});
