// What is served: /api, /apis and the resource lists, both one by one and aggregated (apidiscovery.k8s.io/v2).

import { apiVersionOf, type ResourceDefinition } from '../resources/definition.ts';
import type { Registry } from '../resources/registry.ts';

const readVerbs = ['get', 'list', 'watch'];
const writeVerbs = ['create', 'delete', 'deletecollection', 'patch', 'update'];
const allVerbs = [...readVerbs, ...writeVerbs].sort();

interface ServedResource {
  plural: string;
  singular: string;
  kind: string;
  namespaced: boolean;
  verbs: readonly string[];
  shortNames: readonly string[];
  categories: readonly string[];
  /** Kind and group version of a subresource's body when it is not the resource's own. */
  responseKind?: { group: string; version: string; kind: string };
  subresources: { name: string; kind: string; verbs: readonly string[]; group?: string; version?: string }[];
}

/** Resources that are computed rather than stored. */
const virtualResources: Record<string, ServedResource[]> = {
  'metrics.k8s.io/v1beta1': [
    {
      plural: 'pods',
      singular: 'pod',
      kind: 'PodMetrics',
      namespaced: true,
      verbs: ['get', 'list'],
      shortNames: [],
      categories: [],
      subresources: [],
    },
  ],
  'authentication.k8s.io/v1': [
    {
      plural: 'tokenreviews',
      singular: 'tokenreview',
      kind: 'TokenReview',
      namespaced: false,
      verbs: ['create'],
      shortNames: [],
      categories: [],
      subresources: [],
    },
  ],
  'authorization.k8s.io/v1': [
    {
      plural: 'selfsubjectaccessreviews',
      singular: 'selfsubjectaccessreview',
      kind: 'SelfSubjectAccessReview',
      namespaced: false,
      verbs: ['create'],
      shortNames: [],
      categories: [],
      subresources: [],
    },
    {
      plural: 'subjectaccessreviews',
      singular: 'subjectaccessreview',
      kind: 'SubjectAccessReview',
      namespaced: false,
      verbs: ['create'],
      shortNames: [],
      categories: [],
      subresources: [],
    },
  ],
};

/** What is served here, and the group versions that other servers serve. */
interface Served {
  registry: Registry;
  elsewhere: readonly string[];
}

function resourcesByVersion({ registry, elsewhere }: Served): Map<string, ServedResource[]> {
  const versions = new Map<string, ServedResource[]>();
  for (const definition of registry.all()) {
    const apiVersion = apiVersionOf(definition);
    const list = versions.get(apiVersion) ?? [];
    list.push(servedResource(definition));
    versions.set(apiVersion, list);
  }
  for (const [apiVersion, resources] of Object.entries(virtualResources)) versions.set(apiVersion, resources);
  for (const apiVersion of elsewhere) if (!versions.has(apiVersion)) versions.set(apiVersion, []);
  return versions;
}

/** The stable and newest version first, as the real server prefers them. */
function byPreference(left: { version: string }, right: { version: string }): number {
  const [a, b] = [maturityOf(left.version), maturityOf(right.version)];
  const decisive = a.findIndex((part, index) => part !== b[index]);
  return (b[decisive] ?? 0) - (a[decisive] ?? 0);
}

/** `v2beta1` as stability, number, number within it. */
function maturityOf(version: string): readonly number[] {
  const [, major = '0', level = '', minor = '0'] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  return [['alpha', 'beta', ''].indexOf(level), Number(major), Number(minor)];
}

function servedResource(definition: ResourceDefinition): ServedResource {
  const subresources: ServedResource['subresources'] = [];
  if (definition.key === 'pods') subresources.push({ name: 'log', kind: 'Pod', verbs: ['get'] });
  if (definition.key === 'serviceaccounts')
    subresources.push({
      name: 'token',
      kind: 'TokenRequest',
      verbs: ['create'],
      group: 'authentication.k8s.io',
      version: 'v1',
    });
  if (definition.scale !== undefined)
    subresources.push({
      name: 'scale',
      kind: 'Scale',
      verbs: ['get', 'patch', 'update'],
      group: 'autoscaling',
      version: 'v1',
    });
  if (definition.hasStatus)
    subresources.push({ name: 'status', kind: definition.kind, verbs: ['get', 'patch', 'update'] });
  const { plural, singular, kind, namespaced, shortNames, categories } = definition;
  return { plural, singular, kind, namespaced, shortNames, categories, verbs: allVerbs, subresources };
}

