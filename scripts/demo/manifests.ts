// Manifests as a user applies them: YAML files, alone or in a folder, sent to the API server by server-side apply.
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly data?: Readonly<Record<string, string>>;
}

/** What a path holds: a file, or the YAML files of a folder in order of their names. `leftOut`: folders inside it, in words. */
export async function readPath(path: string): Promise<{ manifests: Manifest[]; leftOut: string[] }> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isFolder) return { manifests: await readManifests(path), leftOut: [] };
  const entries = (await readdir(path, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files = entries.filter((entry) => entry.isFile() && isManifestFile(entry.name));
  if (files.length === 0) throw new Error(`${path}: no YAML file in this folder; name another one`);
  const manifests: Manifest[] = [];
  for (const { name } of files) manifests.push(...(await readManifests(join(path, name))));
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const leftOut = folders.length === 0 ? [] : [`Left out: ${folders.join(', ')}, folders inside ${path}.`];
  return { manifests, leftOut };
}

/** kustomization.yaml tells kubectl which files to take; here all of them are. */
function isManifestFile(name: string): boolean {
  return /\.ya?ml$/.test(name) && !/^kustomization\.ya?ml$/.test(name);
}

/** @throws Error that names the file, the document and what is wrong with it. */
export async function readManifests(file: string): Promise<Manifest[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new Error(`${file}: cannot be read; give the path of a YAML file`, { cause });
  });
  return parseAllDocuments(text).flatMap((document, index) => {
    const [fault] = document.errors;
    if (fault) throw new Error(`${file}: document ${index + 1}: ${fault.message.split('\n')[0]}`);
    const value = document.toJS() as Manifest | null;
    if (value === null) return [];
    if (typeof value !== 'object' || !value.kind || !value.apiVersion || !value.metadata?.name) {
      throw new Error(`${file}: document ${index + 1} has no apiVersion, kind or metadata.name`);
    }
    return [value];
  });
}

/** Applies a manifest as `kubectl apply --server-side` does. */
export async function applyManifest(url: string, manifest: Manifest, namespace: string): Promise<void> {
  const base = manifest.apiVersion.includes('/')
    ? `${url}/apis/${manifest.apiVersion}`
    : `${url}/api/${manifest.apiVersion}`;
  const discovery = await fetch(base);
  const { resources = [] } = (await discovery.json()) as {
    resources?: { name: string; kind: string; namespaced: boolean }[];
  };
  const resource = resources.find(({ name, kind }) => kind === manifest.kind && !name.includes('/'));
  if (!resource)
    throw new Error(
      `${manifest.kind} ${manifest.metadata.name}: the local cluster has no ${manifest.apiVersion} ${manifest.kind}`,
    );
  const place = resource.namespaced ? `/namespaces/${manifest.metadata.namespace ?? namespace}` : '';
  const answer = await fetch(
    `${base}${place}/${resource.name}/${manifest.metadata.name}?fieldManager=demo&force=true`,
    {
      method: 'PATCH',
      headers: { 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify(manifest),
    },
  );
  const body = (await answer.json()) as { message?: string };
  if (!answer.ok) throw new Error(`${manifest.kind} ${manifest.metadata.name}: ${body.message ?? answer.status}`);
}
