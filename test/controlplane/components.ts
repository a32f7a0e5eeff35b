// The flags of each program and how to tell that it serves. Everything listens on 127.0.0.1 with the plane's own certificates.
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import type { Certificates, KeyPair } from './certificates.ts';
import type { PlaneOptions } from './options.ts';
import type { ProgramName } from './versions.ts';

export type ComponentName = Exclude<ProgramName, 'kubectl'>;

/** What the components share. */
export interface Site {
  readonly options: PlaneOptions;
  readonly directory: string;
  readonly certificates: Certificates;
  readonly ports: Readonly<Record<ComponentName | 'etcd-peer', number>>;
  readonly tokensFile: string;
  readonly auditPolicyFile: string;
  readonly auditLogFile: string;
  readonly serviceAccountKeys: { readonly privateFile: string; readonly publicFile: string };
  /** Path of the kubeconfig of a user. */
  readonly kubeconfig: (user: string) => string;
  readonly kwokConfigFile: string;
}

export interface Flags {
  readonly args: readonly string[];
  /** Answers 200 when it serves. */
  readonly readyUrl: string;
  readonly readyTls: { readonly ca: string; readonly cert?: string; readonly key?: string };
}

const flagsOf: Readonly<Record<ComponentName, (site: Site) => Flags>> = {
  etcd,
  'kube-apiserver': apiServer,
  'kube-controller-manager': controllerManager,
  'kube-scheduler': scheduler,
  kwok,
  'metrics-server': metricsServer,
};

export function componentFlags(name: ComponentName, site: Site): Flags {
  const flags = flagsOf[name](site);
  return { ...flags, args: [...flags.args, ...(site.options.extraArgs[name] ?? [])] };
}

/** Rejects while nobody listens. */
export async function answersOk(flags: Flags): Promise<boolean> {
  const agent = new Agent({ connect: { ...flags.readyTls, timeout: 2_000 }, headersTimeout: 5_000 });
  try {
    const { statusCode, body } = await request(flags.readyUrl, { dispatcher: agent });
    await body.dump();
    return statusCode === 200;
  } finally {
    await agent.destroy();
  }
}

