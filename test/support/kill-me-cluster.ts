// A cluster in a process of its own, to be killed by a test: prints the pids of all processes of its pods, then waits.
// (`$$$$`: as in Kubernetes, `$$` in a command is one `$`.) One of them makes itself a session of its own, as daemons do.
import { processCluster, until } from './process-cluster.ts';

const cluster = processCluster();
for (const [name, line] of [
  ['plain', 'trap "" TERM HUP; sleep 300 & echo $!; echo $$$$; wait'],
  ['daemon', 'setsid sleep 300 & sleep 0.1; echo $!; echo $$$$; wait'],
] as const)
  cluster.store.create('pods', {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { containers: [{ name: 'main', image: 'any', command: ['/bin/sh', '-c', line] }] },
  });
const pids = () =>
  ['plain', 'daemon'].flatMap((pod) => (cluster.kubelet.logs('shop', pod) ?? []).map((line) => Number(line.text)));
await until(() => pids().length === 4, 'all pids');
process.stdout.write(`${JSON.stringify(pids())}\n`);
setInterval(() => undefined, 1_000);
