// A container's environment and command line.
import { expect, test } from 'vitest';
import { commandLine, containerEnvironment, expand } from '../../../../src/localcluster/kubelet/environment.ts';
import type { Container, Pod } from '../../../../src/localcluster/workloads/types.ts';

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
  const environment = containerEnvironment(pod, container, ports, { PATH: '/bin', SECRET: 'host' });
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
  expect(containerEnvironment(pod, { name: 'main' }, ports, {})['PORT']).toBe('20001');
});

test('the command line: its own, that of its image, or the idle stand-in', () => {
  const options = { images: { 'web:1': ['node', 'server.mjs'] } };
  const line = (container: Partial<Container>) => commandLine({ name: 'main', ...container }, { PORT: '1' }, options);
  expect(line({ command: ['serve', '--port=$(PORT)'], args: ['-v'], image: 'web:1' })).toEqual({
    argv: ['serve', '--port=1', '-v'],
    idle: false,
  });
  expect(line({ image: 'web:1', args: ['-v'] })).toEqual({ argv: [process.execPath, 'server.mjs', '-v'], idle: false });
  expect(line({ image: 'nginx', args: ['-g'] })).toMatchObject({ idle: true });
});
