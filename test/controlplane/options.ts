// What a control plane is started with.
import type { ComponentName } from './components.ts';
import type { Users } from './certificates.ts';

export type Flavour = 'full' | 'managed' | 'api';

export interface ControlPlaneOptions {
  /**
   * `full`: all programs. `api`: etcd and kube-apiserver alone, in a few seconds. `managed`: with kube-controller-manager besides,
   * and nobody who runs pods. Default `full`.
   */
  readonly flavour?: Flavour;
  /** Made, and emptied if it is there. Default: a new folder under .cache/controlplane. */
  readonly directory?: string;
  /** Leave logs, audit log and data when it is stopped. Default false. */
  readonly keep?: boolean;
  /** Of the API server. Default: any free one. */
  readonly port?: number;
  /** Beside `admin`, who is in system:masters: name → groups. Each gets a token and a kubeconfig. */
  readonly users?: Users;
  /** Made at start beside those that every cluster has. */
  readonly namespaces?: readonly string[];
  /** Fake nodes with 64 cores, 256 Gi and room for 1000 pods each. Default 2. */
  readonly nodes?: number;
  /** From a pod's start to its readiness; the annotation `setpoint.dev/start-delay` (such as `5s`) on a pod goes before. Default 2. */
  readonly startSeconds?: number;
  /** From the deletion of a pod to its end. Default 0. */
  readonly stopSeconds?: number;
  readonly controllerManager?: Partial<ControllerManagerOptions>;
  /** Of kube-apiserver and kube-controller-manager. Default: HPAScaleToZero on. */
  readonly featureGates?: Readonly<Record<string, boolean>>;
  /** Between two reads of the nodes' usage by metrics-server, which accepts no less than 10. Default 10. */
  readonly metricsResolutionSeconds?: number;
  /** Whether etcd waits for the disk. Default false: tests outlive no power cut. */
  readonly fsync?: boolean;
  /** After our own flags, so that these go before. */
  readonly extraArgs?: Readonly<Partial<Record<ComponentName, readonly string[]>>>;
  /** Gives up while it starts: everything that runs by then is ended. */
  readonly signal?: AbortSignal;
  /** Gets a line for each thing that takes time. Default: none. */
  readonly log?: (line: string) => void;
}

export interface ControllerManagerOptions {
  /** As its flag takes them: `*` for all, `-name` for all but. Default `*`. */
  readonly controllers: readonly string[];
  /** Whether the HPA runs; off adds `-horizontal-pod-autoscaler-controller`. Default true. */
  readonly hpa: boolean;
  /** Default 15, as in Kubernetes. */
  readonly hpaSyncPeriodSeconds: number;
  /** Requests per second. Default 20, as in Kubernetes. */
  readonly qps: number;
  /** Default 30, as in Kubernetes. */
  readonly burst: number;
}

/** With every default filled in. */
export interface PlaneOptions {
  readonly flavour: Flavour;
  readonly namespaces: readonly string[];
  readonly nodes: number;
  readonly startSeconds: number;
  readonly stopSeconds: number;
  readonly controllerManager: Omit<ControllerManagerOptions, 'hpa'>;
  /** Whether somebody makes the service accounts that pods need. */
  readonly serviceAccounts: boolean;
  readonly featureGates: Readonly<Record<string, boolean>>;
  readonly metricsResolutionSeconds: number;
  readonly fsync: boolean;
  readonly extraArgs: Readonly<Partial<Record<ComponentName, readonly string[]>>>;
  readonly log: (line: string) => void;
}

export function withDefaults(options: ControlPlaneOptions): PlaneOptions {
  const { controllers = ['*'], hpa = true, ...rest } = options.controllerManager ?? {};
  const flavour = options.flavour ?? 'full';
  return {
    flavour,
    namespaces: options.namespaces ?? [],
    nodes: options.nodes ?? 2,
    startSeconds: options.startSeconds ?? 2,
    stopSeconds: options.stopSeconds ?? 0,
    controllerManager: {
      hpaSyncPeriodSeconds: 15,
      qps: 20,
      burst: 30,
      ...rest,
      controllers: hpa ? controllers : [...controllers, '-horizontal-pod-autoscaler-controller'],
    },
    serviceAccounts:
      flavour !== 'api' && (controllers.includes('*') || controllers.includes('serviceaccount-controller')),
    featureGates: { HPAScaleToZero: true, ...options.featureGates },
    metricsResolutionSeconds: options.metricsResolutionSeconds ?? 10,
    fsync: options.fsync ?? false,
    extraArgs: options.extraArgs ?? {},
    log: options.log ?? (() => {}),
  };
}
