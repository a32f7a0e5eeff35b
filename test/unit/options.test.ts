import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, onTestFinished } from 'vitest';
import { OPTION_TABLE, optionHelp } from '../../src/option-table.ts';
import { environment, parseOptions, podNamespace, type Options } from '../../src/options.ts';

function options(given: Record<string, unknown> = {}, env: Record<string, string> = {}): Options {
  const outcome = parseOptions(given, env, undefined);
  if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
  return outcome.options;
}

function faults(given: Record<string, unknown>, env: Record<string, string> = {}): readonly string[] {
  const outcome = parseOptions(given, env, undefined);
  return 'faults' in outcome ? outcome.faults : [];
}

describe('the table', () => {
  test('has every flag of the product, each with its environment twin', () => {
    expect(OPTION_TABLE.map((row) => row.flag)).toEqual([
      '--kubeconfig',
      '--namespace',
      '--prometheus-url',
      '--config',
      '--bind-address',
      '--port',
      '--leader-elect',
      '--lease-namespace',
      '--lease-name',
      '--lease-duration',
      '--renew-deadline',
      '--retry-period',
      '--workers',
      '--qps',
      '--burst',
      '--log-level',
      '--sync-period',
      '--tolerance',
      '--downscale-stabilization',
      '--cpu-initialization-period',
      '--initial-readiness-delay',
      '--metrics-per-target',
      '--status-refresh-qps',
      '--page',
      '--page-bind-address',
      '--page-port',
      '--page-host',
      '--page-auth',
      '--journal-bytes',
    ]);
    for (const row of OPTION_TABLE) {
      expect(row.env).toBe(`SETPOINT_${row.flag.slice(2).toUpperCase().replaceAll('-', '_')}`);
      // What unset means is said where there is no default.
      expect(optionHelp(row)).not.toContain('undefined');
      expect(optionHelp(row)).toContain(row.env);
    }
  });

  test('every variable is really read', () => {
    expect.assertions(OPTION_TABLE.length);
    const samples: Record<string, string> = {
      path: '/tmp/x',
      namespace: 'shop',
      url: 'http://prom:9090',
      address: '127.0.0.1',
      boolean: 'false',
      name: 'my.lease',
      choice: 'debug',
      host: 'setpoint.example.com',
    };
    const odd: Record<string, string> = {
      '--port': '81',
      '--lease-duration': '20s',
      '--renew-deadline': '11s',
      '--retry-period': '1s',
      '--workers': '7',
      '--qps': '11',
      '--burst': '12',
      '--sync-period': '21s',
      '--tolerance': '0.2',
      '--downscale-stabilization': '1m',
      '--cpu-initialization-period': '2m',
      '--initial-readiness-delay': '3m',
      '--status-refresh-qps': '3',
      '--page-bind-address': '::1',
      '--page-port': '82',
      '--page-auth': 'kubernetes',
      '--journal-bytes': '100000',
    };
    const plain = JSON.stringify(options());
    for (const row of OPTION_TABLE) {
      const text = odd[row.flag] ?? samples[row.kind] ?? '';
      expect({ flag: row.flag, same: JSON.stringify(options({}, { [row.env]: text })) === plain }).toEqual({
        flag: row.flag,
        same: false,
      });
    }
  });
});

