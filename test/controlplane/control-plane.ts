// A real Kubernetes control plane as processes of this machine: see startControlPlane. Which programs and where they come from is
// binaries.ts's, their flags are components.ts's, what is put into the cluster is bootstrap.ts's.
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { kubeconfigText } from '../../src/localcluster/api/kubeconfig.ts';
import { CLUSTER_ID_VARIABLE, Reaper } from '../../src/localcluster/kubelet/reaper.ts';
import { type ApiRegistration, registerApi } from './aggregation.ts';
import { ApiClient } from './api-client.ts';
import { AUDIT_POLICY } from './audit.ts';
import { findPrograms, type Programs } from './binaries.ts';
import { bootstrapApi, bootstrapNodes } from './bootstrap.ts';
import { Certificates, type ServiceCertificate, type Users } from './certificates.ts';
import { answersOk, type ComponentName, componentFlags, type Site } from './components.ts';
import { KWOK_CONFIG, kwokConfig } from './kwok.ts';
import { type ControlPlaneOptions, type Flavour, type PlaneOptions, withDefaults } from './options.ts';
import { isFree, serverPorts } from './ports.ts';
import { ManagedProcess } from './process.ts';
import { type PodUsage, Usages } from './usage.ts';

const ROOT = resolve(import.meta.dirname, '../../.cache/controlplane');

const API_COMPONENTS = ['etcd', 'kube-apiserver'] as const;
/** They need the API server, and nothing of each other to start. */
const FURTHER_COMPONENTS: Readonly<Record<Flavour, readonly ComponentName[]>> = {
  api: [],
  managed: ['kube-controller-manager'],
  full: ['kube-controller-manager', 'kube-scheduler', 'kwok', 'metrics-server'],
};

/** Who the components are; RBAC of the first two comes with Kubernetes, of the others from bootstrap.ts. */
const COMPONENT_USERS: Users = {
  'system:kube-controller-manager': [],
  'system:kube-scheduler': [],
  kwok: [],
  'metrics-server': [],
};

export interface ControlPlane {
  /** Of the API server, without a slash at the end. */
  readonly url: string;
  /** Of `admin`. */
  readonly token: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Path of the kubeconfig of `admin`. */
  readonly kubeconfig: string;
  /** Path of a kubectl of the cluster's version. */
  readonly kubectl: string;
  /** Logs of each component, certificates, kubeconfigs, the data of etcd. */
  readonly directory: string;
  /** Read it with readAudit. */
  readonly auditLogPath: string;
  /** As `admin`. */
  readonly api: ApiClient;
  /** Port of each component on 127.0.0.1. */
  readonly ports: Readonly<Record<ComponentName, number>>;
  /** To stop, kill, start, freeze and thaw one. @throws for one that this flavour has not. */
  component(name: ComponentName): ManagedProcess;
  /** Of those that run. */
  pids(): Readonly<Partial<Record<ComponentName, number>>>;
  /** Stops the API server and starts it on the same port; its clients see connections end and be refused for a few seconds. */
  restartApiServer(): Promise<void>;
  /** One of those in the options. */
  user(name: string): { readonly token: string; readonly kubeconfig: string };
  /** For a server on 127.0.0.1 that answers as a Service, such as an aggregated API. Default namespace `kube-system`. */
  serviceCertificate(service: string, namespace?: string): ServiceCertificate;
  /** Puts an API group that a local https server serves into this one; returns when it is available. */
  registerApi(registration: ApiRegistration): Promise<void>;
  /** What each container of the pods uses from now on, pods that are yet to come included; the last that fits a pod counts. */
  setUsage(usage: PodUsage): Promise<void>;
  /** A port of a pod leads to this one of 127.0.0.1 from now on: its kubelet, which is kwok, forwards there. */
  setPort(pod: PodPlace, port: number, localPort: number): Promise<void>;
  /** Ends every process, and takes the folder away unless it is to be kept. */
  stop(): Promise<void>;
}

interface PodPlace {
  readonly namespace: string;
  readonly name: string;
}

/**
 * Starts etcd, kube-apiserver and, unless the flavour is `api`, kube-controller-manager, kube-scheduler, kwok and metrics-server on
 * 127.0.0.1, and returns when all serve and the nodes are ready. Fetches or builds the programs first where they are missing, which
 * takes minutes.
 * @throws Error with one line; nothing is left running then.
 */
