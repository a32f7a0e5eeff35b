// What a container's process sees: its environment and its command line with `$(NAME)` references filled in. Pure.
import { parseQuantityMilli } from '../../base/quantity.ts';
import type { Container, EnvVar, Pod } from '../workloads/types.ts';
import { LOCAL_IP, NODE_NAME } from './annotations.ts';
import { type ConfigData, type ConfigKind, entriesFor, MissingConfig } from './config-data.ts';
import { type Mount, withLocalPaths } from './volumes.ts';

/** The few variables that a process needs from the host to find programs and its home. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'USER', 'LD_LIBRARY_PATH'];

/** Tells a container where its volumes are: JSON from mountPath to the path of this machine. */
const MOUNTS_VARIABLE = 'LOCALCLUSTER_MOUNTS';

/** What an environment is made of beside the pod itself. */
export interface EnvironmentSources {
  /** containerPort → local port. */
  ports: ReadonlyMap<number, number>;
  /** Variables of the host. */
  host: Readonly<Record<string, string | undefined>>;
  config: ConfigData;
  /** Variables that name the Services. */
  services: Readonly<Record<string, string>>;
  /** What the node has, for limits that a container does not set. */
  allocatable: Readonly<Record<string, string>>;
  mounts: readonly Mount[];
}

/**
 * The container's environment: host basics, the Services, `envFrom`, its own `env`, and PORT. PORT cannot be overridden: pods share one
 * address, so a fixed port would be the same for all of them. @throws MissingConfig
 */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  sources: EnvironmentSources,
): Record<string, string> {
  const { ports, host, services, config, mounts } = sources;
  const own = portVariables(container, ports);
  const environment: Record<string, string> = { HOSTNAME: pod.metadata.name };
  for (const name of INHERITED) {
    const value = host[name];
    if (value !== undefined) environment[name] = value;
  }
  Object.assign(environment, pod.spec.enableServiceLinks === false ? {} : services, own, fromConfig(container, config));
  for (const variable of container.env ?? []) {
    const value = valueOf(pod, container, variable, sources);
    if (value === undefined) continue;
    // Only what the manifest says literally is a text with references in it.
    environment[variable.name] = variable.valueFrom ? value : withLocalPaths(expand(value, environment), mounts);
  }
  const places = Object.fromEntries(mounts.map(({ mountPath, localPath }) => [mountPath, localPath]));
  return { ...environment, ...(mounts.length > 0 ? { [MOUNTS_VARIABLE]: JSON.stringify(places) } : {}), ...own };
}

/** Undefined: the variable is not set, because what it is taken from is not there and need not be. */
function valueOf(
  pod: Pod,
  container: Container,
  { value, valueFrom }: EnvVar,
  { config, allocatable }: EnvironmentSources,
): string | undefined {
  if (!valueFrom) return value ?? '';
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) return fieldOf(pod, fieldRef.fieldPath);
  if (configMapKeyRef) return keyOf(pod, 'configmap', configMapKeyRef, config);
  if (secretKeyRef) return keyOf(pod, 'secret', secretKeyRef, config);
  if (!resourceFieldRef) return '';
  const { containerName = container.name } = resourceFieldRef;
  return resourceOf(
    pod.spec.containers.find(({ name }) => name === containerName),
    resourceFieldRef,
    allocatable,
  );
}

function fromConfig({ envFrom }: Container, config: ConfigData): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const { prefix = '', configMapRef, secretRef } of envFrom ?? []) {
    const entries =
      (configMapRef && entriesFor(config, 'configmap', configMapRef)) ??
      (secretRef && entriesFor(config, 'secret', secretRef));
    for (const [key, bytes] of entries ?? []) variables[prefix + key] = bytes.toString('utf8');
  }
  return variables;
}

function keyOf(
  pod: Pod,
  kind: ConfigKind,
  selector: { name?: string; key: string; optional?: boolean },
  config: ConfigData,
): string | undefined {
  const value = entriesFor(config, kind, selector)?.get(selector.key)?.toString('utf8');
  if (value !== undefined || selector.optional === true) return value;
  const what = kind === 'configmap' ? 'ConfigMap' : 'Secret';
  throw new MissingConfig(`couldn't find key ${selector.key} in ${what} ${pod.metadata.namespace}/${selector.name}`);
}

/** Such as `limits.cpu` in units of `divisor`, rounded up. A limit that is not set is what the node has. */
function resourceOf(
  container: Container | undefined,
  { resource, divisor }: { resource: string; divisor?: string },
  allocatable: Readonly<Record<string, string>>,
): string {
  const [part, name = ''] = resource.split(/\.(.*)/s);
  const { limits = {}, requests = {} } = container?.resources ?? {};
  const text = part === 'limits' ? (limits[name] ?? allocatable[name]) : (requests[name] ?? '0');
  const amount = parseQuantityMilli(text ?? '0') ?? 0n;
  const unit = parseQuantityMilli(divisor === undefined || divisor === '0' ? '1' : divisor) || 1000n;
  return String((amount + unit - 1n) / unit);
}

/** PORT is the container's first port, or the pod's; PORT_8080 is the local port for the containerPort 8080. */
function portVariables(container: Container, ports: ReadonlyMap<number, number>): Record<string, string> {
  const variables: Record<string, string> = {};
  for (const [containerPort, port] of ports) if (containerPort > 0) variables[`PORT_${containerPort}`] = String(port);
  const mine = container.ports?.[0]?.containerPort;
  const port = (mine === undefined ? undefined : ports.get(mine)) ?? [...ports.values()][0];
  return port === undefined ? variables : { ...variables, PORT: String(port) };
}

/** Fills in `$(NAME)`; `$$(NAME)` stays as `$(NAME)`, an unknown name as it is. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return environment[name] ?? match;
  });
}

function fieldOf(pod: Pod, path: string): string {
  const { metadata } = pod;
  const keyed = /^metadata\.(labels|annotations)\['([^']+)'\]$/.exec(path);
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace ?? '';
    case 'metadata.uid':
      return metadata.uid;
    case 'spec.nodeName':
      return NODE_NAME;
    case 'status.podIP':
    case 'status.podIPs':
    case 'status.hostIP':
      return LOCAL_IP;
    default:
      return '';
  }
}

/** How the containers without a command of their own are played. */
export interface CommandOptions {
  /** Image → command line. */
  images: Readonly<Record<string, readonly string[]>>;
  mounts: readonly Mount[];
}

/** Plays an image that nobody can run here: takes no CPU and ends at once when asked to. */
const IDLE = ['sleep', '2147483647'];

/** The command line, and whether it is the idle stand-in (which answers no probes). */
export function commandLine(
  container: Container,
  environment: Readonly<Record<string, string>>,
  { images, mounts }: CommandOptions,
): { argv: string[]; idle: boolean } {
  const args = container.args ?? [];
  const known = container.image === undefined ? undefined : images[container.image];
  const command = container.command?.length ? [...container.command, ...args] : known && [...known, ...args];
  if (!command) return { argv: IDLE, idle: true };
  const [program = '', ...rest] = command.map((part) => withLocalPaths(expand(part, environment), mounts));
  // The system's node may be an old one.
  return { argv: [program === 'node' ? process.execPath : program, ...rest], idle: false };
}
