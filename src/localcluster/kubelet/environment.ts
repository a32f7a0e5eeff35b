// What a container's process sees: its environment and its command line with `$(NAME)` references filled in. Pure.
import type { Container, Pod } from '../workloads/types.ts';
import { LOCAL_IP, NODE_NAME } from './annotations.ts';

/** The few variables that a process needs from the host to find programs and its home. */
const INHERITED = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'USER', 'LD_LIBRARY_PATH'];

/**
 * The container's environment: host basics, its own `env`, and PORT. PORT cannot be overridden: pods share one address, so
 * a fixed port would be the same for all of them.
 */
export function containerEnvironment(
  pod: Pod,
  container: Container,
  ports: ReadonlyMap<number, number>,
  host: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const own = portVariables(container, ports);
  const environment: Record<string, string> = { HOSTNAME: pod.metadata.name, ...own };
  for (const name of INHERITED) {
    const value = host[name];
    if (value !== undefined) environment[name] = value;
  }
  for (const { name, value, valueFrom } of container.env ?? []) {
    const path = valueFrom?.fieldRef?.fieldPath;
    environment[name] = path === undefined ? expand(value ?? '', environment) : fieldOf(pod, path);
  }
  return { ...environment, ...own };
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
}

/** Plays an image that nobody can run here: takes no CPU and ends at once when asked to. */
const IDLE = ['sleep', '2147483647'];

/** The command line, and whether it is the idle stand-in (which answers no probes). */
export function commandLine(
  container: Container,
  environment: Readonly<Record<string, string>>,
  { images }: CommandOptions,
): { argv: string[]; idle: boolean } {
  const args = container.args ?? [];
  const known = container.image === undefined ? undefined : images[container.image];
  const command = container.command?.length ? [...container.command, ...args] : known && [...known, ...args];
  if (!command) return { argv: IDLE, idle: true };
  const [program = '', ...rest] = command.map((part) => expand(part, environment));
  // The system's node may be an old one.
  return { argv: [program === 'node' ? process.execPath : program, ...rest], idle: false };
}
