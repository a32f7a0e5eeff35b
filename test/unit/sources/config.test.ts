import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defaultSource, parseSourcesConfig } from '../../../src/sources/config.ts';

function faults(text: string, hasDefault = false): readonly string[] {
  const outcome = parseSourcesConfig(text, hasDefault);
  return 'faults' in outcome ? outcome.faults : [];
}
/** The faults of one source beside a good name and URL. */
const faultsOf = (fields: string) => faults(`prometheus:\n- {name: a, url: "https://prom:9090"${fields}}`);

describe('a good file', () => {
  test('says all of a source', () => {
    const outcome = parseSourcesConfig(
      `
prometheus:
  - name: team-a
    url: https://mimir.monitoring:8443/prometheus
    caFile: /etc/setpoint/ca.pem
    certFile: /etc/setpoint/tls.crt
    keyFile: /etc/setpoint/tls.key
    basicAuth: {username: setpoint, passwordFile: /etc/setpoint/password}
    headers: {X-Scope-OrgID: team-a}
    scrapeInterval: 1m
    timeout: 2500ms
  - name: default
    url: http://prometheus:9090
    bearerTokenFile: /var/run/token
`,
      false,
    );
    expect(outcome).toEqual({
      sources: [
        {
          name: 'team-a',
          url: 'https://mimir.monitoring:8443/prometheus',
          caFile: '/etc/setpoint/ca.pem',
          certFile: '/etc/setpoint/tls.crt',
          keyFile: '/etc/setpoint/tls.key',
          basicAuth: { username: 'setpoint', passwordFile: '/etc/setpoint/password' },
          headers: { 'X-Scope-OrgID': 'team-a' },
          scrapeIntervalMs: 60_000,
          timeoutMs: 2500,
        },
        {
          name: 'default',
          url: 'http://prometheus:9090',
          bearerTokenFile: '/var/run/token',
          headers: {},
          scrapeIntervalMs: 30_000,
          timeoutMs: 5000,
        },
      ],
    });
  });

  test.each(['docs/sources.md', 'docs/install.md'])('the file shown in %s is one', (page) => {
    const text = readFileSync(join(import.meta.dirname, '../../..', page), 'utf8');
    const [, shown = ''] = /```yaml\n(prometheus:\n[\s\S]*?)```/.exec(text) ?? [];
    const outcome = parseSourcesConfig(shown, false);
    expect('sources' in outcome ? outcome.sources.length : outcome.faults).toBe(2);
  });

  test('may be JSON, and may have no sources', () => {
    expect(parseSourcesConfig('{"prometheus": []}', false)).toEqual({ sources: [] });
  });

  test('the source of --prometheus-url has the same defaults', () => {
    expect(defaultSource('http://prom:9090')).toEqual({
      name: 'default',
      url: 'http://prom:9090',
      headers: {},
      scrapeIntervalMs: 30_000,
      timeoutMs: 5000,
    });
  });
});

