// Builds the Go program that holds the real HPA controller, once per version, under .cache/parity. Nothing of Kubernetes is in
// this tree: the controller's files come from its module, whose checksum is in hpa/go.sum, and are laid out unchanged beside
// hpa/entry/entry.go. A second copy says where a double did not fit into an integer, see hpa/entry/watch.go.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SOURCES = join(import.meta.dirname, 'hpa');
export const CACHE = join(import.meta.dirname, '../../.cache/parity');
const CONTROLLER = 'pkg/controller/podautoscaler';
const METRICS = `k8s.io/kubernetes/${CONTROLLER}/metrics`;

/** The program, and the folder of the controller's files that its branches are counted in. */
export interface HpaProgram {
  readonly path: string;
  readonly version: string;
  readonly controllerFolder: string;
}

/** What the user has to mend before anything can be built; one line. */
export class CannotBuild extends Error {
  override readonly name = 'CannotBuild';
}

/** Finds the program, or builds it: some minutes the first time. `say` is told before the long part. */
export async function hpaProgram(say: (sentence: string) => void): Promise<HpaProgram> {
  const version = kubernetesVersion();
  const folder = join(CACHE, `${version}-${fingerprint()}`);
  const program = { path: join(folder, 'hpa.test'), version, controllerFolder: join(folder, 'watched') };
  if (existsSync(program.path)) return program;
  await demandGo();
  say(`building the HPA controller of Kubernetes ${version} (once; some minutes without a Go cache)`);
  const building = `${folder}.building-${process.pid}`;
  rmSync(building, { recursive: true, force: true });
  try {
    await build(building);
    rmSync(folder, { recursive: true, force: true });
    renameSync(building, folder);
  } finally {
    rmSync(building, { recursive: true, force: true });
  }
  return program;
}

function kubernetesVersion(): string {
  const [, version] = /^\s*k8s\.io\/kubernetes (v\S+)$/m.exec(readFileSync(join(SOURCES, 'go.mod'), 'utf8')) ?? [];
  if (version === undefined) throw new Error('test/parity/hpa/go.mod does not require k8s.io/kubernetes');
  return version;
}

/** Of everything that the program is made of, this file included. */
function fingerprint(): string {
  const hash = createHash('sha256').update(readFileSync(import.meta.filename));
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const path = join(SOURCES, name);
    if (/\.(go|mod|sum)$/.test(name)) hash.update(name).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 12);
}

async function demandGo(): Promise<void> {
  try {
    await run('go', ['version']);
  } catch (error) {
    throw new CannotBuild(
      'Go is missing: the parity run builds the HPA controller of Kubernetes with it. Install Go 1.26 or newer from go.dev/dl.',
      { cause: error },
    );
  }
}

async function build(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of ['go.mod', 'go.sum', 'answers_test.go', 'world']) {
    cpSync(join(SOURCES, name), join(folder, name), { recursive: true });
  }
  const controller = join(await downloaded(folder), CONTROLLER);
  for (const copy of ['hpa', 'watched'] as const) {
    mkdirSync(join(folder, copy));
    for (const name of readdirSync(controller).filter(isSource)) {
      const text = readFileSync(join(controller, name), 'utf8');
      writeFileSync(join(folder, copy, name), copy === 'watched' ? watched(name, text) : text);
    }
    cpSync(join(SOURCES, 'entry/entry.go'), join(folder, copy, 'entry.go'));
  }
  cpSync(join(SOURCES, 'entry/watch.go'), join(folder, 'watched/watch.go'));
  const counted = ['-cover', '-covermode=count', `-coverpkg=setpoint.dev/parity/watched,${METRICS}`];
  await go(folder, ['test', '-c', '-trimpath', '-vet=off', ...counted, '-o', 'hpa.test', '.']);
}

function isSource(name: string): boolean {
  return name.endsWith('.go') && !name.endsWith('_test.go');
}

async function downloaded(folder: string): Promise<string> {
  const answer: unknown = JSON.parse(await go(folder, ['mod', 'download', '-json', 'k8s.io/kubernetes']));
  if (typeof answer === 'object' && answer !== null && 'Dir' in answer) return String(answer.Dir);
  throw new Error('go mod download did not say where k8s.io/kubernetes is');
}

async function go(folder: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run('go', args, {
      cwd: folder,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off', GOFLAGS: '-mod=readonly' },
      maxBuffer: 64 * 2 ** 20,
    });
    return stdout;
  } catch (error) {
    const { stderr = '' } = error as { stderr?: string };
    throw new CannotBuild(`go ${args[0]} failed: ${stderr.trim().split('\n').slice(-5).join(' | ')}`, { cause: error });
  }
}

/** How many conversions of doubles there are: another number means another version, to be looked at again. */
const CONVERSIONS: Readonly<Record<string, number>> = { 'horizontal.go': 3, 'replica_calculator.go': 10 };

/** The file with every conversion of a double into an integer going through watch.go; lines keep their numbers. */
function watched(name: string, text: string): string {
  let found = 0;
  const replace = (by: string) => (_whole: string, double: string) => {
    found += 1;
    return `${by}(${double}`;
  };
  const changed = text
    .replaceAll(/\bint32\((math\.|float64\(|replicaCountResult\))/g, replace('watchedSize'))
    .replaceAll(/\bint64\((math\.Ceil)/g, replace('watchedStatus'));
  const expected = CONVERSIONS[name] ?? 0;
  if (found !== expected) throw new CannotBuild(`${name} converts ${found} doubles, ${expected} were known`);
  return changed;
}
