// What a container is started with: its environment, its command line, its working directory, with the paths of its volumes on this
// machine. Waits for the ConfigMaps and Secrets that it takes them from.
import type { ObjectStore } from '../objects.ts';
import type { Container, Pod, Service } from '../workloads/types.ts';
import { NODE_NAME } from './annotations.ts';
import { configData, untilConfigured } from './config-data.ts';
import { commandLine, containerEnvironment } from './environment.ts';
import { CLUSTER_ID_VARIABLE } from './reaper.ts';
import { serviceEnvironment } from './service-environment.ts';
import { type Mount, mountsOf, withLocalPaths } from './volumes.ts';

export interface ContainerSetup {
  env: Record<string, string>;
  argv: readonly string[];
  cwd: string;
  /** An image that nobody can run here: a stand-in that answers no probes. */
  idle: boolean;
  mounts: readonly Mount[];
}

export interface SetupDeps {
  store: ObjectStore;
  clusterId: string;
  images: Readonly<Record<string, readonly string[]>>;
  cwd: string;
  host: Readonly<Record<string, string | undefined>>;
}

/** `folders`: of the pod's volumes. `missing` is told what the container waits for. Rejects when `signal` fires. */
export function setUpContainer(
  deps: SetupDeps,
  {
    pod,
    container,
    ports,
    folders,
    signal,
  }: {
    pod: Pod;
    container: Container;
    ports: ReadonlyMap<number, number>;
    folders: ReadonlyMap<string, string>;
    signal: AbortSignal;
  },
  missing: (message: string) => void,
): Promise<ContainerSetup> {
  const { store, clusterId, host, images } = deps;
  const { namespace = '' } = pod.metadata;
  const mounts = mountsOf(container, folders);
  const node = store.get('nodes', '', NODE_NAME) as { status?: { allocatable?: Record<string, string> } } | undefined;
  const read = (): ContainerSetup => {
    const environment = containerEnvironment(pod, container, {
      ports,
      host,
      config: configData(store, namespace),
      services: serviceEnvironment(store.list('services', namespace) as readonly Service[]),
      allocatable: node?.status?.allocatable ?? {},
      mounts,
    });
    const env = { ...environment, [CLUSTER_ID_VARIABLE]: clusterId };
    const cwd = container.workingDir === undefined ? deps.cwd : withLocalPaths(container.workingDir, mounts);
    return { env, ...commandLine(container, env, { images, mounts }), cwd, mounts };
  };
  return untilConfigured({ store, namespace, signal }, read, missing);
}
