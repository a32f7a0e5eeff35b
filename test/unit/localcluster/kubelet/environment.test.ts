// A container's environment and command line.
import { describe, expect, test } from 'vitest';
import { LOCAL_PORT_ANNOTATION } from '../../../../src/localcluster/kubelet/annotations.ts';
import { commandLine, containerEnvironment, expand } from '../../../../src/localcluster/kubelet/environment.ts';
import { serviceEnvironment } from '../../../../src/localcluster/kubelet/service-environment.ts';
import type { Container, Pod, Service } from '../../../../src/localcluster/workloads/types.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-1',
    namespace: 'shop',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { app: 'web', 'a.b/c': 'd' },
  },
  spec: { containers: [] },
} satisfies Pod;
const nothing = {
  host: {},
  services: {},
  allocatable: {},
  mounts: [],
  config: { entries: () => undefined },
};
const ports = new Map([
  [8080, 20_001],
  [9090, 20_002],
]);

test.each([
  ['$(A)-$(B)', 'x-'],
  ['$(UNKNOWN)', '$(UNKNOWN)'],
  ['$$(A)', '$(A)'],
  ['$$', '$'],
  ['$A ${A} $', '$A ${A} $'],
])('expand %s', (text, expected) => {
  expect(expand(text, { A: 'x', B: '' })).toBe(expected);
});

test('variables refer to earlier ones, fields of the pod, and ports; PORT is always the own one', () => {
  const container: Container = {
    name: 'metrics',
    ports: [{ containerPort: 9090 }],
    env: [
      { name: 'A', value: '$(PORT)/$(LATER)' },
      { name: 'LATER', value: 'x' },
      { name: 'PORT', value: '80' },
      { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['a.b/c']" } } },
      { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
      { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    ],
  };
  const environment = containerEnvironment(pod, container, {
    ...nothing,
    ports,
    host: { PATH: '/bin', SECRET: 'host' },
  });
  expect(environment).toEqual({
    HOSTNAME: 'web-1',
    PATH: '/bin',
    PORT: '20002',
    PORT_8080: '20001',
    PORT_9090: '20002',
    A: '20002/$(LATER)',
    LATER: 'x',
    LABEL: 'd',
    NODE: 'local',
    IP: '127.0.0.1',
  });
  expect(containerEnvironment(pod, { name: 'main' }, { ...nothing, ports })['PORT']).toBe('20001');
});

describe('what is taken from elsewhere', () => {
  const entries = new Map([
    ['rate', Buffer.from('40')],
    ['file', Buffer.from('/app/x')],
  ]);
  const sources = {
    ...nothing,
    ports,
    services: { WEB_SERVICE_HOST: '127.0.0.1', WEB_SERVICE_PORT: '20005' },
    allocatable: { cpu: '2', memory: '1000Ki' },
    mounts: [{ mountPath: '/app', localPath: '/tmp/pod/app' }],
    config: { entries: (kind: string, name: string) => (name === `${kind}-there` ? entries : undefined) },
  };
  const of = (container: Partial<Container>, from: Partial<Pod['spec']> = {}) => {
    const whole = { name: 'main', ...container };
    return containerEnvironment({ ...pod, spec: { containers: [whole], ...from } }, whole, sources);
  };

  test('Services come first, then envFrom, then env; a reference may name any of them', () => {
    const environment = of({
      envFrom: [{ prefix: 'P_', configMapRef: { name: 'configmap-there' } }, { secretRef: { name: 'secret-there' } }],
      env: [
        { name: 'rate', value: '50' },
        { name: 'URL', value: 'http://$(WEB_SERVICE_HOST):$(WEB_SERVICE_PORT)/$(P_rate)/$(rate)' },
        { name: 'SCRIPT', value: '/app/server.mjs' },
      ],
    });
    expect(environment).toMatchObject({
      P_rate: '40',
      rate: '50',
      URL: 'http://127.0.0.1:20005/40/50',
      SCRIPT: '/tmp/pod/app/server.mjs',
      // What others wrote is handed on as it is.
      file: '/app/x',
      LOCALCLUSTER_MOUNTS: '{"/app":"/tmp/pod/app"}',
    });
  });

  test('Services can be left out', () => {
    expect(of({}, { enableServiceLinks: false })).not.toHaveProperty('WEB_SERVICE_HOST');
  });

  test('keys of ConfigMaps and Secrets; what is optional and not there is not set', () => {
    const environment = of({
      env: [
        { name: 'A', valueFrom: { configMapKeyRef: { name: 'configmap-there', key: 'rate' } } },
        { name: 'B', valueFrom: { secretKeyRef: { name: 'secret-there', key: 'rate' } } },
        { name: 'C', valueFrom: { configMapKeyRef: { name: 'configmap-there', key: 'no', optional: true } } },
        { name: 'D', valueFrom: { secretKeyRef: { name: 'gone', key: 'no', optional: true } } },
      ],
      envFrom: [{ configMapRef: { name: 'gone', optional: true } }],
    });
    expect(environment).toMatchObject({ A: '40', B: '40' });
    expect(Object.keys(environment)).not.toContain('C');
    expect(Object.keys(environment)).not.toContain('D');
  });

  test.each([
    ['limits.cpu', '1m', '200'],
    ['limits.cpu', undefined, '1'],
    ['limits.memory', '1Mi', '64'],
    ['requests.cpu', '1m', '0'],
    ['limits.ephemeral-storage', undefined, '0'],
  ])('%s in units of %s is %s', (resource, divisor, value) => {
    const resourceFieldRef = { resource, ...(divisor === undefined ? {} : { divisor }) };
    const resources = { limits: { cpu: '200m', memory: '64Mi' } };
    expect(of({ resources, env: [{ name: 'R', valueFrom: { resourceFieldRef } }] })['R']).toBe(value);
  });

  test('a limit that is not set is what the node has', () => {
    const resourceFieldRef = { resource: 'limits.cpu', divisor: '1m' };
    expect(of({ env: [{ name: 'R', valueFrom: { resourceFieldRef } }] })['R']).toBe('2000');
  });

  test.each<[Partial<Container>, string]>([
    [{ envFrom: [{ configMapRef: { name: 'gone' } }] }, 'configmap "gone" not found'],
    [{ envFrom: [{ secretRef: { name: 'gone' } }] }, 'secret "gone" not found'],
    [
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'configmap-there', key: 'k' } } }] },
      "couldn't find key k in ConfigMap shop/configmap-there",
    ],
    [
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'secret-there', key: 'k' } } }] },
      "couldn't find key k in Secret shop/secret-there",
    ],
  ])('%j is missing', (container, message) => {
    expect(() => of(container)).toThrow(message);
  });
});

