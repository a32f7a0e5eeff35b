import type { lookup } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { guardedLookup, isForbiddenAddress, sourceUrlFault } from '../../../src/sources/source-url.ts';

describe('B24: URLs of sources', () => {
  test.each([
    'http://prometheus:9090',
    'https://prom.example.com/prefix/',
    'http://127.0.0.1:9090',
    'http://[::1]:9090',
    'HTTPS://PROM',
  ])('%s may be used', (url) => {
    expect(sourceUrlFault(url)).toBeUndefined();
  });

  test.each([
    ['', 'not a URL'],
    ['prometheus:9090', 'scheme'],
    ['//prometheus', 'not a URL'],
    ['file:///etc/passwd', 'scheme'],
    ['gopher://x', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['http://user:hunter2@prom', 'credentials'],
    ['http://user@prom', 'credentials'],
    ['http://prom/?x=1', 'query'],
    ['http://prom/?', 'query'],
    ['http://prom/#x', 'fragment'],
    ['http://169.254.169.254/latest', 'link-local'],
    ['http://2852039166/', 'link-local'],
    ['http://0xa9.0xfe.0xa9.0xfe/', 'link-local'],
    ['http://169.254.43518/', 'link-local'],
    ['http://[::ffff:169.254.169.254]/', 'link-local'],
    ['http://[fe80::1]/', 'link-local'],
    [`http://x/${'a'.repeat(5000)}`, 'characters long'],
  ])('%s is refused', (url, part) => {
    const fault = sourceUrlFault(url);
    expect(fault).toContain(part);
    expect(fault).toContain('give ');
    expect(fault).not.toContain('hunter2');
  });
});

describe('addresses', () => {
  test('link-local ones are forbidden, written however; names are not judged', () => {
    expect(
      ['169.254.0.1', '::ffff:169.254.0.1', 'fe80::1', '[fe80::1]', 'fd00:ec2::254'].map(isForbiddenAddress),
    ).toEqual(Array.from({ length: 5 }, () => true));
    expect(['10.0.0.1', '127.0.0.1', '::1', 'fd00::1', 'prometheus', ''].map(isForbiddenAddress)).toEqual(
      Array.from({ length: 6 }, () => false),
    );
  });
});

describe('B25, F37: what a name resolves to', () => {
  const resolving = (...addresses: string[]) =>
    ((_host: string, _options: object, callback: (error: null, found: object[]) => void) => {
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    }) as unknown as typeof lookup;

  const outcome = (resolve: typeof lookup, options: object) =>
    new Promise<unknown[]>((done) => {
      guardedLookup(resolve)('prom', options, (...args) => done(args));
    });

  test('good addresses go through, in the form asked for', async () => {
    const resolve = resolving('10.0.0.1', '10.0.0.2');
    expect(await outcome(resolve, {})).toEqual([null, '10.0.0.1', 4]);
    const [error, all] = await outcome(resolve, { all: true });
    expect(error).toBeNull();
    expect(all).toHaveLength(2);
  });

  test('one forbidden address among good ones refuses all', async () => {
    for (const options of [{}, { all: true }]) {
      const [error] = await outcome(resolving('10.0.0.1', '169.254.169.254'), options);
      expect(error).toMatchObject({ code: 'EFORBIDDENADDRESS' });
    }
  });

  test('a name that does not resolve stays that error', async () => {
    const failing = ((_host: string, _options: object, callback: (error: Error) => void) =>
      callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }))) as unknown as typeof lookup;
    expect((await outcome(failing, { all: true }))[0]).toMatchObject({ code: 'ENOTFOUND' });
    expect((await outcome(failing, {}))[0]).toMatchObject({ code: 'ENOTFOUND' });
  });
});
