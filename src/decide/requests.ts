// What each pod requests of a resource, as the HPA counts it for utilization: every pod is asked, and one without a request
// fails the whole metric.
import type { IntegerRules } from './numbers.ts';
import type { PodState, Requests } from './types.ts';

export type RequestsOfPods =
  | { readonly byPod: ReadonlyMap<string, bigint>; readonly error?: undefined }
  | { readonly byPod?: undefined; readonly error: string };

/** Requests in thousandths by pod name; of one container when `container` is given, else of the pod. */
export function requestsOf(
  pods: readonly PodState[],
  resource: string,
  container: string | undefined,
  integers: IntegerRules,
): RequestsOfPods {
  const byPod = new Map<string, bigint>();
  for (const pod of pods) {
    const request = requestOf(pod, resource, container, integers);
    if (typeof request === 'string') return { error: request };
    byPod.set(pod.name, request);
  }
  return { byPod };
}

/** A number of thousandths, or the HPA's words for why there is none. */
function requestOf(
  pod: PodState,
  resource: string,
  container: string | undefined,
  integers: IntegerRules,
): bigint | string {
  if (container === undefined && hasPodRequests(pod)) {
    const request = podLevelRequest(pod, resource);
    return request === undefined
      ? `missing pod-level request for ${resource} in Pod ${pod.name}`
      : integers.sum(request);
  }
  let total = 0n;
  let found = false;
  const parts = runningContainers(pod);
  // By index: pods are frozen, and to iterate over a frozen list makes an object for each item, here for each pod in every cycle.
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (part === undefined || (container !== undefined && part.name !== container)) continue;
    const request = requestFor(part.requests, resource);
    if (request === undefined) return `missing request for ${resource} in container ${part.name} of Pod ${pod.name}`;
    total = integers.sum(total + request);
    found = true;
  }
  if (container !== undefined && !found) return `container ${container} not found in Pod ${pod.name}`;
  return total;
}

/** Containers and sidecars. */
function runningContainers({ containers, initContainers }: PodState): PodState['containers'] {
  return initContainers.length === 0
    ? containers
    : [...containers, ...initContainers.filter((init) => init.restartable)];
}

function hasPodRequests(pod: PodState): boolean {
  return pod.podRequests !== undefined && Object.keys(pod.podRequests).length > 0;
}

/**
 * The pod's own request; where the pod sets one only for other resources, Kubernetes' general formula for a pod: the sum of its
 * containers and sidecars, or the hungriest moment of its initialization.
 */
function podLevelRequest(pod: PodState, resource: string): bigint | undefined {
  const own = requestFor(pod.podRequests ?? {}, resource);
  if (own !== undefined) return own;
  let running: bigint | undefined;
  let sidecars: bigint | undefined;
  let initializing: bigint | undefined;
  for (const part of pod.containers) running = plus(running, requestFor(part.requests, resource));
  for (const part of pod.initContainers) {
    const request = requestFor(part.requests, resource);
    if (part.restartable) {
      running = plus(running, request);
      sidecars = plus(sidecars, request);
      initializing = larger(initializing, sidecars);
    } else {
      initializing = larger(initializing, plus(sidecars, request));
    }
  }
  return larger(running, initializing);
}

/** Own properties only: a resource may be called anything, `constructor` included. */
function requestFor(requests: Requests, resource: string): bigint | undefined {
  return Object.hasOwn(requests, resource) ? requests[resource] : undefined;
}

function plus(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  return left === undefined ? right : right === undefined ? left : left + right;
}

function larger(left: bigint | undefined, right: bigint | undefined): bigint | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return left > right ? left : right;
}