describe('faults', () => {
  test('all are said at once, each with field, value and remedy', () => {
    expect(
      faults(
        `
prometheus:
- name: Default
  url: ftp://prom
  timeout: abc
  scrapeInterval: 5
  insecureSkipVerify: true
  certFile: /tls.crt
- url: http://prom
  caFile: /ca.pem
  basicAuth: {username: a, usernameFile: /b}
- 5
foo: 1
`,
      ),
    ).toEqual([
      'prometheus[0].name is "Default": give at most 63 lower-case letters, digits and -, not - at either end',
      'prometheus[0].url has the scheme ftp: which cannot be used: give an http:// or https:// URL',
      'prometheus[0].scrapeInterval is 5: give a text, in quotes where it looks like something else',
      'prometheus[0].timeout is "abc": give a duration from 100ms to 30s, such as 15s',
      'prometheus[0]: the field "insecureSkipVerify" is unknown: the certificate is always checked: give caFile',
      'prometheus[1].name is missing: give it',
      'prometheus[1].basicAuth.passwordFile is missing: give it',
      'prometheus[2] is 5: give a map',
      'the field "foo" is unknown: take it out or correct it',
      'prometheus[0].certFile needs keyFile and the other way round: give both',
      'prometheus[1].basicAuth needs one of username and usernameFile: give exactly one',
      'prometheus[1].caFile and certFile have no use without TLS: give an https:// url',
    ]);
  });

  test('B69: empty, not YAML, a list, aliases that explode, 100 MB', () => {
    expect(faults('')).toEqual(['is empty: give a list "prometheus:" of sources']);
    expect(faults('# only a comment')).toEqual(['is empty: give a list "prometheus:" of sources']);
    expect(faults('prometheus: [')[0]).toMatch(/^is not valid YAML: .* at line 1/);
    expect(faults('[]')).toEqual(['the file is a list: give a map']);
    expect(faults('prometheus: {}')).toEqual(['prometheus is a map: give a list']);
    const bomb = [
      'a: &a [x, x, x, x, x, x]',
      ...'bcdefgh'.split('').map((name, index) => {
        const before = 'abcdefgh'[index];
        return `${name}: &${name} [${Array.from({ length: 6 }, () => `*${before}`).join(', ')}]`;
      }),
    ].join('\n');
    expect(faults(bomb)).toEqual(['is not valid YAML: it has too many aliases']);
    expect(faults('x'.repeat(2_000_000))[0]).toContain('is too long');
  });

  test('B69: duplicate names, and a second definition of default', () => {
    const two =
      'prometheus:\n- {name: default, url: "http://a"}\n- {name: b, url: "http://b"}\n- {name: b, url: "http://c"}';
    expect(faults(two)).toEqual(['prometheus[2].name is "b" again: give each source its own']);
    expect(faults(two, true)).toEqual([
      'prometheus[0].name is "default", which --prometheus-url defines too: leave out one of the two',
      'prometheus[2].name is "b" again: give each source its own',
    ]);
  });

  test('the same key twice in a map is a fault, not a choice', () => {
    expect(faults('prometheus: []\nprometheus: []')[0]).toContain('Map keys must be unique');
  });

  test('B22: names are a closed alphabet', () => {
    for (const name of ['../admin', 'a/b', 'a b', '-a', 'ä', '', 'A', 'a'.repeat(64), '__proto__']) {
      expect(faults(`prometheus:\n- {name: ${JSON.stringify(name)}, url: "http://a"}`)).toEqual([
        expect.stringContaining('prometheus[0].name is'),
      ]);
    }
  });

  test.each([
    [', timeout: 50ms', 'prometheus[0].timeout is "50ms"'],
    [', timeout: 31s', 'prometheus[0].timeout is "31s"'],
    [', timeout: "-5s"', 'prometheus[0].timeout is "-5s"'],
    [', scrapeInterval: 500ms', 'prometheus[0].scrapeInterval is "500ms"'],
    [', scrapeInterval: 2h', 'prometheus[0].scrapeInterval is "2h"'],
    [', caFile: ""', 'prometheus[0].caFile is ""'],
    [', bearerTokenFile: 5', 'prometheus[0].bearerTokenFile is 5'],
    [', bearerTokenFile: /t, basicAuth: {username: a, passwordFile: /p}', 'is given beside basicAuth'],
    [', basicAuth: {passwordFile: /p}', 'needs one of username and usernameFile'],
    [', basicAuth: {username: a, password: hunter2, passwordFile: /p}', 'the field "password" is unknown'],
    [', keyFile: /k', 'certFile needs keyFile'],
    [', headers: {Authorization: Bearer hunter2}', 'prometheus[0].headers.Authorization cannot be set here'],
    [', headers: {Accept-Encoding: gzip}', 'prometheus[0].headers.Accept-Encoding cannot be set here'],
    [', headers: {Host: evil}', 'prometheus[0].headers.Host cannot be set here'],
    [', headers: {"X Y": z}', 'prometheus[0].headers.X Y is no HTTP header'],
    [', headers: {X-Y: "hunter2\\r\\nHost: evil"}', 'prometheus[0].headers.X-Y is no HTTP header'],
    [', headers: {X-Y: 5}', 'prometheus[0].headers.X-Y is 5'],
    [', headers: [a]', 'prometheus[0].headers is a list'],
    [', bearerToken: hunter2', 'give bearerTokenFile'],
  ])('%s', (fields, part) => {
    const [fault, ...more] = faultsOf(fields);
    expect(more).toEqual([]);
    expect(fault).toContain(part);
    // Secrets that were written where none belong are not repeated.
    expect(fault).not.toContain('hunter2');
  });
});