/** Answers a discovery path, or undefined when it is none. `aggregated` is the version asked for in Accept, if any. */
export function discover(served: Served, path: string, aggregated: 'v2' | 'v2beta1' | undefined): unknown {
  const versions = resourcesByVersion(served);
  if (path === '/api' || path === '/api/')
    return aggregated === undefined ? { kind: 'APIVersions', versions: ['v1'] } : aggregate(versions, true, aggregated);
  if (path === '/apis' || path === '/apis/')
    return aggregated === undefined ? groupList(versions) : aggregate(versions, false, aggregated);
  const parts = path.split('/').filter((part) => part !== '');
  if (parts[0] === 'api' && parts.length === 2) return resourceList(versions, parts[1] ?? '');
  if (parts[0] !== 'apis') return undefined;
  if (parts.length === 2) return groupsOf(versions).find((group) => group.name === parts[1]);
  return parts.length === 3 ? resourceList(versions, `${parts[1]}/${parts[2]}`) : undefined;
}

function groupList(versions: Map<string, ServedResource[]>): unknown {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: groupsOf(versions).map((it) => ({
      name: it.name,
      versions: it.versions,
      preferredVersion: it.preferredVersion,
    })),
  };
}

interface ApiGroup {
  kind: 'APIGroup';
  apiVersion: 'v1';
  name: string;
  versions: { groupVersion: string; version: string }[];
  preferredVersion: { groupVersion: string; version: string };
}

function groupsOf(versions: Map<string, ServedResource[]>): ApiGroup[] {
  const groups = new Map<string, ApiGroup>();
  for (const apiVersion of versions.keys()) {
    const [name = '', version] = apiVersion.split('/');
    if (version === undefined) continue;
    const entry = { groupVersion: apiVersion, version };
    const group = groups.get(name);
    if (group === undefined)
      groups.set(name, { kind: 'APIGroup', apiVersion: 'v1', name, versions: [entry], preferredVersion: entry });
    else group.versions.push(entry);
  }
  return Array.from(groups.values(), (group) => {
    const sorted = group.versions.toSorted(byPreference);
    return { ...group, versions: sorted, preferredVersion: sorted[0] ?? group.preferredVersion };
  });
}

function resourceList(versions: Map<string, ServedResource[]>, apiVersion: string): unknown {
  const resources = versions.get(apiVersion);
  if (resources === undefined) return undefined;
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion, resources: resources.flatMap(flatten) };
}

function flatten(resource: ServedResource): unknown[] {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories } = resource;
  const main = {
    name: plural,
    singularName: singular,
    namespaced,
    kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  return [
    main,
    ...resource.subresources.map(({ name, ...rest }) => ({
      name: `${plural}/${name}`,
      singularName: '',
      namespaced,
      ...rest,
    })),
  ];
}

function aggregate(versions: Map<string, ServedResource[]>, core: boolean, form: 'v2' | 'v2beta1'): unknown {
  const groups = new Map<string, { version: string; freshness: string; resources: unknown[] }[]>();
  for (const [apiVersion, resources] of versions) {
    const [left = '', right] = apiVersion.split('/');
    const group = right === undefined ? '' : left;
    if ((group === '') !== core) continue;
    const list = groups.get(group) ?? [];
    list.push({
      version: right ?? left,
      freshness: 'Current',
      resources: resources.map(aggregated),
    });
    groups.set(group, list);
  }
  const items = Array.from(groups, ([name, list]) => ({
    metadata: name === '' ? {} : { name },
    versions: list.toSorted(byPreference),
  }));
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${form}`, metadata: {}, items };
}

/** Kinds without group and version are of the group version that they stand in. */
function aggregated(resource: ServedResource): unknown {
  const { plural, singular, kind, namespaced, verbs, shortNames, categories } = resource;
  const subresources = resource.subresources.map((it) => ({
    subresource: it.name,
    responseKind: { group: it.group ?? '', version: it.version ?? '', kind: it.kind },
    verbs: it.verbs,
  }));
  return {
    resource: plural,
    responseKind: { group: '', version: '', kind },
    scope: namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}
