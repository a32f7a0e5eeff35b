// Which programs a control plane consists of, in which versions, and where each comes from. Kubernetes is the version that the
// situations of the real HPA in test/fixtures come from.

export type ProgramName =
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kubectl'
  | 'kwok'
  | 'metrics-server';

export interface Archive {
  readonly url: string;
  readonly algorithm: 'sha256' | 'sha512';
  readonly checksum: string;
  /** Folder inside the tar archive; unset: the download is the program itself. */
  readonly folder?: string;
}

export interface Source {
  readonly name: string;
  readonly version: string;
  /** Folder under test/controlplane/go with the go.mod that pins it. */
  readonly module: string;
  /** Program → Go package. */
  readonly programs: Readonly<Partial<Record<ProgramName, string>>>;
  /** `variable=value` for the linker. */
  readonly stamps: readonly string[];
  /** By `platform-arch` of Go. Only what has a checksum that was published. */
  readonly archives: Readonly<Partial<Record<string, Archive>>>;
}

const KUBERNETES = 'v1.36.3';

function kubernetesStamps(): string[] {
  const [major = '', minor = ''] = KUBERNETES.slice(1).split('.');
  const values = {
    gitVersion: KUBERNETES,
    gitMajor: major,
    gitMinor: minor,
    gitTreeState: 'clean',
    buildDate: '2026-07-22T18:07:38Z',
  };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((variables) =>
    Object.entries(values).map(([name, value]) => `${variables}.${name}=${value}`),
  );
}

function kubernetesArchive(arch: string, checksum: string): Archive {
  return {
    url: `https://dl.k8s.io/${KUBERNETES}/kubernetes-server-linux-${arch}.tar.gz`,
    algorithm: 'sha512',
    checksum,
    folder: 'kubernetes/server/bin',
  };
}

export const SOURCES: readonly Source[] = [
  {
    name: 'etcd',
    version: 'v3.7.3',
    module: 'etcd',
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
    stamps: [],
    archives: {},
  },
  {
    name: 'kubernetes',
    version: KUBERNETES,
    module: 'kubernetes',
    programs: {
      'kube-apiserver': 'k8s.io/kubernetes/cmd/kube-apiserver',
      'kube-controller-manager': 'k8s.io/kubernetes/cmd/kube-controller-manager',
      'kube-scheduler': 'k8s.io/kubernetes/cmd/kube-scheduler',
      kubectl: 'k8s.io/kubernetes/cmd/kubectl',
    },
    stamps: kubernetesStamps(),
    // Published in CHANGELOG-1.36.md of Kubernetes.
    archives: {
      'linux-amd64': kubernetesArchive(
        'amd64',
        'b0fc15554233d9dcf7284bca259bc238aa89003dc2d821f7074f385f3825dead854ae175482ccb5632a0930ffc1d3c0eff1cda2ada972fba9a5d46033a8b1e52',
      ),
      'linux-arm64': kubernetesArchive(
        'arm64',
        '65c78d6893d683fc5e7f232f8638243886c8b1b7dbe055746ae7d38fdf8016456b1710ce4fc1133127880a65aed9492f737995694462baad13495a7f3d9ef0c5',
      ),
    },
  },
  {
    name: 'metrics-server',
    version: 'v0.9.0',
    module: 'metrics-server',
    programs: { 'metrics-server': 'sigs.k8s.io/metrics-server/cmd/metrics-server' },
    stamps: ['k8s.io/client-go/pkg/version.gitVersion=v0.9.0'],
    archives: {},
  },
  {
    name: 'kwok',
    version: 'v0.8.0',
    module: 'kwok',
    programs: { kwok: 'sigs.k8s.io/kwok/cmd/kwok' },
    stamps: [],
    archives: {
      'linux-amd64': {
        url: 'https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-linux-amd64',
        algorithm: 'sha256',
        checksum: 'f5a4385a2ae1b9dd7f8acae18e002a75c0ebba124ae9d7259aa8dadb50711f46',
      },
    },
  },
];
