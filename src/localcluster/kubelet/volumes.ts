// The volumes of a pod as files: which entries of a ConfigMap or Secret go where, and how a path inside a container becomes one
// of this machine. A plain process cannot have something mounted at a path of its own, so the paths it is given are rewritten. Pure.
import { posix } from 'node:path';
import type { ConfigVolume, Container, Pod, Volume } from '../workloads/types.ts';
import { type ConfigData, type ConfigKind, entriesFor, MissingConfig } from './config-data.ts';

export interface VolumeFile {
  /** Inside the volume. */
  path: string;
  bytes: Buffer;
  mode: number;
}

export interface VolumeContent {
  name: string;
  files: readonly VolumeFile[];
}

const DEFAULT_MODE = 0o644;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The volumes that can be played: of ConfigMaps and Secrets, and empty ones. @throws MissingConfig */
export function volumeContents(pod: Pod, config: ConfigData): VolumeContent[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const { name, configMap, secret, emptyDir } = volume;
    // A folder is called like it.
    if (!DNS_LABEL.test(name)) throw new MissingConfig(`volume "${name}": the name is no DNS label`);
    if (configMap) return [{ name, files: filesOf(volume, 'configmap', { ...configMap }, config) }];
    if (secret) return [{ name, files: filesOf(volume, 'secret', { ...secret, name: secret.secretName }, config) }];
    return emptyDir ? [{ name, files: [] }] : [];
  });
}

function filesOf(
  volume: Volume,
  kind: ConfigKind,
  source: ConfigVolume & { name?: string | undefined },
  config: ConfigData,
): VolumeFile[] {
  const complaint = (what: string) =>
    new MissingConfig(`MountVolume.SetUp failed for volume "${volume.name}" : ${what}`);
  let entries: ReadonlyMap<string, Buffer> | undefined;
  try {
    entries = entriesFor(config, kind, source);
  } catch (error) {
    throw error instanceof MissingConfig ? complaint(error.message) : error;
  }
  const { defaultMode = DEFAULT_MODE, optional = false } = source;
  const items = source.items ?? [...(entries?.keys() ?? [])].map((key) => ({ key, path: key, mode: defaultMode }));
  return items.flatMap(({ key, path, mode = defaultMode }) => {
    const bytes = entries?.get(key);
    if (bytes) return [{ path: insideVolume(path, complaint), bytes, mode }];
    if (optional) return [];
    throw complaint(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${key}`);
  });
}

/** A real API server refuses paths that lead out; here they are stopped where they would be used. */
function insideVolume(path: string, complaint: (what: string) => Error): string {
  if (staysInside(path)) return posix.normalize(path);
  throw complaint(`path "${path}" leads out of the volume`);
}

function staysInside(path: string): boolean {
  const normal = posix.normalize(path);
  return !posix.isAbsolute(path) && normal !== '..' && !normal.startsWith('../');
}

/** A path inside the container, and the one of this machine that stands for it. */
export interface Mount {
  mountPath: string;
  localPath: string;
}

/** The container's mounts whose volumes have a folder, the most specific first. A `subPath` that leads out of its volume mounts nothing. */
export function mountsOf(container: Container, folders: ReadonlyMap<string, string>): Mount[] {
  return (container.volumeMounts ?? [])
    .flatMap(({ name, mountPath, subPath = '' }) => {
      const folder = folders.get(name);
      const path = posix.normalize(mountPath).replace(/(.)\/$/, '$1');
      return folder === undefined || !staysInside(subPath)
        ? []
        : [{ mountPath: path, localPath: posix.join(folder, subPath) }];
    })
    .sort((a, b) => b.mountPath.length - a.mountPath.length);
}

/**
 * The text with a mounted path at its start, or after the first `=` as in `--config=/etc/app/x`, replaced by the local one. A path in the
 * middle of a text (`sh -c "cat /etc/app/x"`) stays as it is: nobody can tell what it means.
 */
export function withLocalPaths(text: string, mounts: readonly Mount[]): string {
  const equals = text.indexOf('=');
  const start = text.startsWith('/') ? 0 : equals + 1;
  const path = text.slice(start);
  const mount = mounts.find(({ mountPath }) => path === mountPath || path.startsWith(`${mountPath}/`));
  return mount ? text.slice(0, start) + mount.localPath + path.slice(mount.mountPath.length) : text;
}
