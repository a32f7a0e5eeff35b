// How kwok plays the nodes and pods: a node is ready at once; a pod runs at once and is ready after its start-up delay; a deleted one
// ends after its delay. Usage comes from usage.ts, in the form in which kubelets tell it; a port of a pod leads where a PortForward says.
import { stringify } from 'yaml';
import type { PlaneOptions } from './options.ts';

export const KWOK_CONFIG = 'kwok.yaml';
/** Where each node tells its usage; kwok serves it for all nodes on one port. */
export const RESOURCE_METRICS_PATH = '/metrics/nodes/{nodeName}/metrics/resource';

const API_VERSION = 'kwok.x-k8s.io/v1alpha1';

export function kwokConfig(options: PlaneOptions): string {
  const documents = [
    {
      apiVersion: 'config.kwok.x-k8s.io/v1alpha1',
      kind: 'KwokConfiguration',
      options: {
        cidr: '10.244.0.0/16',
        enableCRDs: ['ClusterResourceUsage', 'PortForward'],
        enableDebuggingHandlers: true,
        podPlayStageParallelism: 16,
        nodePlayStageParallelism: 4,
        nodeLeaseParallelism: 4,
        enablePodsOnNodeSyncStreamWatch: true,
      },
    },
    stage('node-ready', 'Node', [notIn('.status.conditions.[] | select( .type == "Ready" ) | .status', 'True')], {
      next: { statusTemplate: NODE_STATUS },
    }),
    stage('pod-started', 'Pod', [LIVES, isIn('.status.phase', 'Pending')], {
      next: { statusTemplate: STARTED_STATUS },
    }),
    stage(
      'pod-ready',
      'Pod',
      [
        LIVES,
        isIn('.status.phase', 'Running'),
        isIn('.status.conditions.[] | select( .type == "Ready" ) | .status', 'False'),
      ],
      {
        delay: {
          durationMilliseconds: Math.round(options.startSeconds * 1000),
          durationFrom: { expressionFrom: '.metadata.annotations["setpoint.dev/start-delay"]' },
        },
        next: { statusTemplate: READY_STATUS },
      },
    ),
    stage('pod-ended', 'Pod', [{ key: '.metadata.deletionTimestamp', operator: 'Exists' }], {
      delay: { durationMilliseconds: Math.round(options.stopSeconds * 1000) },
      next: { delete: true },
    }),
    { apiVersion: API_VERSION, kind: 'Metric', metadata: { name: 'kubelet-resource' }, spec: METRICS },
  ];
  return documents.map((document) => stringify(document)).join('---\n');
}

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

const LIVES: Expression = { key: '.metadata.deletionTimestamp', operator: 'DoesNotExist' };

function isIn(key: string, value: string): Expression {
  return { key, operator: 'In', values: [value] };
}

function notIn(key: string, value: string): Expression {
  return { key, operator: 'NotIn', values: [value] };
}

function stage(name: string, kind: string, matchExpressions: readonly Expression[], rest: object) {
  return {
    apiVersion: API_VERSION,
    kind: 'Stage',
    metadata: { name },
    spec: { resourceRef: { apiGroup: 'v1', kind }, selector: { matchExpressions }, ...rest },
  };
}

// Templates of Go. The capacity is what the node was made with.
const NODE_STATUS = `
{{ $now := Now | Quote }}
conditions:
{{ range NodeConditions }}
- { type: {{ .type | Quote }}, status: {{ .status | Quote }}, reason: {{ .reason | Quote }}, message: {{ .message | Quote }}, lastHeartbeatTime: {{ $now }}, lastTransitionTime: {{ $now }} }
{{ end }}
addresses:
- { type: InternalIP, address: {{ NodeIP | Quote }} }
- { type: Hostname, address: {{ NodeName | Quote }} }
daemonEndpoints:
  kubeletEndpoint: { Port: {{ NodePort }} }
phase: Running
`;

// Given once: kwok gives out another address each time it is asked.
const ADDRESSES = `
hostIP: {{ index (NodeIPsWith .spec.nodeName) 0 | Quote }}
{{ with PodIPsWith .spec.nodeName ( or .spec.hostNetwork false ) ( or .metadata.uid "" ) ( or .metadata.name "" ) ( or .metadata.namespace "" ) }}
podIP: {{ index . 0 | Quote }}
podIPs: [ { ip: {{ index . 0 | Quote }} } ]
{{ end }}
`;

function podStatus(ready: boolean): string {
  const condition = (type: string, status: boolean) =>
    `- { type: ${type}, status: "${status ? 'True' : 'False'}", lastTransitionTime: {{ $now }} }`;
  return `
{{ $now := Now | Quote }}
{{ $started := or .status.startTime Now | Quote }}
conditions:
${ready ? '' : condition('Initialized', true)}
${condition('ContainersReady', ready)}
${condition('Ready', ready)}
containerStatuses:
{{ range .spec.containers }}
- name: {{ .name | Quote }}
  image: {{ .image | Quote }}
  imageID: ""
  ready: ${ready}
  started: true
  restartCount: 0
  state: { running: { startedAt: {{ $started }} } }
{{ end }}
${ready ? '' : ADDRESSES}
phase: Running
startTime: {{ $started }}
`;
}

const STARTED_STATUS = podStatus(false);
const READY_STATUS = podStatus(true);

const LONG_AGO = '1';
const PLACE = [
  { name: 'namespace', value: 'pod.metadata.namespace' },
  { name: 'pod', value: 'pod.metadata.name' },
];
const CONTAINER = [{ name: 'container', value: 'container.name' }, ...PLACE];

function metric(name: string, dimension: string, kind: string, value: string, labels?: object) {
  return { name, dimension, kind, value, help: name, ...(labels === undefined ? {} : { labels }) };
}

/**
 * What metrics-server reads of a kubelet. kwok's counters begin at 0 with the first read, not with the container: metrics-server takes no
 * counter of 0, hence the thousandth, and would rate a counter from a recent start on, hence a start long ago. So a pod has metrics after
 * two reads.
 */
const METRICS = {
  path: RESOURCE_METRICS_PATH,
  metrics: [
    metric('container_start_time_seconds', 'container', 'gauge', LONG_AGO, CONTAINER),
    metric(
      'container_cpu_usage_seconds_total',
      'container',
      'counter',
      'pod.CumulativeUsage("cpu", container.name) + 0.001',
      CONTAINER,
    ),
    metric(
      'container_memory_working_set_bytes',
      'container',
      'gauge',
      'pod.Usage("memory", container.name)',
      CONTAINER,
    ),
    metric('pod_cpu_usage_seconds_total', 'pod', 'counter', 'pod.CumulativeUsage("cpu") + 0.001', PLACE),
    metric('pod_memory_working_set_bytes', 'pod', 'gauge', 'pod.Usage("memory")', PLACE),
    metric('node_cpu_usage_seconds_total', 'node', 'counter', 'node.CumulativeUsage("cpu") + 0.001'),
    metric('node_memory_working_set_bytes', 'node', 'gauge', 'node.Usage("memory")'),
  ],
};
