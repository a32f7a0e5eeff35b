// What deploy/ installs fits together, is accepted by an API server, and asks for no more than a restricted namespace allows.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ENTRIES } from '../../scripts/bundle.ts';
import { PERMISSIONS } from '../../src/kube/permissions.ts';
import { startApiServer } from '../../src/localcluster/api-server.ts';
import type { KubeObject } from '../../src/localcluster/objects.ts';
import { OPTION_TABLE } from '../../src/option-table.ts';
import { parseOptions } from '../../src/options.ts';
import { routes } from '../../src/server/server.ts';
import { manifests } from '../support/app-on-cluster.ts';
import { podSpecOf, restrictedFaults } from '../support/pod-security.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMESPACE = 'setpoint-system';
const PATHS: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  CustomResourceDefinition: '/apis/apiextensions.k8s.io/v1/customresourcedefinitions',
  ServiceAccount: `/api/v1/namespaces/${NAMESPACE}/serviceaccounts`,
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
  Role: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/roles`,
  RoleBinding: `/apis/rbac.authorization.k8s.io/v1/namespaces/${NAMESPACE}/rolebindings`,
  Deployment: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
  Service: `/api/v1/namespaces/${NAMESPACE}/services`,
  PodDisruptionBudget: `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`,
  NetworkPolicy: `/apis/networking.k8s.io/v1/namespaces/${NAMESPACE}/networkpolicies`,
  FlowSchema: '/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas',
};

type Labels = Record<string, string>;

/** What `kubectl kustomize` collects, but for the labels and the namespace that it adds. */
function collect(folder: string): KubeObject[] {
  const { resources } = parse(read(join(folder, 'kustomization.yaml'))) as { resources: string[] };
  return resources.flatMap((resource) => {
    const path = normalize(join(folder, resource));
    return statSync(join(ROOT, path)).isDirectory() ? collect(path) : manifests(path);
  });
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const base = collect('deploy/base');
const one = (kind: string): KubeObject => base.find((object) => object.kind === kind)!;
const spec = (object: KubeObject): unknown => object['spec'];

const deployment = one('Deployment');
const pod = podSpecOf(deployment) as ReturnType<typeof podSpecOf> & {
  serviceAccountName: string;
  enableServiceLinks: boolean;
  terminationGracePeriodSeconds: number;
};
const container = pod.containers[0] as (typeof pod.containers)[number] & {
  args: string[];
  env: { name: string; value?: string; valueFrom?: unknown }[];
  ports: { name: string; containerPort: number }[];
  livenessProbe: { httpGet: { path: string; port: string } };
  readinessProbe: { httpGet: { path: string; port: string } };
  resources: { requests: { memory: string }; limits: { memory: string } };
};
const podLabels = (spec(deployment) as { template: { metadata: { labels: Labels } } }).template.metadata.labels;

/** The options that the container is started with; `env` as the kubelet would fill it in. */
function optionsOf() {
  const given: Record<string, string> = {};
  for (const arg of container.args) {
    const [flag = '', value = ''] = arg.split(/=(.*)/s);
    expect(OPTION_TABLE.map((row) => row.flag)).toContain(flag);
    given[flag.slice(2).replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())] = value;
  }
  const env = Object.fromEntries(container.env.map(({ name, value }) => [name, value ?? NAMESPACE]));
  const outcome = parseOptions(given, env, undefined);
  if ('faults' in outcome) throw new Error(outcome.faults.join('\n'));
  return outcome.options;
}

describe('deploy/page-auth', () => {
  it('adds to the base what --page-auth=kubernetes needs, and no more', () => {
    const added = collect('deploy/page-auth').slice(base.length);
    expect(added.map(({ kind }) => kind)).toEqual(['ClusterRole', 'ClusterRoleBinding']);
    expect(added[0]?.['rules']).toEqual([
      { apiGroups: ['authentication.k8s.io'], resources: ['tokenreviews'], verbs: ['create'] },
      { apiGroups: ['authorization.k8s.io'], resources: ['subjectaccessreviews'], verbs: ['create'] },
    ]);
    expect(added[1]).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: added[0]?.metadata.name },
      subjects: [{ kind: 'ServiceAccount', name: pod.serviceAccountName, namespace: NAMESPACE }],
    });
    const patch = manifests('deploy/page-auth/deployment.yaml')[0]!;
    const [patched] = podSpecOf(patch).containers as (typeof container)[];
    expect(patched?.name).toBe(pod.containers[0]?.name);
    const env = Object.fromEntries((patched?.env ?? []).map(({ name, value }) => [name, value ?? '']));
    expect(parseOptions({}, env, undefined)).toMatchObject({ options: { page: { auth: 'kubernetes' } } });
  });
});

describe('deploy/base', () => {
  it('is accepted by the API server, every field known', async () => {
    const server = await startApiServer();
    try {
      for (const object of [...base, ...manifests('deploy/flowschema/flowschema.yaml')]) {
        const answer = await fetch(`${server.url}${PATHS[object.kind]}?fieldValidation=Strict`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(object),
        });
        expect([object.kind, answer.status, answer.status === 201 ? '' : await answer.text()]).toEqual([
          object.kind,
          201,
          '',
        ]);
        await answer.body?.cancel();
      }
    } finally {
      await server.close();
    }
  });

  it('installs all that is needed, in one namespace, with the CRD of crds/', () => {
    expect(new Set(base.map(({ kind }) => kind))).toEqual(
      new Set(Object.keys(PATHS).filter((kind) => kind !== 'FlowSchema')),
    );
    expect(one('Namespace').metadata.name).toBe(NAMESPACE);
    for (const { kind, metadata } of base) {
      const isNamespaced = PATHS[kind]!.includes(`/namespaces/${NAMESPACE}/`);
      expect([kind, metadata.namespace]).toEqual([kind, isNamespaced ? NAMESPACE : undefined]);
    }
    expect(read('deploy/base/scaledtargets.yaml')).toBe(read('crds/scaledtargets.yaml'));
  });

  it('uses names, labels and ports that meet', () => {
    const account = one('ServiceAccount').metadata.name;
    expect(pod.serviceAccountName).toBe(account);
    for (const binding of base.filter(({ kind }) => kind.endsWith('RoleBinding')))
      expect(binding['subjects']).toEqual([{ kind: 'ServiceAccount', name: account, namespace: NAMESPACE }]);
    const { selector: ofService, ports } = spec(one('Service')) as {
      selector: Labels;
      ports: { name: string; targetPort: string }[];
    };
    const selectors = [
      ofService,
      (spec(deployment) as { selector: { matchLabels: Labels } }).selector.matchLabels,
      (spec(one('PodDisruptionBudget')) as { selector: { matchLabels: Labels } }).selector.matchLabels,
      (spec(one('NetworkPolicy')) as { podSelector: { matchLabels: Labels } }).podSelector.matchLabels,
    ];
    for (const selector of selectors) expect(podLabels).toMatchObject(selector);
    expect(container.ports.map(({ name }) => name)).toEqual(['http', 'page']);
    // The page is for port-forward: no Service and no rule of the NetworkPolicy lets anybody to it.
    const names = ['http'];
    expect(ports.map(({ targetPort }) => targetPort)).toEqual(names);
    const { ingress } = spec(one('NetworkPolicy')) as { ingress: { ports: { port: string }[] }[] };
    expect(ingress.flatMap((rule) => rule.ports.map(({ port }) => port))).toEqual(names);
    const options = optionsOf();
    expect(container.ports.map(({ containerPort }) => containerPort)).toEqual([options.port, options.page?.port]);
    expect(options.page).toMatchObject({ bindAddress: '127.0.0.1' });
  });

  it('keeps two replicas, of which one may be disrupted', () => {
    expect((spec(deployment) as { replicas: number }).replicas).toBe(2);
    expect((spec(one('PodDisruptionBudget')) as { maxUnavailable: number }).maxUnavailable).toBe(1);
  });

  it('obeys the restricted pod security profile, which its namespace enforces', () => {
    expect(one('Namespace').metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(restrictedFaults(pod)).toEqual([]);
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true });
    // The check is one that can fail.
    const careless = { ...container, securityContext: { capabilities: { add: ['NET_ADMIN'] } } };
    expect(
      restrictedFaults({ containers: [careless], hostNetwork: true, volumes: [{ name: 'host', hostPath: {} }] }),
    ).toEqual([
      'hostNetwork is set',
      'volume of kind hostPath',
      'setpoint: allowPrivilegeEscalation is not false',
      'setpoint: runAsNonRoot is not true',
      'setpoint: no seccomp profile',
      'setpoint: capabilities are not dropped',
      'setpoint: capabilities are added',
    ]);
  });

  it('starts the controller with valid options, whose Lease is the one that its Role names', () => {
    const { leaderElection, bindAddress } = optionsOf();
    expect(bindAddress).not.toBe('127.0.0.1');
    const role = one('Role');
    expect(role.metadata.namespace).toBe(leaderElection.namespace);
    const rules = role['rules'] as { resourceNames?: string[] }[];
    expect(rules.flatMap(({ resourceNames = [] }) => resourceNames)).toEqual([leaderElection.name]);
    const known = [...OPTION_TABLE.map(({ env }) => env), 'NODE_OPTIONS'];
    for (const { name } of container.env) expect(known).toContain(name);
    // A Service named setpoint would otherwise put SETPOINT_PORT=tcp://... into the pod.
    expect(pod.enableServiceLinks).toBe(false);
    expect(pod.terminationGracePeriodSeconds * 1000).toBeGreaterThan(leaderElection.renewDeadlineMs);
  });

  it('gives the heap less than the memory limit', () => {
    const heap = Number(
      /--max-old-space-size=(\d+)/.exec(container.env.find(({ name }) => name === 'NODE_OPTIONS')?.value ?? '')?.[1],
    );
    const limit = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)?.[1]);
    expect(heap).toBeGreaterThanOrEqual(128);
    expect(heap).toBeLessThanOrEqual(limit * 0.8);
  });

  it('probes what answers', async () => {
    const app = routes({
      bindAddress: '',
      port: 0,
      metrics: { contentType: 'text/plain', text: () => Promise.resolve('# metrics\n') },
      liveness: [],
      readiness: [],
    });
    const [monitor] = manifests('deploy/servicemonitor/servicemonitor.yaml');
    const { endpoints, selector } = spec(monitor!) as {
      endpoints: { port: string; path: string }[];
      selector: { matchLabels: Labels };
    };
    const { livenessProbe, readinessProbe } = container;
    const asked = [livenessProbe.httpGet, readinessProbe.httpGet, ...endpoints];
    for (const { path, port } of asked) {
      expect([path, (await app.request(path)).status, port]).toEqual([path, 200, 'http']);
    }
    expect(livenessProbe.httpGet.path).not.toBe(readinessProbe.httpGet.path);
    expect(one('Service').metadata.labels).toMatchObject(selector.matchLabels);
  });

  it('has rules without wildcards, but to read metrics, and without Secrets; roles for users bring no right but to ScaledTargets', () => {
    const rules = base.flatMap(
      (object) => (object['rules'] ?? []) as { apiGroups: string[]; resources: string[]; verbs: string[] }[],
    );
    expect(rules.length).toBe(PERMISSIONS.length + 2);
    for (const { apiGroups, resources, verbs } of rules) {
      // Adapters name their metrics as they like, and each is a resource.
      const isMetrics = /^(custom|external)\.metrics\.k8s\.io$/.test(apiGroups.join());
      const named = isMetrics ? [...apiGroups, ...verbs] : [...apiGroups, ...resources, ...verbs];
      expect(named.filter((text) => text.includes('*'))).toEqual([]);
      if (isMetrics) expect(verbs.filter((verb) => verb !== 'get' && verb !== 'list')).toEqual([]);
      expect(resources).not.toContain('secrets');
    }
    for (const role of manifests('deploy/base/user-roles.yaml')) {
      const rules = role['rules'] as { resources: string[] }[];
      expect(rules.flatMap(({ resources }) => resources)).toEqual(['scaledtargets']);
    }
  });
});

describe('deploy/servicemonitor', () => {
  it('is the base and a ServiceMonitor', () => {
    expect(collect('deploy/servicemonitor').map(({ kind }) => kind)).toEqual([
      ...base.map(({ kind }) => kind),
      'ServiceMonitor',
    ]);
  });
});

describe('deploy/flowschema', () => {
  it('covers what the controller asks of its Lease', () => {
    const [schema] = manifests('deploy/flowschema/flowschema.yaml');
    const [rule] = (
      spec(schema!) as {
        rules: { subjects: unknown[]; resourceRules: { verbs: string[]; namespaces: string[] }[] }[];
      }
    ).rules;
    expect(rule?.subjects).toEqual([
      { kind: 'ServiceAccount', serviceAccount: { name: one('ServiceAccount').metadata.name, namespace: NAMESPACE } },
    ]);
    const verbs = PERMISSIONS.filter(({ resources }) => resources.includes('leases')).flatMap(
      (permission) => permission.verbs,
    );
    expect(new Set(rule?.resourceRules[0]?.verbs)).toEqual(new Set(verbs));
    expect(rule?.resourceRules[0]?.namespaces).toEqual([NAMESPACE]);
  });
});

describe('deploy/Dockerfile', () => {
  const lines = read('deploy/Dockerfile').split('\n');
  const after = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));

  it('copies what exists, and of the build only what it made', () => {
    const copied = after('COPY').map((line) => line.split(' '));
    const fromContext = copied.filter(([first]) => !first?.startsWith('--')).flatMap((paths) => paths.slice(0, -1));
    expect(fromContext).toContain('package-lock.json');
    for (const path of fromContext) expect([path, existsSync(join(ROOT, path))]).toEqual([path, true]);
    expect(copied.filter(([first]) => first === '--from=build').map(([, path]) => path)).toEqual([
      '/src/dist/',
      '/src/LICENSE',
    ]);
    expect(existsSync(join(ROOT, 'LICENSE'))).toBe(true);
    const ignored = read('.dockerignore').split('\n');
    for (const path of fromContext) expect(ignored).not.toContain(path);
  });

  it('starts the bundle as the user that the Deployment names, on the Node that the package asks for', () => {
    const command = JSON.parse(after('ENTRYPOINT')[0]!) as string[];
    const [node, ...rest] = command;
    const flags = rest.filter((part) => part.startsWith('--'));
    expect([node, ...rest.slice(flags.length)].map((part) => basename(part!))).toEqual(['node', 'controller.js']);
    expect(dirname(command.at(-1)!)).toBe(after('WORKDIR').at(-1));
    // Node refuses flags that it does not know.
    expect(execFileSync(process.execPath, [...flags, '--print', '1'], { encoding: 'utf8' })).toBe('1\n');
    expect(Object.keys(ENTRIES)).toContain('controller');
    const { runAsUser, runAsGroup } = pod.securityContext as { runAsUser: number; runAsGroup: number };
    expect(after('USER')).toEqual([`${runAsUser}:${runAsGroup}`]);
    expect(after('EXPOSE').map(Number)).toEqual(container.ports.map(({ containerPort }) => containerPort));
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const major = /\d+/.exec(engines.node)?.[0];
    const images = after('FROM');
    expect(images).toHaveLength(2);
    for (const image of images) expect(image).toMatch(new RegExp(`(?:node:|nodejs)${major}\\b`));
  });
});