function etcd({ options, directory, certificates, ports }: Site): Flags {
  const server = certificates.server('etcd');
  const client = certificates.client('etcd-client');
  const url = `https://127.0.0.1:${ports.etcd}`;
  const peerUrl = `https://127.0.0.1:${ports['etcd-peer']}`;
  return {
    args: [
      `--data-dir=${join(directory, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      `--cert-file=${server.certificateFile}`,
      `--key-file=${server.keyFile}`,
      `--trusted-ca-file=${certificates.authorityFile}`,
      '--client-cert-auth',
      `--peer-cert-file=${server.certificateFile}`,
      `--peer-key-file=${server.keyFile}`,
      `--peer-trusted-ca-file=${certificates.authorityFile}`,
      ...(options.fsync ? [] : ['--unsafe-no-fsync']),
      '--log-level=warn',
    ],
    readyUrl: `${url}/health`,
    readyTls: {
      ca: certificates.authority,
      cert: readFileSync(client.certificateFile, 'utf8'),
      key: readFileSync(client.keyFile, 'utf8'),
    },
  };
}

function apiServer(site: Site): Flags {
  const { options, certificates, ports, serviceAccountKeys } = site;
  const issuer = 'https://kubernetes.default.svc.cluster.local';
  const etcdClient = certificates.client('etcd-client');
  const kubeletClient = certificates.client('kubelet-client', ['system:masters']);
  const frontProxy = certificates.frontProxyClient();
  return {
    args: [
      ...serving(site, 'kube-apiserver', ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc']),
      '--advertise-address=127.0.0.1',
      // An endpoint may not be a loopback address.
      '--endpoint-reconciler-type=none',
      `--etcd-servers=https://127.0.0.1:${ports.etcd}`,
      `--etcd-cafile=${certificates.authorityFile}`,
      `--etcd-certfile=${etcdClient.certificateFile}`,
      `--etcd-keyfile=${etcdClient.keyFile}`,
      '--service-cluster-ip-range=10.0.0.0/16',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${certificates.authorityFile}`,
      `--token-auth-file=${site.tokensFile}`,
      `--service-account-issuer=${issuer}`,
      `--service-account-key-file=${serviceAccountKeys.publicFile}`,
      `--service-account-signing-key-file=${serviceAccountKeys.privateFile}`,
      `--kubelet-certificate-authority=${certificates.authorityFile}`,
      `--kubelet-client-certificate=${kubeletClient.certificateFile}`,
      `--kubelet-client-key=${kubeletClient.keyFile}`,
      '--kubelet-preferred-address-types=InternalIP',
      `--proxy-client-cert-file=${frontProxy.certificateFile}`,
      `--proxy-client-key-file=${frontProxy.keyFile}`,
      `--requestheader-client-ca-file=${certificates.frontProxyAuthorityFile}`,
      '--requestheader-allowed-names=front-proxy-client',
      '--requestheader-username-headers=X-Remote-User',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      // Services of type ExternalName are resolved only without it.
      '--enable-aggregator-routing=false',
      `--audit-policy-file=${site.auditPolicyFile}`,
      `--audit-log-path=${site.auditLogFile}`,
      '--audit-log-maxsize=0',
      ...featureGates(options),
      '--allow-privileged',
      '--profiling=false',
      // Without the controller that makes the default service accounts no pod would be admitted.
      ...(options.serviceAccounts ? [] : ['--disable-admission-plugins=ServiceAccount']),
    ],
    ...readiness(site, 'kube-apiserver', 'readyz'),
  };
}

function controllerManager(site: Site): Flags {
  const { options, certificates, serviceAccountKeys } = site;
  const { controllers, hpaSyncPeriodSeconds, qps, burst } = options.controllerManager;
  return {
    args: [
      ...serving(site, 'kube-controller-manager'),
      ...credentials(site, 'system:kube-controller-manager'),
      `--controllers=${controllers.join(',')}`,
      '--use-service-account-credentials',
      `--service-account-private-key-file=${serviceAccountKeys.privateFile}`,
      `--root-ca-file=${certificates.authorityFile}`,
      `--horizontal-pod-autoscaler-sync-period=${hpaSyncPeriodSeconds}s`,
      `--kube-api-qps=${qps}`,
      `--kube-api-burst=${burst}`,
      '--leader-elect=false',
      ...featureGates(options),
    ],
    ...readiness(site, 'kube-controller-manager', 'healthz'),
  };
}

function scheduler(site: Site): Flags {
  return {
    args: [
      ...serving(site, 'kube-scheduler'),
      ...credentials(site, 'system:kube-scheduler'),
      '--leader-elect=false',
      '--kube-api-qps=500',
      '--kube-api-burst=1000',
    ],
    ...readiness(site, 'kube-scheduler', 'healthz'),
  };
}

function kwok({ certificates, ports, kubeconfig, kwokConfigFile }: Site): Flags {
  const server = certificates.server('kwok');
  return {
    args: [
      `--config=${kwokConfigFile}`,
      `--kubeconfig=${kubeconfig('kwok')}`,
      '--manage-all-nodes=true',
      '--node-ip=127.0.0.1',
      `--node-port=${ports.kwok}`,
      `--server-address=127.0.0.1:${ports.kwok}`,
      `--tls-cert-file=${server.certificateFile}`,
      `--tls-private-key-file=${server.keyFile}`,
      '--node-lease-duration-seconds=40',
    ],
    readyUrl: `https://127.0.0.1:${ports.kwok}/healthz`,
    readyTls: { ca: certificates.authority },
  };
}

function metricsServer(site: Site): Flags {
  const { certificates, ports, options } = site;
  return {
    args: [
      ...serving(site, 'metrics-server', ['metrics-server.kube-system.svc']),
      ...credentials(site, 'metrics-server'),
      `--metric-resolution=${options.metricsResolutionSeconds}s`,
      '--kubelet-request-timeout=5s',
      '--kubelet-preferred-address-types=InternalIP',
      '--kubelet-use-node-status-port',
      `--kubelet-certificate-authority=${certificates.authorityFile}`,
    ],
    // Its /readyz waits for a first round of metrics, which takes longer than anybody should wait for a control plane.
    readyUrl: `https://127.0.0.1:${ports['metrics-server']}/livez`,
    readyTls: { ca: certificates.authority },
  };
}

function serving({ certificates, ports }: Site, name: ComponentName, dnsNames: readonly string[] = []): string[] {
  const pair: KeyPair = certificates.server(name, dnsNames);
  return [
    '--bind-address=127.0.0.1',
    `--secure-port=${ports[name]}`,
    `--tls-cert-file=${pair.certificateFile}`,
    `--tls-private-key-file=${pair.keyFile}`,
  ];
}

function credentials({ kubeconfig }: Site, user: string): string[] {
  const file = kubeconfig(user);
  return [`--kubeconfig=${file}`, `--authentication-kubeconfig=${file}`, `--authorization-kubeconfig=${file}`];
}

function featureGates({ featureGates }: PlaneOptions): string[] {
  const gates = Object.entries(featureGates).map(([gate, on]) => `${gate}=${on}`);
  return gates.length === 0 ? [] : [`--feature-gates=${gates.join(',')}`];
}

function readiness(
  { certificates, ports }: Site,
  name: ComponentName,
  path: string,
): Pick<Flags, 'readyUrl' | 'readyTls'> {
  return { readyUrl: `https://127.0.0.1:${ports[name]}/${path}`, readyTls: { ca: certificates.authority } };
}
