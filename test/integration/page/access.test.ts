// Who gets what from the page: Host names, methods, headers, tokens and the rights behind them, and names that mean harm.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ask, detail, follow, list } from '../../support/page-client.ts';
import { CPU, RealTimeStage } from '../../support/real-time-app.ts';
import { manifests } from '../../support/app-on-cluster.ts';

let stage: RealTimeStage;
beforeEach(async () => {
  stage = await RealTimeStage.open();
  stage.installCrd();
  stage.deploy('web', 2);
  stage.scale('web', CPU);
  stage.work(500);
});
afterEach(() => stage.close());

const LIST = '/api/v1/targets';
const ACCOUNT = 'system:serviceaccount:setpoint-system:setpoint';
const RBAC = 'rbac.authorization.k8s.io';
const READ = { apiGroups: ['setpoint.dev'], resources: ['scaledtargets'], verbs: ['list'] };

describe('without authentication', () => {
  it('answers to the names of this machine and those that were given, and to no other', async () => {
    const port = await stage.start({ pageHost: ['setpoint.example.com', 'fd00::1'] }).pagePort;
    const statusFor = async (host: string, path = LIST) => (await ask(port, path, { headers: { host } })).status;
    for (const host of [
      'localhost',
      `127.0.0.1:${port}`,
      '[::1]:9',
      'LocalHost.:1',
      'setpoint.example.com',
      '[fd00::1]',
    ]) {
      expect([host, await statusFor(host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', '10.0.0.1', 'localhost.evil.example', 'example.com', '[::2]']) {
      expect([host, await statusFor(host)]).toEqual([host, 421]);
      expect([host, await statusFor(host, '/')]).toEqual([host, 421]);
      expect([host, await statusFor(host, '/api/v1/events')]).toEqual([host, 421]);
    }
    const refused = await ask(port, LIST, { headers: { host: 'evil.example' } });
    expect(refused.text).toBe('Host "evil.example" is not known here: give it by --page-host to the controller\n');
  });

  it('can be read and nothing else, from no other page', async () => {
    const port = await stage.start().pagePort;
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const answer = await ask(port, LIST, { method, headers: { origin: 'https://evil.example' } });
      expect(answer).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    }
    const paths = ['/', LIST, `${LIST}/shop/none`, '/none', '/api/none'];
    for (const path of paths) {
      const { headers } = await ask(port, path, { headers: { origin: 'https://evil.example' } });
      expect(headers['content-security-policy']).toBe(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-resource-policy': 'same-origin',
        'cross-origin-opener-policy': 'same-origin',
      });
      expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    const stream = await follow(port);
    expect(stream.headers['content-security-policy']).toContain("default-src 'none'");
    stream.close();
    const head = await ask(port, '/api/v1/events', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 200, text: '', headers: { 'content-type': 'text/event-stream' } });
    expect((await ask(port, LIST, { method: 'HEAD' })).status).toBe(200);
  });

  it('gives no stream and no data to a page from elsewhere, only the page itself to a link', async () => {
    const port = await stage.start().pagePort;
    const statusFor = async (path: string, site: string) =>
      (await ask(port, path, { headers: { 'sec-fetch-site': site } })).status;
    for (const path of ['/api/v1/events', LIST, `${LIST}/shop/web`]) {
      for (const site of ['cross-site', 'same-site']) expect([path, await statusFor(path, site)]).toEqual([path, 403]);
    }
    for (const site of ['same-origin', 'none']) expect(await statusFor(LIST, site)).toBe(200);
    expect(await statusFor('/none', 'cross-site')).toBe(404);
  });

  it('is not on the port of health and metrics', async () => {
    const app = stage.start();
    await app.pagePort;
    expect((await app.get(LIST)).status).toBe(404);
    expect((await app.get('/')).text).toContain('there are: /healthz');
  });

  it.each([
    `${LIST}/shop/..%2f..%2fsecrets`,
    `${LIST}/shop%2fweb/yaml`,
    `${LIST}/shop/web%00`,
    `${LIST}/__proto__/constructor`,
    `${LIST}/shop/%3Cscript%3E`,
    `${LIST}/shop/${'x'.repeat(2000)}`,
    `${LIST}/shop/%E2%80%AEweb`,
    `${LIST}/shop/%ZZ`,
    '/api/v1/events?namespace=shop&name=..%2fweb',
    '/../../../etc/passwd',
    '/%2e%2e/%2e%2e/etc/passwd',
  ])('%s finds nothing', async (path) => {
    const port = await stage.start().pagePort;
    const answer = await ask(port, path);
    expect(answer.status).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^(?:application\/json|text\/plain)/);
    expect(answer.text).not.toContain('<');
  });

  it('tells hostile texts as they are, as JSON', async () => {
    const name = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
    const kind = '<script>alert(1)<script>\u202Eevil';
    stage.deploy('long', 1);
    stage.scale(
      name,
      { ...CPU, name: 'cpu' },
      { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'long' } },
    );
    stage.deploy('odd', 1);
    stage.scale('odd', CPU, { scaleTargetRef: { apiVersion: 'apps/v1', kind, name: 'odd' } });
    const port = await stage.start().pagePort;
    await stage.until(
      'listed',
      async () => (await list(port)).targets.filter(({ decidedAt }) => decidedAt).length >= 2,
    );
    const raw = await ask(port, LIST);
    expect(raw.headers['content-type']).toBe('application/json');
    expect((await detail(port, name)).row.name).toBe(name);
    await stage.until('told', async () => (await detail(port, 'odd')).row.alarms.length > 0);
    expect((await detail(port, 'odd')).row.workload).toBe(`${kind}/odd`);
  });

  it('serves the files of the page as they are, those with a hash for ever', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'setpoint-page-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Setpoint</title>');
    writeFileSync(join(folder, 'page-ABCD2345.js'), `const x = 1;\n${'// long\n'.repeat(500)}`);
    writeFileSync(join(folder, 'page-ABCD2345.js.map'), '{}');
    writeFileSync(join(folder, 'secret.pem'), 'not served');
    const port = await stage.start({}, undefined, folder).pagePort;
    const index = await ask(port, '/');
    expect(index).toMatchObject({
      status: 200,
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    });
    const script = await ask(port, '/page-ABCD2345.js', { headers: { 'accept-encoding': 'gzip' } });
    expect(script.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'content-encoding': 'gzip',
      'cache-control': 'public, max-age=31536000, immutable',
    });
    for (const path of ['/page-ABCD2345.js.map', '/secret.pem', '/other.js'])
      expect((await ask(port, path)).status).toBe(404);
  });

  it('warns of an address that others reach, where nobody is asked who they are', async () => {
    // Of no machine: it is warned of before anything listens there.
    const app = stage.start({ pageBindAddress: '192.0.2.1' });
    await stage.until('told', () => app.logs.some((line) => line.includes('page not served')));
    const warning = app.logs.find((line) => line.includes('shows all targets to whoever reaches it'));
    expect(warning).toContain('--page-auth=kubernetes');
  });

  it('says in one line what to do where the page is not built', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'setpoint-page-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const app = stage.start({}, undefined, join(folder, 'none'));
    await stage.until('told', () => app.logs.some((line) => line.includes('page not served')));
    expect(app.logs.find((line) => line.includes('page not served'))).toContain('ENOENT');
  });
});

