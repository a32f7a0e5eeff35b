// Draws the pods that the selector finds, in every state that counts, with the usage that their metrics call for.
import type { ContainerJson, PodJson, Profile, Requests, SituationJson, Usage } from '../situation.ts';
import type { Draw } from './draw.ts';
import { type DrawnMetric, milli } from './metrics.ts';
import { drawState } from './pod-state.ts';

interface Wanted {
  readonly size: number;
  readonly metrics: readonly DrawnMetric[];
  readonly config: SituationJson['config'];
}

const SHAPES = ['plain', 'containers', 'sidecar'] as const;
type Shape = (typeof SHAPES)[number];

/** What the pods of one situation have in common. */
interface Fashion extends Wanted {
  readonly profile: Profile;
  readonly shape: Shape;
  /** How likely a pod is in a state other than ready for long. */
  readonly oddness: number;
  /** How likely a pod is without metrics, without a request, and with requests as a whole. */
  readonly silence: number;
  readonly thrift: number;
  readonly wholeness: number;
  readonly noise: number;
}

const MOST_PODS = 60;

export function drawPods(draw: Draw, profile: Profile, wanted: Wanted): PodJson[] {
  const fashion = drawFashion(draw, profile, wanted);
  const near = draw.weighted([
    [70, wanted.size],
    [25, wanted.size + draw.int(-3, 4)],
    [3, 0],
  ]);
  const count = Math.min(near, wanted.size > MOST_PODS ? draw.int(1, 8) : MOST_PODS);
  // As in the middle of a rollout that changes the containers.
  const isMixed = draw.chance(0.08);
  return draw.list(Math.max(0, count), () =>
    drawPod(draw, isMixed ? { ...fashion, shape: draw.pick(SHAPES) } : fashion),
  );
}

function drawFashion(draw: Draw, profile: Profile, wanted: Wanted): Fashion {
  const isOdd = profile === 'pods' || draw.chance(0.25);
  const containers = new Set(wanted.metrics.map(({ json }) => json.container));
  return {
    ...wanted,
    profile,
    // Mostly a pod that has the containers which the metrics name.
    shape: draw.weighted([
      [containers.has('main') ? 20 : 3, 'plain'],
      [containers.has('app') || containers.has('proxy') ? 30 : 1, 'containers'],
      [containers.has('mesh') ? 40 : 2, 'sidecar'],
    ]),
    oddness: isOdd ? draw.pick([0.1, 0.3, 0.6, 1]) : 0,
    silence: isOdd || draw.chance(0.2) ? draw.pick([0, 0.1, 0.3, 0.3, 1]) : 0,
    thrift: draw.chance(0.06) ? draw.pick([0.1, 0.5]) : 0,
    wholeness: draw.chance(0.15) ? draw.pick([0.3, 1]) : 0,
    noise: draw.pick([0, 0, 0.02, 0.3, 1]),
  };
}

function drawPod(draw: Draw, fashion: Fashion): PodJson {
  const pod: PodJson = {
    ...(draw.chance(0.4) ? { windowSeconds: draw.pick([10, 15, 30, 60, 120]) } : {}),
    ...drawState(draw, fashion.config, draw.chance(fashion.oddness)),
  };
  const usage: Usage = {};
  const requests: Requests = {};
  for (const metric of fashion.metrics) addMetric(draw, fashion, metric, { usage, requests });
  if (draw.chance(fashion.thrift)) delete requests[draw.pick(['cpu', 'memory'])];
  if (draw.chance(fashion.wholeness)) pod.podLevelRequests = drawWhole(draw, fashion, requests);
  const isSilent = draw.chance(fashion.silence);
  return fashion.shape === 'plain'
    ? { ...pod, requests, usage: isSilent ? null : usage }
    : { ...pod, ...splitPod(draw, fashion, { usage, requests, isSilent }) };
}

/** The requests of the pod as a whole: of the same resources, of cpu, or of one resource in place of all of its containers'. */
function drawWhole(draw: Draw, fashion: Fashion, requests: Requests): Requests {
  const kind = draw.weighted([
    [2, 'same'],
    [5, 'cpu'],
    [2, 'alone'],
  ]);
  if (kind === 'same') return { ...requests };
  const resource = kind === 'cpu' ? 'cpu' : draw.pick(['cpu', 'memory']);
  if (kind === 'alone') for (const name of Object.keys(requests)) delete requests[name];
  return { [resource]: drawRequest(draw, resource, fashion).text };
}

interface Load {
  readonly usage: Usage;
  readonly requests: Requests;
}

