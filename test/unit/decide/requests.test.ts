// What a pod requests of a resource.
import { describe, expect, it } from 'vitest';
import { integersOf } from '../../../src/decide/numbers.ts';
import { requestsOf } from '../../../src/decide/requests.ts';
import type { PodState } from '../../../src/decide/types.ts';
import { pod } from '../../support/situations.ts';
import { spec } from '../../support/targets.ts';

const exact = integersOf(spec({ guards: 'Enabled' }));

function request(changes: Partial<PodState>, resource = 'cpu', container?: string): bigint | string | undefined {
  const answer = requestsOf([pod('web', changes)], resource, container, exact);
  return answer.error ?? answer.byPod.get('web');
}

const main = { name: 'main', requests: { cpu: 500n } };
const init = (name: string, cpu: bigint, restartable = false) => ({ name, requests: { cpu }, restartable });

describe('the request of a pod', () => {
  it('sums containers and native sidecars, and leaves other init containers out', () => {
    const initContainers = [init('mesh', 100n, true), init('setup', 9000n)];
    expect(request({ containers: [main, { name: 'log', requests: { cpu: 50n } }], initContainers })).toBe(650n);
  });

  it('is missing as a whole when one container has none', () => {
    expect(request({ containers: [main, { name: 'log', requests: {} }] })).toBe(
      'missing request for cpu in container log of Pod web',
    );
  });

  it('takes one container when asked for it, also a sidecar', () => {
    const initContainers = [init('mesh', 100n, true), init('setup', 9000n)];
    expect(request({ containers: [main], initContainers }, 'cpu', 'main')).toBe(500n);
    expect(request({ containers: [main], initContainers }, 'cpu', 'mesh')).toBe(100n);
    expect(request({ containers: [main], initContainers }, 'cpu', 'setup')).toBe(
      'container setup not found in Pod web',
    );
  });

  it('takes the request of the pod as a whole where it names the resource', () => {
    expect(request({ containers: [{ name: 'main', requests: {} }], podRequests: { cpu: 900n } })).toBe(900n);
  });

  it('with a pod-level request for another resource only, counts the hungriest moment of the initialization', () => {
    const initContainers = [init('mesh', 100n, true), init('setup', 9000n)];
    const changes = { containers: [main], initContainers, podRequests: { memory: 1n } };
    expect(request(changes)).toBe(9100n);
    expect(request({ ...changes, initContainers: [init('setup', 9000n), init('mesh', 100n, true)] })).toBe(9000n);
    expect(request({ ...changes, initContainers: [] })).toBe(500n);
    expect(request(changes, 'nvidia.com/gpu')).toBe('missing pod-level request for nvidia.com/gpu in Pod web');
  });

  it('does not take inherited properties for resources', () => {
    expect(request({ containers: [main] }, 'constructor')).toBe(
      'missing request for constructor in container main of Pod web',
    );
  });

  it('fails for the first pod without one, ignored pods included', () => {
    const all = [pod('a', { deleting: true, containers: [{ name: 'main', requests: {} }] }), pod('b')];
    expect(requestsOf(all, 'cpu', undefined, exact).error).toBe('missing request for cpu in container main of Pod a');
  });
});