export async function startControlPlane(given: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const options = withDefaults(given);
  const names = [...API_COMPONENTS, ...FURTHER_COMPONENTS[options.flavour]];
  const programs = await findPrograms([...names, 'kubectl'], { log: options.log, signal: given.signal });
  if (given.port !== undefined && !(await isFree(given.port))) {
    throw new Error(`port ${given.port} of 127.0.0.1 is in use: give another one, or none for any that is free`);
  }
  const plane = new Plane(options, programs, await prepare(given, options));
  const giveUp = () => void plane.end();
  given.signal?.addEventListener('abort', giveUp);
  try {
    given.signal?.throwIfAborted();
    await plane.start();
    return plane;
  } catch (error) {
    // The folder stays: the error names a log in it.
    await plane.end();
    given.signal?.throwIfAborted();
    throw error;
  } finally {
    given.signal?.removeEventListener('abort', giveUp);
  }
}

interface Prepared {
  readonly site: Site;
  readonly tokens: ReadonlyMap<string, string>;
  readonly keep: boolean;
}

async function prepare(given: ControlPlaneOptions, options: PlaneOptions): Promise<Prepared> {
  const directory = makeDirectory(given.directory);
  const certificates = new Certificates(join(directory, 'credentials'));
  const users: Users = { admin: ['system:masters'], ...COMPONENT_USERS, ...given.users };
  const { file: tokensFile, tokens } = certificates.tokens(users);
  const [api = 0, ...others] = await serverPorts(7);
  const [etcd = 0, peer = 0, manager = 0, scheduler = 0, kwok = 0, metrics = 0] = others;
  const ports = {
    'kube-apiserver': given.port ?? api,
    etcd,
    'etcd-peer': peer,
    'kube-controller-manager': manager,
    'kube-scheduler': scheduler,
    kwok,
    'metrics-server': metrics,
  };
  const kubeconfigs = new Map(
    [...tokens].map(([user, token]) => {
      const url = `https://127.0.0.1:${ports['kube-apiserver']}`;
      const text = kubeconfigText({ url, token, certificateAuthority: certificates.authority });
      return [user, certificates.write(`${user.replaceAll(':', '-')}.kubeconfig`, text)];
    }),
  );
  const site: Site = {
    options,
    directory,
    certificates,
    ports,
    tokensFile,
    auditPolicyFile: certificates.write('audit-policy.yaml', stringify(AUDIT_POLICY)),
    auditLogFile: join(directory, 'audit.log'),
    serviceAccountKeys: certificates.serviceAccountKeys(),
    kubeconfig: (user) => known(kubeconfigs, user),
    kwokConfigFile: certificates.write(KWOK_CONFIG, kwokConfig(options)),
  };
  return { site, tokens, keep: given.keep ?? false };
}

function makeDirectory(given: string | undefined): string {
  if (given === undefined) {
    mkdirSync(ROOT, { recursive: true });
    return mkdtempSync(join(ROOT, 'run-'));
  }
  rmSync(given, { recursive: true, force: true });
  mkdirSync(given, { recursive: true });
  return resolve(given);
}

function known<T>(map: ReadonlyMap<string, T>, user: string): T {
  const value = map.get(user);
  if (value === undefined) throw new Error(`no user ${user}: the control plane has ${[...map.keys()].join(', ')}`);
  return value;
}

class Plane implements ControlPlane {
  readonly api: ApiClient;
  readonly #options: PlaneOptions;
  readonly #site: Site;
  readonly #tokens: ReadonlyMap<string, string>;
  readonly #keep: boolean;
  readonly #programs: Pick<Programs, ComponentName | 'kubectl'>;
  readonly #processes = new Map<ComponentName, ManagedProcess>();
  readonly #id = randomUUID();
  readonly #reaper = new Reaper(this.#id);
  readonly #usages: Usages;

  constructor(options: PlaneOptions, programs: Programs, { site, tokens, keep }: Prepared) {
    this.#options = options;
    this.#site = site;
    this.#tokens = tokens;
    this.#keep = keep;
    this.#programs = programs;
    this.api = new ApiClient(this.url, this.token, this.certificateAuthority);
    this.#usages = new Usages(this.api);
  }