describe('with --page-auth=kubernetes', () => {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const basic = (token: string) => ({ authorization: `Basic ${Buffer.from(`anybody:${token}`).toString('base64')}` });
  let port: number;

  beforeEach(async () => {
    const { store, apiServer } = stage.cluster;
    store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'bank' } });
    stage.deploy('ledger', 1, 'bank');
    stage.scale('ledger', CPU, {}, 'bank');
    // The controller is who it is in a cluster, with the rules of the install and those of the overlay.
    apiServer.addUser('controller', { user: ACCOUNT });
    for (const file of ['deploy/base/rbac.yaml', 'deploy/page-auth/rbac.yaml']) {
      for (const object of manifests(file)) store.create(`${object.kind.toLowerCase()}s.${RBAC}`, object);
    }
    apiServer.addUser('root', { user: 'root', groups: ['system:masters'] });
    apiServer.addUser('everywhere', { user: 'olga' });
    apiServer.addUser('shop', { user: 'anna' });
    apiServer.addUser('nowhere', { user: 'eve' });
    grant('Role', 'anna');
    grant('ClusterRole', 'olga');
    port = await stage.start({ pageAuth: 'kubernetes' }, 'controller').pagePort;
    await stage.until('both are decided', async () => {
      const { targets } = await list(port, bearer('root'));
      return targets.filter(({ decidedAt }) => decidedAt).length === 2;
    });
  });

  it.each<[who: string, headers: Record<string, string>, status: number, sees: string[]]>([
    ['nobody', {}, 401, []],
    ['a made-up token', bearer('made-up'), 401, []],
    ['a token of nobody as password', basic('made-up'), 401, []],
    ['an empty password', basic(''), 401, []],
    ['another scheme', { authorization: 'Digest shop' }, 401, []],
    ['who may list everywhere', bearer('everywhere'), 200, ['bank/ledger', 'shop/web']],
    ['who may list in one namespace', bearer('shop'), 200, ['shop/web']],
    ['the same with the token as password', basic('shop'), 200, ['shop/web']],
    ['who may list nowhere', bearer('nowhere'), 403, []],
  ])('%s', async (_who, headers, status, sees) => {
    const answer = await ask(port, LIST, { headers });
    expect(answer.status).toBe(status);
    if (status === 200) {
      const { targets } = await list(port, headers);
      expect(targets.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(sees);
    }
    if (status === 401) expect(answer.headers['www-authenticate']).toMatch(/^Basic realm=/);
    // The page itself, a detail, its YAML and events are behind the same door.
    for (const path of ['/', '/api/v1/targets/bank/ledger', '/api/v1/targets/bank/ledger/yaml']) {
      const sees404 = status === 200 && path !== '/' && !sees.includes('bank/ledger');
      expect([path, (await ask(port, path, { headers })).status]).toEqual([path, sees404 ? 404 : status]);
    }
    const stream = await follow(port, '/api/v1/events', headers);
    expect(stream.status).toBe(status);
    stream.close();
  });

  it('a namespace called like everything is one namespace', async () => {
    const { store, apiServer } = stage.cluster;
    store.create('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'all' } });
    stage.deploy('one', 1, 'all');
    stage.scale('one', CPU, {}, 'all');
    apiServer.addUser('all', { user: 'alf' });
    grant('Role', 'alf', 'all');
    await stage.until('it is listed', async () => (await list(port, bearer('root'))).targets.length === 3);
    // In this order: who may see more has just been answered, and that answer is kept for a moment.
    const stream = await follow(port, '/api/v1/events', bearer('all'));
    for (let count = 0; count < 10; count++) {
      expect((await list(port, bearer('root'))).targets).toHaveLength(3);
      const { targets } = await list(port, bearer('all'));
      expect(targets.map(({ namespace, name }) => `${namespace}/${name}`)).toEqual(['all/one']);
    }
    await stage.until('told', () => stream.events.length > 0);
    const told = stream.events.map(({ data }) => ('namespace' in data ? data.namespace : ''));
    expect([...new Set(told)]).toEqual(['all']);
    stream.close();
  });

  it('events are only of what may be seen', async () => {
    const [anna, olga] = [
      await follow(port, '/api/v1/events', bearer('shop')),
      await follow(port, '/api/v1/events', bearer('everywhere')),
    ];
    const names = (stream: typeof anna) =>
      new Set(stream.events.map(({ data }) => ('namespace' in data ? data.namespace : '')));
    await stage.until('both namespaces are told to who may see both', () => names(olga).size === 2);
    await stage.until('hers to her', () => names(anna).size > 0);
    expect([...names(anna)]).toEqual(['shop']);
    const hidden = await follow(port, '/api/v1/events?namespace=bank&name=ledger', bearer('shop'));
    expect(hidden.status).toBe(404);
    for (const stream of [anna, olga, hidden]) stream.close();
  });

  it('asks the API server once for many requests, and lets nobody in when it cannot', async () => {
    const { audit } = stage.cluster;
    audit.clear();
    for (let count = 0; count < 20; count++) await ask(port, LIST, { headers: bearer('shop') });
    expect(audit.count({ resource: 'tokenreviews' })).toBe(1);
    // All namespaces, then each of the two.
    expect(audit.count({ resource: 'subjectaccessreviews' })).toBe(3);
    await stage.proxy.cut();
    const refused = await ask(port, LIST, { headers: bearer('everywhere-else') });
    expect(refused.status).toBe(503);
    expect(refused.text).toContain('access cannot be checked');
    await stage.proxy.restore();
  });

  it('fails closed without the rules of the overlay', async () => {
    stage.cluster.store.delete(`clusterrolebindings.${RBAC}`, '', 'setpoint-page-auth');
    const refused = await ask(port, LIST, { headers: bearer('nowhere-yet') });
    expect(refused.status).toBe(503);
    expect(refused.text).toContain('tokenreviews');
  });
});

/** Lets a user list ScaledTargets: in one namespace, or everywhere. */
function grant(kind: 'Role' | 'ClusterRole', user: string, namespace = 'shop'): void {
  const { store } = stage.cluster;
  const metadata = { name: user, ...(kind === 'Role' && { namespace }) };
  const apiVersion = `${RBAC}/v1`;
  store.create(`${kind.toLowerCase()}s.${RBAC}`, { apiVersion, kind, metadata, rules: [READ] });
  store.create(`${kind.toLowerCase()}bindings.${RBAC}`, {
    apiVersion,
    kind: `${kind}Binding`,
    metadata,
    roleRef: { apiGroup: RBAC, kind, name: user },
    subjects: [{ kind: 'User', name: user }],
  });
}
