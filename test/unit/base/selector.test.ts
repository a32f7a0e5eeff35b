import { describe, expect, it } from 'vitest';
import {
  type Labels,
  matches,
  parseSelector,
  selectorFromObject,
  stringifySelector,
} from '../../../src/base/selector.ts';

const parsed = (text: string) => {
  const { selector, error } = parseSelector(text);
  if (!selector) throw new Error(error);
  return selector;
};

describe('parseSelector', () => {
  it.each<[text: string, labels: Labels, expected: boolean]>([
    ['', {}, true],
    ['app=web', { app: 'web' }, true],
    ['app==web', { app: 'web' }, true],
    ['app = web , tier=front', { app: 'web', tier: 'front' }, true],
    ['app=web,tier=front', { app: 'web' }, false],
    ['app!=web', {}, true],
    ['app!=web', { app: 'web' }, false],
    ['app in (web, api)', { app: 'api' }, true],
    ['app in (web, api)', { app: 'db' }, false],
    ['app notin (web)', {}, true],
    ['app', { app: '' }, true],
    ['!app', { app: '' }, false],
    ['!app', {}, true],
    ['app=', { app: '' }, true],
    ['app in (,web)', { app: '' }, true],
    ['n>5', { n: '6' }, true],
    ['n>5', { n: '5' }, false],
    ['n<5', { n: 'x' }, false],
    ['n<5', {}, false],
    ['example.com/app=web', { 'example.com/app': 'web' }, true],
    ['in=notin', { in: 'notin' }, true],
  ])('%s on %j is %s', (text, labels, expected) => {
    expect(matches(parsed(text), labels)).toBe(expected);
  });

  it.each([
    ['app=web=x', 'expected ","'],
    ['app in web', 'expected "("'],
    ['app in (web', 'expected ")"'],
    [',', 'expected a label key'],
    ['app=web,', 'found "the end"'],
    ['=x', 'expected a label key'],
    ['a b', 'expected one of'],
    ['n>x', 'whole number'],
    ['-app=x', 'not a valid label key'],
    ['UPPER.com/app=x', 'not a valid label key'],
    ['a/b/c', 'not a valid label key'],
    [`app=${'x'.repeat(64)}`, 'not a valid label value'],
    ['app=web)', 'expected ","'],
  ])('refuses %s', (text, message) => {
    expect(parseSelector(text).error).toContain(message);
  });

  it('takes names of object properties as plain labels (B30)', () => {
    expect(matches(parsed('constructor'), {})).toBe(false);
    expect(matches(parsed('!toString,constructor=x'), JSON.parse('{"constructor":"x"}'))).toBe(true);
  });

  it('prints what it read, sorted, so that reading again gives the same', () => {
    const text = stringifySelector(parsed('tier in (edge,front),app=web,!old,x notin (b,a),n>3,z!=1,has'));
    expect(text).toBe('app=web,has,n>3,!old,tier in (edge,front),x notin (a,b),z!=1');
    expect(stringifySelector(parsed(text))).toBe(text);
  });

  it('reads a hostile text in linear time', () => {
    expect(parseSelector('('.repeat(50_000)).error).toContain('expected a label key');
    expect(parseSelector(`${' '.repeat(50_000)}a`).error).toBeUndefined();
  });
});

describe('selectorFromObject', () => {
  it('gives the string form that /scale would', () => {
    const { selector } = selectorFromObject({
      matchLabels: { tier: 'front', app: 'web' },
      matchExpressions: [
        { key: 'env', operator: 'NotIn', values: ['dev', 'ci'] },
        { key: 'live', operator: 'Exists' },
      ],
    });
    expect(stringifySelector(selector ?? [])).toBe('app=web,env notin (ci,dev),live,tier=front');
  });

  it('names an operator it does not know, a missing value and a value too many', () => {
    expect(selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Near' }] }).error).toContain('"Near"');
    expect(selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'In' }] }).error).toContain('needs a value');
    expect(selectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] }).error).toContain(
      'takes no values',
    );
  });
});
