// Reads the HorizontalPodAutoscalers of a cluster. Only asks; one line says what went wrong.
import type { Clock } from '../../base/clock.ts';
import { isForbidden, isGone, messageOf } from '../../base/errors.ts';
import { KubeClient } from '../../kube/client.ts';
import { loadAccess } from '../../kube/kubeconfig.ts';
import { listAll, listWatchOf } from '../../kube/list-watch.ts';
import { resourcePath } from '../../kube/paths.ts';
import type { RawObject } from '../../kube/raw-object.ts';

export interface ClusterRequest {
  /** See `AccessOptions`. */
  readonly kubeconfig: string | undefined;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly clock: Clock;
  readonly version: string;
  readonly signal: AbortSignal;
}

const HPA = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };
/** A list whose pages expired under way is begun again so often. */
const ATTEMPTS = 3;

export interface ClusterAnswer {
  /** In the order of the API server, with apiVersion and kind. */
  readonly autoscalers: readonly RawObject[];
  /** A line for every namespace that could not be read. */
  readonly faults: readonly string[];
}

/** Throws a SetpointError `InvalidOptions` when there is no usable kubeconfig. */
export async function readAutoscalers(request: ClusterRequest): Promise<ClusterAnswer> {
  const { clock, version, kubeconfig, namespaces, signal } = request;
  const client = new KubeClient({ access: loadAccess({ clock, kubeconfig }), clock, version });
  const autoscalers: RawObject[] = [];
  const faults: string[] = [];
  try {
    for (const namespace of namespaces.length === 0 ? [undefined] : namespaces) {
      try {
        autoscalers.push(...(await readNamespace(client, namespace, signal)));
      } catch (error) {
        faults.push(faultLine(error, namespace));
      }
    }
  } finally {
    await client.close();
  }
  return { autoscalers, faults };
}

async function readNamespace(
  client: KubeClient,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<RawObject[]> {
  const source = listWatchOf(client, resourcePath({ ...HPA, namespace }));
  for (let attempt = 1; ; attempt++) {
    const found: RawObject[] = [];
    try {
      // Items of a list do not repeat what they are.
      await listAll(source, { signal }, (item) =>
        found.push({ ...item, apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' }),
      );
      return found;
    } catch (error) {
      if (!isGone(error) || attempt === ATTEMPTS) throw error;
    }
  }
}

function faultLine(error: unknown, namespace: string | undefined): string {
  const where = namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
  const what = `the HorizontalPodAutoscalers ${where} cannot be read: ${messageOf(error)}`;
  if (!isForbidden(error)) return what;
  const narrower = namespace === undefined ? ', or name the namespaces that you may read with --namespace' : '';
  return `${what}: ask for the verb list on horizontalpodautoscalers in the group autoscaling${narrower}`;
}