  get url(): string {
    return `https://127.0.0.1:${this.ports['kube-apiserver']}`;
  }

  get token(): string {
    return known(this.#tokens, 'admin');
  }

  get certificateAuthority(): string {
    return this.#site.certificates.authority;
  }

  get kubeconfig(): string {
    return this.#site.kubeconfig('admin');
  }

  get kubectl(): string {
    return this.#programs.kubectl;
  }

  get directory(): string {
    return this.#site.directory;
  }

  get auditLogPath(): string {
    return this.#site.auditLogFile;
  }

  get ports(): Readonly<Record<ComponentName, number>> {
    return this.#site.ports;
  }

  component(name: ComponentName): ManagedProcess {
    const process = this.#processes.get(name);
    if (process === undefined) throw new Error(`a control plane of flavour ${this.#options.flavour} has no ${name}`);
    return process;
  }

  pids(): Readonly<Partial<Record<ComponentName, number>>> {
    const running = [...this.#processes].filter(([, process]) => process.pid !== undefined);
    return Object.fromEntries(running.map(([name, process]) => [name, process.pid]));
  }

  restartApiServer(): Promise<void> {
    return this.component('kube-apiserver').restart();
  }

  user(name: string): { readonly token: string; readonly kubeconfig: string } {
    return { token: known(this.#tokens, name), kubeconfig: this.#site.kubeconfig(name) };
  }

  serviceCertificate(service: string, namespace = 'kube-system'): ServiceCertificate {
    return this.#site.certificates.service(service, namespace);
  }

  registerApi(registration: ApiRegistration): Promise<void> {
    return registerApi(this.api, this.certificateAuthority, registration);
  }

  setUsage(usage: PodUsage): Promise<void> {
    return this.#usages.set(usage);
  }

  async setPort({ namespace, name }: PodPlace, port: number, localPort: number): Promise<void> {
    await this.api.apply(`/apis/kwok.x-k8s.io/v1alpha1/namespaces/${namespace}/portforwards/${name}`, {
      apiVersion: 'kwok.x-k8s.io/v1alpha1',
      kind: 'PortForward',
      metadata: { name, namespace },
      spec: { forwards: [{ ports: [port], target: { address: '127.0.0.1', port: localPort } }] },
    });
  }

  async start(): Promise<void> {
    for (const name of API_COMPONENTS) await this.#run(name);
    await bootstrapApi(this.api, this.#options);
    if (this.#options.flavour === 'managed') await this.#run('kube-controller-manager');
    if (this.#options.flavour !== 'full') return;
    await this.#usages.write();
    const nodes = bootstrapNodes(this.api, this.#options);
    const metrics = this.#run('metrics-server').then(() =>
      this.registerApi({
        group: 'metrics.k8s.io',
        version: 'v1beta1',
        service: 'metrics-server',
        port: this.ports['metrics-server'],
      }),
    );
    const others = FURTHER_COMPONENTS.full.filter((name) => name !== 'metrics-server').map((name) => this.#run(name));
    await Promise.all([...others, metrics, nodes]);
  }

  async #run(name: ComponentName): Promise<void> {
    const flags = componentFlags(name, this.#site);
    const spec = {
      name,
      program: this.#programs[name],
      args: flags.args,
      environment: { [CLUSTER_ID_VARIABLE]: this.#id },
      logFile: join(this.directory, `${name}.log`),
      isReady: () => answersOk(flags),
    };
    const process = new ManagedProcess(spec, this.#reaper);
    this.#processes.set(name, process);
    const start = performance.now();
    await process.start();
    this.#options.log(`${name} ready in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  }

  async stop(): Promise<void> {
    await this.end();
    if (!this.#keep) rmSync(this.directory, { recursive: true, force: true });
  }

  /** Clients first, etcd last. */
  async end(): Promise<void> {
    const running = [...this.#processes.values()];
    const isClient = (process: ManagedProcess) => !(API_COMPONENTS as readonly string[]).includes(process.spec.name);
    // An API server cannot stop while its etcd is frozen.
    for (const process of running) if (process.pid !== undefined) process.resume();
    await Promise.all(running.filter(isClient).map((process) => process.stop()));
    await this.#processes.get('kube-apiserver')?.stop();
    await this.#processes.get('etcd')?.stop();
    await this.#reaper.close();
    await this.api.close();
  }
}