test('a Service is named by its address on this machine, in capitals and with its ports', () => {
  const service = (name: string, spec: Service['spec'], port?: string): Service => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { ...pod.metadata, name, annotations: port === undefined ? {} : { [LOCAL_PORT_ANNOTATION]: port } },
    spec,
  });
  const services = [
    service('web-api.v1', { ports: [{ name: 'http-main', port: 80 }] }, '20001'),
    service('headless', { clusterIP: 'None' }, '20002'),
    service('elsewhere', { type: 'ExternalName' }, '20003'),
    service('not-yet', { ports: [{ port: 80 }] }),
  ];
  expect(serviceEnvironment(services)).toEqual({
    WEB_API_V1_SERVICE_HOST: '127.0.0.1',
    WEB_API_V1_SERVICE_PORT: '20001',
    WEB_API_V1_SERVICE_PORT_HTTP_MAIN: '20001',
  });
});

test('the command line: its own, that of its image, or the idle stand-in', () => {
  const options = { mounts: [], images: { 'web:1': ['node', 'server.mjs'] } };
  const line = (container: Partial<Container>) => commandLine({ name: 'main', ...container }, { PORT: '1' }, options);
  expect(line({ command: ['serve', '--port=$(PORT)'], args: ['-v'], image: 'web:1' })).toEqual({
    argv: ['serve', '--port=1', '-v'],
    idle: false,
  });
  expect(line({ image: 'web:1', args: ['-v'] })).toEqual({ argv: [process.execPath, 'server.mjs', '-v'], idle: false });
  expect(line({ image: 'nginx', args: ['-g'] })).toMatchObject({ idle: true });
});
