// Whom `setpoint explain` asks when no URL is given: the pod that holds the Lease, at a forwarded port; and what answers badly.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { explainCommand } from '../../src/cli/commands/explain.ts';
import type { Fault } from '../../src/localcluster/api/faults.ts';
import { fieldsOf } from '../../src/record/status.ts';
import { CPU, RealTimeStage } from '../support/real-time-app.ts';
import { type CliResult, runCli } from '../support/run-cli.ts';
import { ScriptedServer } from '../support/scripted-server.ts';

let stage: RealTimeStage;
let controller: string;
let kubeconfig: string;

beforeAll(async () => {
  stage = await RealTimeStage.open();
  kubeconfig = join(stage.folder, 'user');
  writeFileSync(kubeconfig, stage.cluster.kubeconfig());
  stage.installCrd();
  stage.deploy('web', 2);
  stage.work(500);
  stage.scale('web', CPU);
  controller = `http://127.0.0.1:${await stage.start().pagePort}`;
  await stage.until('its status tells', () => stage.statusOf('web')['currentReplicas'] === 2);
}, 60_000);
afterAll(() => stage.close());

function explain(args: readonly string[], environment: Record<string, string> = {}): Promise<CliResult> {
  return runCli([explainCommand], ['explain', '--kubeconfig', kubeconfig, ...args], { environment });
}

/** The pod that leads, as the Lease names it: its port is that one here, or nobody's. */
function makePod(port: string | undefined): void {
  const lease = stage.cluster.store.get('leases.coordination.k8s.io', 'setpoint-system', 'setpoint');
  const holder = fieldsOf(lease?.['spec'])['holderIdentity'];
  stage.cluster.store.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: String(holder).replace(/_[^_]*$/, ''),
      namespace: 'setpoint-system',
      ...(port !== undefined && { annotations: { 'localcluster.setpoint.dev/port': port } }),
    },
    spec: { containers: [{ name: 'controller', image: 'any' }] },
  });
}

function dropPods(): Promise<void> {
  for (const { metadata } of stage.cluster.store.list('pods', 'setpoint-system'))
    stage.cluster.store.delete('pods', 'setpoint-system', metadata.name);
  return stage.until('the pod is gone', () => stage.cluster.store.list('pods', 'setpoint-system').length === 0);
}

/** The last line of an explanation, which says who told it. */
async function told(environment: Record<string, string> = {}): Promise<string> {
  const { exitCode, stdout } = await explain(['-n', 'shop', 'web'], environment);
  expect(exitCode).toBe(0);
  return stdout.slice(stdout.lastIndexOf('\n', stdout.length - 2) + 1);
}
const onNode = () => stage.until('the pod is on a node', async () => !(await told()).includes('does not have a host'));

describe('at a forwarded port', () => {
  afterEach(dropPods);

  it('asks the pod that the Lease names, at the port and by the Lease that the variables name', async () => {
    makePod(new URL(controller).port);
    await onNode();
    expect(await told()).toMatch(/^Told by the controller \(port 8081 of pod setpoint-system\/\S+, version .*\)\.\n$/);
    expect(await told({ SETPOINT_LEASE_NAME: 'other' })).toContain(
      'The controller: there is no Lease setpoint-system/other that names its pod.',
    );
    expect(await told({ SETPOINT_PAGE_PORT: '0' })).toContain(
      'The controller: its port is not known (SETPOINT_PAGE_PORT is 0): give --controller.',
    );
  });

  it('says what stands against it: no pod, nobody who listens, no right, no answer', async () => {
    expect(await told()).toMatch(
      /The controller: port 8081 of pod setpoint-system\/(\S+) did not answer: pods "\1" not found\.\n$/,
    );
    makePod('1');
    await onNode();
    expect(await told()).toMatch(/ did not answer: error forwarding port 8081 to pod .*ECONNREFUSED/);
    await dropPods();
    makePod(undefined);
    await onNode();
    expect(await told()).toMatch(/ did not answer: error forwarding port 8081 to pod .*: nobody listens there\.\n$/);
    const refusal = { kind: 'error', code: 403, reason: 'Forbidden', message: 'no: ' } as const;
    const hurt = async (fault: Fault) => {
      const active = stage.cluster.faults.add({ match: { subresource: 'portforward' }, fault });
      return told().finally(() => active.remove());
    };
    expect(await hurt(refusal)).toContain(
      ' did not answer: no: ask for the verbs get and create on pods/portforward in the namespace setpoint-system.',
    );
    expect(await hurt({ kind: 'body', code: 200, body: '<html>' })).toContain(
      ' did not answer: no WebSocket passes on the way to the API server (200): forward the port with kubectl port-forward and give its',
    );
    expect(await hurt({ kind: 'hang' })).toContain(' did not answer: no answer within 4 s.');
  });
});

describe('something else than a controller answers', () => {
  afterEach(dropPods);

  it.each([
    ['nothing', 'the connection was closed before the answer|socket hang up'],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: other\r\n\r\n', 'another protocol'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n<', 'it is no controller: it answers with something other than JSON'],
    ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{', 'aborted'],
    ['HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n', '302'],
    [
      'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n',
      'it asks for a token: give one in SETPOINT_CONTROLLER_TOKEN',
    ],
  ])('%j', async (bytes, words) => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy()).once('data', () => socket.end(bytes === 'nothing' ? '' : bytes));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      // By its own address, and as the port of a pod.
      for (const where of [['--controller', `http://127.0.0.1:${port}`], []]) {
        if (where.length === 0) {
          makePod(String(port));
          await onNode();
        }
        const { exitCode, stdout } = await explain(['-n', 'shop', 'web', ...where]);
        expect([exitCode, stdout]).toEqual([0, expect.stringMatching(new RegExp(`did not answer: .*(?:${words})`))]);
      }
    } finally {
      server.close();
    }
  });
});

describe('a token', () => {
  it('that is refused is told so', async () => {
    const server = await ScriptedServer.start((_, response) => void response.writeHead(401).end());
    try {
      const environment = { SETPOINT_CONTROLLER: server.url, SETPOINT_CONTROLLER_TOKEN: 'old' };
      expect(await told(environment)).toContain(
        ' did not answer: it refuses the token: give another in SETPOINT_CONTROLLER_TOKEN',
      );
    } finally {
      await server.close();
    }
  });
});
