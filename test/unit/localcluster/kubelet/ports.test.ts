// Which local port stands for which port of a pod.
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { localPort, PortAllocator, portAnnotations } from '../../../../src/localcluster/kubelet/ports.ts';
import type { ContainerPort, Pod } from '../../../../src/localcluster/workloads/types.ts';

function pod(ports: ContainerPort[], local: Map<number, number>): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', uid: 'u', resourceVersion: '1', creationTimestamp: '', annotations: portAnnotations(local) },
    spec: { containers: [{ name: 'main', ports }] },
  };
}

test('by name and by number; an undeclared number is the first port, an unknown name none', () => {
  const ports = [
    { name: 'http', containerPort: 80 },
    { name: 'metrics', containerPort: 9090 },
  ];
  const two = pod(
    ports,
    new Map([
      [80, 20_001],
      [9090, 20_002],
    ]),
  );
  expect(localPort(two, 'http')).toBe(20_001);
  expect(localPort(two, 9090)).toBe(20_002);
  expect(localPort(two, 'metrics')).toBe(20_002);
  expect(localPort(two, 1234)).toBe(20_001);
  expect(localPort(two, undefined)).toBe(20_001);
  expect(localPort(two, 'nothing')).toBeUndefined();
  expect(localPort(pod([], new Map([[0, 20_003]])), 8080)).toBe(20_003);
  expect(localPort(pod(ports, new Map()), 'http')).toBeUndefined();
});

test('ports are given out once, and only when nobody listens on them', async () => {
  const allocator = new PortAllocator();
  const [first, second] = [await allocator.allocate(), await allocator.allocate()];
  expect(first).not.toBe(second);
  const server = createServer();
  const next = second + 1 < 32_000 ? second + 1 : 20_000;
  const listening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(next, '127.0.0.1', () => resolve(true));
  });
  try {
    expect(await allocator.allocate()).not.toBe(next);
  } finally {
    if (listening) server.close();
  }
});
