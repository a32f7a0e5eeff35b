// Manifests as a user applies them: YAML files sent to the API server by server-side apply.
import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
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
