// Finds the programs of a control plane: in KUBEBUILDER_ASSETS, in the cache, in the official archives, or built by Go from their
// public modules. What was fetched or built stays in the cache, by version.
import { execFile } from 'node:child_process';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { accessSync, constants } from 'node:fs';
import { arch, homedir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf } from '../../src/base/errors.ts';
import { download, isUnreachable } from './download.ts';
import { type Archive, type ProgramName, type Source, SOURCES } from './versions.ts';

const run = promisify(execFile);
const GO_MODULES = new URL('./go/', import.meta.url);
/** Go's names. */
const PLATFORM = `${process.platform === 'win32' ? 'windows' : process.platform}-${arch() === 'x64' ? 'amd64' : arch()}`;
/** A full control plane on a slow machine with one core. */
const BUILD_TIMEOUT_MS = 3_600_000;

interface Effects {
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal | undefined;
}

export type Programs = Readonly<Record<ProgramName, string>>;

/**
 * Paths of the programs wanted, which are fetched or built first where they are missing.
 * @param effects `log` gets a line for each that takes time; `signal` ends a download or a build.
 * @throws Error with one line that says what to do when there is no way to get one.
 */
export async function findPrograms<Name extends ProgramName>(
  wanted: readonly Name[],
  effects: Effects,
): Promise<Readonly<Record<Name, string>>> {
  const unreachable = new Set<string>();
  const found: Partial<Record<ProgramName, string>> = {};
  for (const source of SOURCES) {
    const names = wanted.filter((name) => name in source.programs);
    const missing = names.filter((name) => {
      const path = [assetPath(name), cachePath(source, name)].find(isProgram);
      if (path !== undefined) found[name] = path;
      return path === undefined;
    });
    if (missing.length === 0) continue;
    const arrived = await fetchPrograms(source, missing, unreachable, effects);
    if (!arrived) for (const name of missing) await build(source, name, effects);
    for (const name of missing) found[name] = cachePath(source, name);
  }
  return found as Record<Name, string>;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function assetPath(name: string): string {
  return join(process.env['KUBEBUILDER_ASSETS'] ?? '/nonexistent', name);
}

function cachePath(source: Source, name: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  return join(cache, 'setpoint', 'controlplane', `${source.name}-${source.version}-${PLATFORM}`, name);
}

/** Runs `make`, which writes programs into an empty folder, and moves them to their places in the cache. */
async function intoCache(source: Source, names: readonly string[], make: (folder: string) => Promise<void>) {
  const home = join(cachePath(source, ''), '..');
  await mkdir(cachePath(source, ''), { recursive: true });
  const folder = await mkdtemp(join(home, '.new-'));
  try {
    await make(folder);
    for (const name of names) {
      await chmod(join(folder, name), 0o755);
      await rename(join(folder, name), cachePath(source, name));
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** False when there is no archive, or none that can be had and trusted. */
async function fetchPrograms(
  source: Source,
  names: readonly string[],
  unreachable: Set<string>,
  { log, signal }: Effects,
): Promise<boolean> {
  const archive = source.archives[PLATFORM];
  const host = archive === undefined ? '' : new URL(archive.url).host;
  if (archive === undefined || unreachable.has(host)) return false;
  const seconds = stopwatch();
  try {
    await intoCache(source, names, (folder) => unpack(archive, names, folder, signal));
  } catch (error) {
    signal?.throwIfAborted();
    if (isUnreachable(error)) unreachable.add(host);
    log(`${source.name} ${source.version}: not from ${host} (${messageOf(error)})`);
    return false;
  }
  log(`${names.join(', ')} ${source.version}: fetched from ${host} in ${seconds()} s`);
  return true;
}

async function unpack(
  archive: Archive,
  names: readonly string[],
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const file = join(folder, basename(new URL(archive.url).pathname));
  await download(archive, file, signal);
  if (archive.folder === undefined) {
    for (const name of names) await copyFile(file, join(folder, name));
    return;
  }
  const depth = archive.folder.split('/').length;
  const members = names.map((name) => `${archive.folder}/${name}`);
  await run('tar', ['-xzf', file, '-C', folder, `--strip-components=${depth}`, ...members]);
}

async function build(source: Source, name: ProgramName, { log, signal }: Effects): Promise<void> {
  signal?.throwIfAborted();
  const seconds = stopwatch();
  log(`${name} ${source.version}: building with Go`);
  const flags = ['-s', '-w', ...source.stamps.map((stamp) => `-X ${stamp}`)].join(' ');
  const cwd = new URL(source.module, GO_MODULES);
  await intoCache(source, [name], async (folder) => {
    const args = ['build', '-trimpath', '-mod=readonly', '-ldflags', flags, '-o', join(folder, name)];
    const env = { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' };
    try {
      await run('go', [...args, String(source.programs[name])], {
        cwd,
        env,
        timeout: BUILD_TIMEOUT_MS,
        ...(signal === undefined ? {} : { signal }),
        maxBuffer: 64 * 1024 * 1024,
      });
    } catch (error) {
      throw new Error(buildFailure(source, name, error), { cause: error });
    }
  });
  log(`${name} ${source.version}: built in ${seconds()} s`);
}

function buildFailure(source: Source, name: string, error: unknown): string {
  const failure = error as NodeJS.ErrnoException & { stderr?: string };
  if (failure.code === 'ENOENT') {
    return (
      `no ${name} ${source.version}: it is not in KUBEBUILDER_ASSETS, there is no archive that can be reached, and no Go to build it; ` +
      'install Go 1.26.4 or newer (https://go.dev/dl) or set KUBEBUILDER_ASSETS to a folder that holds it'
    );
  }
  const last = failure.stderr?.trim().split('\n').at(-1) ?? messageOf(error);
  return `no ${name} ${source.version}: go build in test/controlplane/go/${source.module} failed: ${last}`;
}

function stopwatch(): () => string {
  const start = performance.now();
  return () => ((performance.now() - start) / 1000).toFixed(1);
}
