// The requests of `setpoint explain`: the ScaledTarget from the API server, and what the controller answers, by its own URL or at a
// forwarded port of the pod that leads. Only asks.
import type { Duplex } from 'node:stream';
import { systemClock } from '../../base/clock.ts';
import { startDeadline } from '../../base/deadline.ts';
import { ApiStatusError, isForbidden, isNotFound, messageOf, SetpointError } from '../../base/errors.ts';
import { VERSION } from '../../base/version.ts';
import { KubeClient } from '../../kube/client.ts';
import { type ClusterAccess, loadAccess } from '../../kube/kubeconfig.ts';
import { connectToPod, type PodPort } from '../../kube/port-forward.ts';
import { resourcePath } from '../../kube/paths.ts';
import { SCALED_TARGETS } from '../../kube/scaled-targets.ts';
import { fieldsOf } from '../../record/status.ts';
import { askController } from './controller-answer.ts';
import type { ControllerChoice, ExplainOptions } from './usage.ts';

/** The controller is a convenience: whoever explains does not wait for it long. */
const CONTROLLER_TIMEOUT_MS = 4000;

export interface TargetName {
  readonly namespace: string;
  readonly name: string;
}

/** An answer, or in one line why there is none. */
export type Asked = { readonly body: unknown; readonly where: string } | { readonly fault: string };

/** One cluster for as long as the command runs. Throws a SetpointError `InvalidOptions` where there is no usable kubeconfig. */
export class Cluster {
  readonly target: TargetName;
  readonly #access: ClusterAccess;
  readonly #client: KubeClient;
  readonly #choice: ControllerChoice;
  readonly #signal: AbortSignal;

  constructor({ kubeconfig, context, namespace, name, controller }: ExplainOptions, signal: AbortSignal) {
    const access = loadAccess({ clock: systemClock, kubeconfig, context });
    this.target = { namespace: namespace ?? access.namespace ?? 'default', name };
    this.#access = access;
    this.#client = new KubeClient({ access, clock: systemClock, version: VERSION });
    this.#choice = controller;
    this.#signal = signal;
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  /** The object; rejects with a SetpointError whose message says what to do. */
  async read(): Promise<unknown> {
    try {
      return await this.#client.get(resourcePath({ ...SCALED_TARGETS, ...this.target }), { signal: this.#signal });
    } catch (error) {
      throw this.#signal.aborted ? error : explained(error, this.target);
    }
  }

  /** What the controller answers under `/api/v1/targets/NAMESPACE/NAME` and `rest`. */
  async ask(rest = ''): Promise<Asked> {
    const choice = this.#choice;
    if (choice.kind === 'none') return { fault: choice.why };
    const path = `/api/v1/targets/${encodeURIComponent(this.target.namespace)}/${encodeURIComponent(this.target.name)}${rest}`;
    const deadline = startDeadline(systemClock, CONTROLLER_TIMEOUT_MS, this.#signal);
    let where = choice.kind === 'url' ? choice.url : `the Lease ${choice.namespace}/${choice.lease}`;
    try {
      const { signal } = deadline;
      if (choice.kind === 'url')
        return { body: await askController(`${choice.url}${path}`, { token: choice.token, signal }), where };
      const pod = await this.#leader(choice, signal);
      if ('fault' in pod) return pod;
      const { namespace, port, token } = choice;
      where = `port ${port} of pod ${namespace}/${pod.name}`;
      const connection = await this.#forward({ namespace, pod: pod.name, port }, signal);
      const url = `http://127.0.0.1:${port}${path}`;
      return { body: await askController(url, { token, connection, signal }), where };
    } catch (error) {
      if (this.#signal.aborted) throw error;
      const why = deadline.expired ? `no answer within ${CONTROLLER_TIMEOUT_MS / 1000} s` : messageOf(error);
      return { fault: `${where} did not answer: ${why}` };
    } finally {
      deadline.dispose();
    }
  }

  async #forward(target: PodPort, signal: AbortSignal): Promise<Duplex> {
    try {
      return await connectToPod(this.#access, target, signal);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      // The API server does not always say which verb is missing.
      const remedy = `ask for the verbs get and create on pods/portforward in the namespace ${target.namespace}`;
      throw new SetpointError('ApiStatus', `${messageOf(error).replace(/[:\s]+$/, '')}: ${remedy}`, { cause: error });
    }
  }

  /** The pod that holds the Lease: its identity is its name and a random part. */
  async #leader(
    choice: Extract<ControllerChoice, { kind: 'forward' }>,
    signal: AbortSignal,
  ): Promise<{ readonly name: string } | { readonly fault: string }> {
    const { namespace, lease: name } = choice;
    const path = resourcePath({ group: 'coordination.k8s.io', version: 'v1', resource: 'leases', namespace, name });
    try {
      const lease = await this.#client.get(path, { signal, retry: false });
      const holder = fieldsOf(fieldsOf(lease)['spec'])['holderIdentity'];
      if (typeof holder !== 'string' || holder === '') return { fault: `nobody holds the Lease ${namespace}/${name}` };
      const end = holder.lastIndexOf('_');
      return { name: end === -1 ? holder : holder.slice(0, end) };
    } catch (error) {
      if (signal.aborted) throw error;
      if (isNotFound(error)) return { fault: `there is no Lease ${namespace}/${name} that names its pod` };
      return { fault: `the Lease ${namespace}/${name}, which names its pod, cannot be read: ${messageOf(error)}` };
    }
  }
}

/** What went wrong with the object itself, with the remedy. */
function explained(error: unknown, { namespace, name }: TargetName): SetpointError {
  const keep = { cause: error };
  if (isNotFound(error)) {
    // Without the CRD the path itself is unknown, and the answer is no Status of an object.
    const isObject = error instanceof ApiStatusError && error.reason === 'NotFound' && error.message.includes(name);
    const message = isObject
      ? `there is no ScaledTarget ${namespace}/${name}: kubectl get st -A lists them, -n says the namespace`
      : 'this cluster knows no ScaledTargets: install the CRD (setpoint crd | kubectl apply -f -)';
    return new SetpointError('ApiStatus', message, keep);
  }
  if (isForbidden(error)) {
    const remedy = `ask for the verb get on scaledtargets in the group ${SCALED_TARGETS.group}`;
    return new SetpointError('ApiStatus', `the ScaledTarget ${namespace}/${name} may not be read: ${remedy}`, keep);
  }
  return new SetpointError(
    'Network',
    `the ScaledTarget ${namespace}/${name} cannot be read: ${messageOf(error)}`,
    keep,
  );
}
