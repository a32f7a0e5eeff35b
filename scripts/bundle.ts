// How an entry becomes files: what is bundled, and what of the dependencies is left out because it is never reached. Each
// omission keeps the behaviour and is there for start time and memory; test/e2e/bundle.test.ts measures both.
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild';

const ROOT = new URL('..', import.meta.url).pathname;

interface Replacement {
  /** What is imported. */
  readonly filter: RegExp;
  /** Only there. Default: wherever it is imported. */
  readonly importer?: RegExp;
  /** The module instead of it. */
  readonly contents: string;
}

const REPLACEMENTS: readonly Replacement[] = [
  {
    // Its index also makes a client for every API of Kubernetes; of it all, src/kube takes the reading of kubeconfig files.
    filter: /^@kubernetes\/client-node$/,
    contents: "export { KubeConfig } from '@kubernetes/client-node/dist/config.js';",
  },
  {
    // Only KubeConfig.makeApiClient goes there. Calls are made by src/kube/client.ts.
    filter: /^\.\/gen\/index\.js$/,
    importer: /client-node\/dist\/config\.js$/,
    contents: `const absent = () => { throw new Error('the bundle has no generated API clients: use src/kube/client.ts') };
      export const createConfiguration = absent;
      export const ServerConfiguration = absent;`,
  },
  {
    // Its index also loads fetch, WebSocket, caches, mocks, retries. What it does beside exporting: dispatchers get their methods.
    filter: /^undici$/,
    contents: `import api from 'undici/lib/api/index.js';
      import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
      Object.assign(Dispatcher.prototype, api);
      export { default as Agent } from 'undici/lib/dispatcher/agent.js';
      export { default as ProxyAgent } from 'undici/lib/dispatcher/proxy-agent.js';
      export { default as Socks5ProxyAgent } from 'undici/lib/dispatcher/socks5-proxy-agent.js';`,
  },
  {
    // For forms with files, which brings a table of all media types. Metric sources are asked with plain parameters.
    filter: /^form-data$/,
    contents:
      "export default class FormData { constructor() { throw new Error('the bundle sends no multipart forms') } }",
  },
];

const leaveOut: Plugin = {
  name: 'leave-out',
  setup(builder) {
    REPLACEMENTS.forEach(({ filter, importer, contents }, index) => {
      const namespace = `instead-${index}`;
      builder.onResolve({ filter }, (args) =>
        importer === undefined || importer.test(args.importer) ? { path: args.path, namespace } : undefined,
      );
      builder.onLoad({ filter: /.*/, namespace }, () => ({ contents, loader: 'js', resolveDir: ROOT }));
    });
    // Its modules do nothing but define and export, though its package file does not say so: unused ones need not be there.
    const asked = Symbol('asked');
    builder.onResolve({ filter: /^[./]|^@kubernetes\/client-node\/dist\// }, async (args) => {
      if (args.pluginData === asked || !/client-node/.test(args.importer + args.path)) return undefined;
      const { kind, importer, resolveDir } = args;
      const found = await builder.resolve(args.path, { kind, importer, resolveDir, pluginData: asked });
      return found.errors.length > 0 ? found : { path: found.path, sideEffects: false };
    });
  },
};

interface Entry {
  /** From the root. */
  readonly source: string;
  /**
   * Whether what is imported dynamically, a command, goes into files of its own: `setpoint decide` starts in half the time when
   * the controller's code is not even read. What always loads everything is better one file.
   */
  readonly split: boolean;
}

/** Entries of the product, by the name of their file in the output folder. */
export const ENTRIES = {
  setpoint: { source: 'src/cli/main.ts', split: true },
  controller: { source: 'src/main.ts', split: false },
} as const satisfies Readonly<Record<string, Entry>>;

const OPTIONS = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  sourcemap: 'linked',
  // A third of the size: less to read, compile and keep in memory at start. Stack traces go through the source map where Node is
  // started with --enable-source-maps; the image is not, since that costs 60 MB and doubles the time to start.
  minify: true,
  legalComments: 'external',
  metafile: true,
  chunkNames: 'parts/[name]-[hash]',
  // Some dependencies are CommonJS and call require() of built-in modules.
  banner: {
    js: "import { createRequire as setpointCreateRequire } from 'node:module'; const require = setpointCreateRequire(import.meta.url);",
  },
  plugins: [leaveOut],
} as const satisfies BuildOptions;

/**
 * Bundles an entry into `outdir`.
 *
 * @param outdir where to write; undefined writes nothing and only tells what would be in the files.
 */
export async function bundle(
  outdir: string | undefined,
  name: keyof typeof ENTRIES,
): Promise<{ readonly metafile: Metafile; readonly warnings: readonly string[] }> {
  const { source, split } = ENTRIES[name];
  const { metafile, warnings } = await build({
    ...OPTIONS,
    plugins: [...OPTIONS.plugins],
    entryPoints: { [name]: source },
    splitting: split,
    outdir: outdir ?? 'dist',
    write: outdir !== undefined,
  });
  return { metafile, warnings: warnings.map(({ text }) => text) };
}