describe('defaults', () => {
  test('are the HPA controller and client-go defaults', () => {
    expect(options()).toEqual({
      kubeconfig: undefined,
      namespaces: [],
      prometheusUrl: undefined,
      configFile: undefined,
      bindAddress: '0.0.0.0',
      port: 8080,
      leaderElection: {
        enabled: true,
        namespace: 'setpoint-system',
        name: 'setpoint',
        leaseDurationMs: 15_000,
        renewDeadlineMs: 10_000,
        retryPeriodMs: 2000,
      },
      workers: 32,
      apiRate: { qps: 200, burst: 400 },
      logLevel: 'info',
      syncPeriodMs: 15_000,
      defaults: {
        tolerance: 0.1,
        downscaleStabilizationMs: 300_000,
        cpuInitializationPeriodMs: 300_000,
        initialReadinessDelayMs: 30_000,
      },
      metricsPerTarget: true,
      statusRefreshQps: 2,
      page: { bindAddress: '127.0.0.1', port: 8081, hosts: [], auth: 'none' },
      journalBytes: 4_194_304,
    });
  });

  test('the Lease lives beside the pod unless a namespace is given', () => {
    const outcome = parseOptions({}, {}, 'autoscaling');
    expect('options' in outcome && outcome.options.leaderElection.namespace).toBe('autoscaling');
    const given = parseOptions({ leaseNamespace: 'kube-system' }, {}, 'autoscaling');
    expect('options' in given && given.options.leaderElection.namespace).toBe('kube-system');
  });

  test('the namespace of the pod comes from the service account, where that is readable and sane', () => {
    const directory = mkdtempSync(join(tmpdir(), 'setpoint-options-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'namespace');
    expect(podNamespace(file)).toBeUndefined();
    writeFileSync(file, 'autoscaling\n');
    expect(podNamespace(file)).toBe('autoscaling');
    writeFileSync(file, 'Not A Namespace');
    expect(podNamespace(file)).toBeUndefined();
  });
});

describe('where a value comes from', () => {
  test('the flag wins over the variable, the variable over the default', () => {
    expect(options({ port: '9000' }, { SETPOINT_PORT: '9001' }).port).toBe(9000);
    expect(options({}, { SETPOINT_PORT: '9001' }).port).toBe(9001);
  });

  test('an empty variable is as if unset', () => {
    expect(options({}, { SETPOINT_PORT: '', SETPOINT_NAMESPACE: '', SETPOINT_CONFIG: '' })).toEqual(options());
  });

  test('the link that Kubernetes sets for a Service named setpoint is not taken for a port', () => {
    expect(options({}, { SETPOINT_PORT: 'tcp://10.96.0.12:8080' }).port).toBe(8080);
    expect(faults({ port: 'tcp://10.96.0.12:8080' })).toHaveLength(1);
  });

  test('namespaces repeat, in a variable with commas, and duplicates merge', () => {
    expect(options({ namespace: ['shop', 'web', 'shop'] }).namespaces).toEqual(['shop', 'web']);
    expect(options({}, { SETPOINT_NAMESPACE: 'shop, web' }).namespaces).toEqual(['shop', 'web']);
    expect(faults({}, { SETPOINT_NAMESPACE: 'shop,,web' })[0]).toContain('SETPOINT_NAMESPACE is ""');
  });

  test('booleans come as booleans from commander or as text', () => {
    expect(options({ leaderElect: false }).leaderElection.enabled).toBe(false);
    expect(options({ leaderElect: 'false' }).leaderElection.enabled).toBe(false);
    expect(options({ metricsPerTarget: true }).metricsPerTarget).toBe(true);
    expect(faults({ leaderElect: 'no' })).toEqual(['--leader-elect is "no": give true or false']);
  });

  test('-1 switches the limit of requests off', () => {
    expect(options({ qps: '-1' }).apiRate).toBeUndefined();
    expect(options({ burst: '-1' }).apiRate).toBeUndefined();
    expect(options({ qps: '0.5', burst: '1' }).apiRate).toEqual({ qps: 0.5, burst: 1 });
  });

  test('environment() is a copy of the environment of the process', () => {
    expect(environment()['PATH']).toBe(process.env['PATH']);
  });
});

describe('faults', () => {
  test('B68: port "abc", QPS 0, -2 and NaN, lease durations out of order: one clear line each, all at once', () => {
    expect(faults({ port: 'abc', qps: '0', burst: 'NaN', leaseDuration: '5s' }, { SETPOINT_WORKERS: '0' })).toEqual([
      '--port is "abc": give a whole number from 0 to 65535',
      'SETPOINT_WORKERS is "0": give a whole number from 1 to 1000',
      '--qps is "0": give a decimal number from 0.1 to 100000, or -1',
      '--burst is "NaN": give a whole number from 1 to 100000, or -1',
      '--lease-duration is 5s: give more than --renew-deadline, which is 10s',
    ]);
  });

  test.each([
    [{ leaseDuration: '10s' }, 'more than --renew-deadline'],
    [{ renewDeadline: '2.4s' }, 'more than 1.2 times --retry-period'],
    [{ retryPeriod: '9s' }, 'more than 1.2 times --retry-period'],
    [{ leaseDuration: '15500ms' }, 'whole seconds'],
  ])('relation %j is refused', (given, part) => {
    expect(faults(given)).toEqual([expect.stringContaining(part)]);
    // Without election the durations mean nothing.
    expect(faults({ ...given, leaderElect: 'false' })).toEqual([]);
  });

  test('a relation on its edge is accepted', () => {
    expect(faults({ leaseDuration: '3s', renewDeadline: '2.41s', retryPeriod: '2s' })).toEqual([]);
  });

  test.each([
    ['port', '65536'],
    ['port', '-1'],
    ['port', '8080.5'],
    ['port', '0x50'],
    ['port', ' 80'],
    ['qps', '-2'],
    ['qps', '1e3'],
    ['qps', 'Infinity'],
    ['burst', '1.5'],
    ['workers', '1001'],
    ['leaseDuration', '15'],
    ['leaseDuration', '500ms'],
    ['syncPeriod', '0s'],
    ['syncPeriod', '2h'],
    ['syncPeriod', '-15s'],
    ['tolerance', '-0.1'],
    ['tolerance', '10%'],
    ['downscaleStabilization', '25h'],
    ['logLevel', 'verbose'],
    ['bindAddress', 'localhost'],
    ['leaseName', 'Setpoint'],
    ['leaseName', 'a..b'],
    ['leaseNamespace', 'a.b'],
    ['namespace', ['-a']],
    ['config', ''],
    ['kubeconfig', 'a\nb'],
    ['prometheusUrl', 'prometheus:9090'],
    ['prometheusUrl', 'file:///etc/passwd'],
  ])('%s %j is refused with its flag and a remedy', (name, value) => {
    const [fault, ...more] = faults({ [name]: value });
    expect(more).toEqual([]);
    expect(fault).toMatch(/^--[a-z-]+ (?:is|has) .*: give /);
    expect(fault).not.toContain('\n');
  });

  test('a tolerance has no upper end, as the HPA flag has none', () => {
    expect(['1', '2.5'].map((tolerance) => options({ tolerance }).defaults.tolerance)).toEqual([1, 2.5]);
    expect(faults({ tolerance: '-0.1' })).toEqual(['--tolerance is "-0.1": give a decimal number of 0 or more']);
  });

  test('a password in a URL is refused and not repeated', () => {
    const [fault] = faults({ prometheusUrl: 'http://admin:hunter2@prom:9090' });
    expect(fault).toContain('--prometheus-url');
    expect(fault).toContain('credentials');
    expect(fault).not.toContain('hunter2');
  });

  test('a long value is cut', () => {
    expect(faults({ logLevel: 'x'.repeat(10_000) })[0]?.length).toBeLessThan(150);
  });
});

describe('the page', () => {
  test('can be switched off, and has a port of its own', () => {
    expect(options({ page: false }).page).toBeUndefined();
    expect(options({ port: '0', pagePort: '0' }).page?.port).toBe(0);
    expect(faults({ port: '8081' })).toEqual([
      '--page-port is 8081: give another one than --port, or 0 for a free one',
    ]);
    expect(faults({ port: '8081', page: false })).toEqual([]);
  });

  test('answers to further Host names, each once', () => {
    expect(options({ pageHost: ['setpoint.example.com', '10.0.0.1', '10.0.0.1'] }).page?.hosts).toEqual([
      'setpoint.example.com',
      '10.0.0.1',
    ]);
    expect(options({}, { SETPOINT_PAGE_HOST: 'a.example, fd00::1' }).page?.hosts).toEqual(['a.example', 'fd00::1']);
  });

  test.each([
    [{ pageHost: ['https://x'] }, '--page-host is "https://x": give a host name'],
    [{ pageHost: ['x:8081'] }, '--page-host is "x:8081": give a host name'],
    [{ pageHost: ['*'] }, '--page-host is "*": give a host name'],
    [{ pageAuth: 'basic' }, '--page-auth is "basic": give one of none, kubernetes'],
    [{ pagePort: '70000' }, '--page-port is "70000": give a whole number from 0 to 65535'],
    [{ pageBindAddress: 'localhost' }, '--page-bind-address is "localhost": give an IP address'],
    [{ journalBytes: '10' }, '--journal-bytes is "10": give a whole number from 65536 to 1073741824'],
  ])('%j is one clear line', (given, line) => {
    expect(faults(given)).toEqual([expect.stringContaining(line)]);
  });
});
