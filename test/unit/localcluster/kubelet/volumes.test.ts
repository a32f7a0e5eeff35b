// Volumes: which files they hold, what is said of what is missing, and how a path of the container becomes one of this machine.
import { describe, expect, test } from 'vitest';
import { type ConfigData, MissingConfig } from '../../../../src/localcluster/kubelet/config-data.ts';
import { mountsOf, volumeContents, withLocalPaths } from '../../../../src/localcluster/kubelet/volumes.ts';
import type { Pod, Volume } from '../../../../src/localcluster/workloads/types.ts';

const config: ConfigData = {
  entries: (kind, name) =>
    name === 'there'
      ? new Map([
          ['a.txt', Buffer.from(`${kind} a`)],
          ['b', Buffer.from([0, 255])],
        ])
      : undefined,
};

function podWith(...volumes: Volume[]): Pod {
  const metadata = { name: 'web', namespace: 'shop', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { containers: [], volumes } };
}

const contents = (...volumes: Volume[]) =>
  volumeContents(podWith(...volumes), config).map(({ name, files }) => [
    name,
    files.map(({ path, bytes, mode }) => [path, bytes.toString('latin1'), mode]),
  ]);

describe('what a volume holds', () => {
  test('all keys of a ConfigMap or Secret, those that are named, or nothing', () => {
    expect(
      contents(
        { name: 'all', configMap: { name: 'there' } },
        { name: 'some', secret: { secretName: 'there', defaultMode: 0o440, items: [{ key: 'a.txt', path: 'x/y' }] } },
        { name: 'empty', emptyDir: {} },
        { name: 'optional', configMap: { name: 'absent', optional: true } },
        { name: 'keyless', configMap: { name: 'there', optional: true, items: [{ key: 'none', path: 'n' }] } },
      ),
    ).toEqual([
      [
        'all',
        [
          ['a.txt', 'configmap a', 0o644],
          ['b', '\0ÿ', 0o644],
        ],
      ],
      ['some', [['x/y', 'secret a', 0o440]]],
      ['empty', []],
      ['optional', []],
      ['keyless', []],
    ]);
  });

  test('kinds that cannot be played have no folder', () => {
    expect(contents({ name: 'disk', persistentVolumeClaim: {} } as Volume)).toEqual([]);
  });

  test.each([
    [{ configMap: { name: 'gone' } }, 'configmap "gone" not found'],
    [{ secret: { secretName: 'gone' } }, 'secret "gone" not found'],
    [{ configMap: { name: 'there', items: [{ key: 'k', path: 'k' }] } }, 'references non-existent config key: k'],
    [{ secret: { secretName: 'there', items: [{ key: 'k', path: 'k' }] } }, 'references non-existent secret key: k'],
    [{ configMap: { name: 'there', items: [{ key: 'b', path: '../b' }] } }, 'path "../b" leads out of the volume'],
    [{ configMap: { name: 'there', items: [{ key: 'b', path: '/b' }] } }, 'path "/b" leads out of the volume'],
  ])('%j is missing', (source, message) => {
    const read = () => contents({ name: 'app', ...source });
    expect(read).toThrow(MissingConfig);
    expect(read).toThrow(`MountVolume.SetUp failed for volume "app" : ${message}`);
  });

  test.each(['../other', 'a/b', '..', '', 'App'])('there is none called %j', (name) => {
    expect(() => contents({ name, emptyDir: {} })).toThrow(`volume "${name}": the name is no DNS label`);
  });
});

describe('paths', () => {
  const mounts = mountsOf(
    {
      name: 'main',
      volumeMounts: [
        { name: 'app', mountPath: '/app/' },
        { name: 'app', mountPath: '/app/conf/one.json', subPath: 'x.json' },
        { name: 'disk', mountPath: '/data' },
        { name: 'app', mountPath: '/up', subPath: 'a/../../other' },
        { name: 'app', mountPath: '/root', subPath: '/etc' },
      ],
    },
    new Map([['app', '/tmp/pod/app']]),
  );

  test('the most specific mount is the first; what has no folder is not one', () => {
    expect(mounts).toEqual([
      { mountPath: '/app/conf/one.json', localPath: '/tmp/pod/app/x.json' },
      { mountPath: '/app', localPath: '/tmp/pod/app' },
    ]);
  });

  test.each([
    ['/app', '/tmp/pod/app'],
    ['/app/server.mjs', '/tmp/pod/app/server.mjs'],
    ['/app/conf/one.json', '/tmp/pod/app/x.json'],
    ['--config=/app/c.json', '--config=/tmp/pod/app/c.json'],
    ['/application', '/application'],
    ['cat /app/server.mjs', 'cat /app/server.mjs'],
    ['a/app', 'a/app'],
    ['/data/x', '/data/x'],
    ['', ''],
  ])('%j is %j', (text, local) => {
    expect(withLocalPaths(text, mounts)).toBe(local);
  });
});