/** The first metric of a name says how high its usage is. */
function addMetric(draw: Draw, fashion: Fashion, { json, ratio }: DrawnMetric, { usage, requests }: Load): void {
  if (usage[json.name] !== undefined) return;
  const noisy = ratio * (1 + fashion.noise * (draw.fraction() - 0.5));
  const average = Number(json.target.averageValueMilli ?? 0);
  switch (json.type) {
    case 'Resource':
    case 'ContainerResource': {
      const request = drawRequest(draw, json.name, fashion);
      requests[json.name] = request.text;
      const target = (request.milli * (json.target.averageUtilization ?? 0)) / 100;
      usage[json.name] = drawUsage(
        draw,
        fashion,
        (json.target.averageUtilization === undefined ? average : target) * noisy,
      );
      break;
    }
    case 'Pods':
      if (draw.chance(1 - fashion.silence / 2)) usage[json.name] = drawUsage(draw, fashion, average * noisy);
      break;
    default:
  }
}

function drawUsage(draw: Draw, { profile }: Fashion, wanted: number) {
  const isExtreme = profile === 'extreme' && draw.chance(0.1);
  return milli(isExtreme ? 10 ** (draw.fraction() * 18.9) : wanted);
}

const CPU = ['50m', '100m', '250m', '500m', '1', '1500m', '2'] as const;
const MEMORY = ['64Mi', '128Mi', '1Gi', '100M', '1500000', '4096Mi'] as const;
const HUGE = ['9000000', '1Ti', '100G', '5Pi', '1Ei'] as const;
const UNITS: Readonly<Record<string, number>> = {
  '': 1000,
  m: 1,
  M: 1e9,
  G: 1e12,
  Mi: 1000 * 2 ** 20,
  Gi: 1000 * 2 ** 30,
  Ti: 1000 * 2 ** 40,
  Pi: 1000 * 2 ** 50,
  Ei: 1000 * 2 ** 60,
};

function drawRequest(draw: Draw, resource: string, { profile, noise }: Pick<Fashion, 'profile' | 'noise'>) {
  const list: readonly string[] = resource === 'memory' ? MEMORY : CPU;
  const isExtreme = profile === 'extreme' && draw.chance(0.12);
  const usual = noise === 0 ? (list[3] ?? '1') : draw.pick(list);
  const text = isExtreme ? draw.pick(HUGE) : draw.chance(0.01) ? '0' : usual;
  const [, digits = '0', unit = ''] = /^(\d+)(\D*)$/.exec(text) ?? [];
  return { text, milli: Number(digits) * (UNITS[unit] ?? 1) };
}

/** The pod's requests and usage over two containers, and a sidecar beside them. */
function splitPod(draw: Draw, fashion: Fashion, { usage, requests, isSilent }: Load & { isSilent: boolean }) {
  const share = (part: number): Usage =>
    Object.fromEntries(Object.entries(usage).map(([name, value]) => [name, milli(Number(value) * part)]));
  const containers = [0.7, 0.3].map((part, index): ContainerJson => {
    const container: ContainerJson = { name: index === 0 ? 'app' : 'proxy', requests };
    const kind = draw.weighted([
      [20, 'whole'],
      [1, 'absent'],
      [1, 'lacking'],
    ]);
    if (kind === 'absent') return { ...container, usage: share(part), absentFromMetrics: true };
    return { ...container, usage: isSilent || kind === 'lacking' ? null : share(part) };
  });
  const custom = fashion.metrics.filter(({ json }) => json.type === 'Pods' && usage[json.name] !== undefined);
  const ofPod: Usage = Object.fromEntries(custom.map(({ json }) => [json.name, usage[json.name] ?? 0]));
  return {
    containers,
    ...(Object.keys(ofPod).length === 0 ? {} : { usage: isSilent ? null : ofPod }),
    ...(fashion.shape === 'sidecar' ? { initContainers: drawInits(draw, requests, share(0.1), isSilent) } : {}),
  };
}

function drawInits(draw: Draw, requests: Requests, usage: Usage, isSilent: boolean) {
  const setup = { name: 'setup', ...(draw.chance(0.5) ? { requests: { cpu: '5', memory: '8Gi' } } : {}) };
  const mesh = { name: 'mesh', restartPolicy: 'Always', ...(draw.chance(0.95) ? { requests } : {}) };
  return [setup, isSilent || draw.chance(0.1) ? mesh : { ...mesh, usage }];
}

/** Samples of pods outside the list, as a metrics API gives for pods that are gone. */
export function drawExtraMetrics(draw: Draw, metrics: readonly DrawnMetric[]) {
  if (draw.chance(0.95)) return [];
  return draw.list(draw.int(1, 2), (index) => ({
    podName: `gone-${index}`,
    usage: Object.fromEntries(metrics.map(({ json }) => [json.name, draw.int(0, 5) * 1000])),
  }));
}
