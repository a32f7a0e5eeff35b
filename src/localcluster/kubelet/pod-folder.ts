// The files of pods' volumes on disk: one folder for the cluster, in it one for each pod, in it one for each volume.
// They go when the pod goes; when the cluster's process dies, the reaper takes the cluster's folder away.
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { VolumeContent } from './volumes.ts';

/** Where a cluster keeps the volumes of its pods. Made when the first is needed. */
export function clusterFolder(clusterId: string): string {
  return join(tmpdir(), `setpoint-pods-${clusterId}`);
}

/** Writes the volumes of a pod; returns the folder of each by its name. */
export async function writeVolumes(podFolder: string, volumes: readonly VolumeContent[]): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const { name, files } of volumes) {
    const folder = join(podFolder, name);
    // Secrets are nobody else's business.
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const { path, bytes, mode } of files) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true, mode: 0o700 });
      await writeFile(file, bytes);
      // Always readable for the process that it is for: there is one user here, whatever the group says.
      await chmod(file, mode | 0o400);
    }
    folders.set(name, folder);
  }
  return folders;
}

export function removeFolder(folder: string): Promise<void> {
  return rm(folder, { recursive: true, force: true });
}
