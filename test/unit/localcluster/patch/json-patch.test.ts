import { describe, expect, test } from 'vitest';
import { applyJsonPatch } from '../../../../src/localcluster/patch/json-patch.ts';
import { applyMergePatch } from '../../../../src/localcluster/patch/merge-patch.ts';
import { ApiStatusError } from '../../../../src/localcluster/status.ts';

const codeOf = (act: () => unknown): number | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof ApiStatusError ? error.code : -1;
  }
};

describe('JSON patch', () => {
  test.each([
    ['add a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['insert into a list', { a: [1, 3] }, [{ op: 'add', path: '/a/1', value: 2 }], { a: [1, 2, 3] }],
    ['append to a list', { a: [1] }, [{ op: 'add', path: '/a/-', value: 2 }], { a: [1, 2] }],
    ['replace in a list', { a: [1, 2] }, [{ op: 'replace', path: '/a/0', value: 9 }], { a: [9, 2] }],
    ['remove from a list', { a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    ['move', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    ['copy', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    [
      'escaped names',
      { 'x/y': 1, 'm~n': 2 },
      [
        { op: 'replace', path: '/x~1y', value: 3 },
        { op: 'remove', path: '/m~0n' },
      ],
      { 'x/y': 3 },
    ],
    ['test a null that is there', { a: null }, [{ op: 'test', path: '/a', value: null }], { a: null }],
  ])('%s', (_, document, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual(expected);
  });

  test.each([
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }], 422],
    ['a missing path', [{ op: 'remove', path: '/b' }], 422],
    ['replace of what is not there', [{ op: 'replace', path: '/b', value: 1 }], 422],
    ['an index beyond the end', [{ op: 'add', path: '/list/9', value: 1 }], 422],
    ['an index with a leading zero', [{ op: 'replace', path: '/list/00', value: 1 }], 422],
    ['an unknown operation', [{ op: 'increase', path: '/a', value: 1 }], 400],
    ['no list', { op: 'remove', path: '/a' }, 400],
    ['add without a value', [{ op: 'add', path: '/b' }], 400],
    ['a pointer without a slash', [{ op: 'remove', path: 'a' }], 400],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 })), 413],
  ])('%s is refused', (_, patch, code) => {
    expect(codeOf(() => applyJsonPatch({ a: 1, list: [1] }, patch))).toBe(code);
  });

  test('leaves the document alone, also when it is frozen', () => {
    const document = Object.freeze({ list: Object.freeze([1]) });
    expect(applyJsonPatch(document, [{ op: 'add', path: '/list/-', value: 2 }])).toEqual({ list: [1, 2] });
    expect(document).toEqual({ list: [1] });
  });

  test('a member called __proto__ is data', () => {
    const result = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { polluted: true } }]) as object;
    expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('merge patch (the examples of RFC 7386)', () => {
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (document, patch, expected) => {
    expect(applyMergePatch(document, patch)).toEqual(expected);
  });
});
