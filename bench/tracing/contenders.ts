// What is measured against what, and how each becomes a process: the same cycles, with tracing built in or left out, with an SDK or
// without.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Order, Played } from './worker.ts';

const ROOT = new URL('../..', import.meta.url).pathname;
const OUT = join(ROOT, '.cache/bench-tracing');
/** A young generation that no round fills: what the heap grows by is what was allocated. */
const V8_FLAGS = ['--expose-gc', '--min-semi-space-size=512', '--max-semi-space-size=512'];

export const CONTENDERS = ['without tracing', 'no SDK', 'SDK, not sampled', 'SDK'] as const;
export type Contender = (typeof CONTENDERS)[number];

/** The same functions, doing nothing: the bundler leaves out their calls. */
const EMPTY_SPANS = `
  import { decide } from '../decide/decide.ts';
  export const startCycle = () => undefined;
  export const tellDecided = () => {};
  export const tellUndecided = () => {};
  export const endCycle = (_, end) => end;
  export const decideWithin = (_, situation) => decide(situation);
  export const startRead = () => undefined;
  export const endRead = () => {};
  export const startScaleWrite = () => undefined;
  export const endScaleWrite = () => {};
  export const startStatusWrite = () => undefined;
  export const endStatusWrite = () => {};
`;

const withoutSpans: Plugin = {
  name: 'without-spans',
  setup(builder) {
    const file = join(ROOT, 'src/controller/spans.ts');
    builder.onLoad({ filter: /controller\/spans\.ts$/ }, ({ path }) =>
      path === file ? { contents: EMPTY_SPANS, loader: 'ts' } : undefined,
    );
  },
};

/** Builds both kinds of programs. */
export async function buildContenders(): Promise<void> {
  for (const [name, plugins] of [
    ['with', []],
    ['without', [withoutSpans]],
  ] as const) {
    await build({
      absWorkingDir: ROOT,
      entryPoints: { [name]: 'bench/tracing/worker.ts' },
      outdir: OUT,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      minifySyntax: true,
      banner: {
        js: "import { createRequire as benchRequire } from 'node:module'; const require = benchRequire(import.meta.url);",
      },
      plugins: [...plugins],
    });
  }
}

/** One contender as a process of its own, which plays cycles when told to. */
export class ContenderProcess {
  readonly #child: ChildProcess;

  constructor(contender: Contender) {
    const program = join(OUT, contender === 'without tracing' ? 'without.mjs' : 'with.mjs');
    this.#child = fork(program, [contender], { execArgv: V8_FLAGS });
    this.#child.once('exit', (code) => {
      if (code !== 0) throw new Error(`the contender "${contender}" ended with ${code}`);
    });
  }

  async play(order: Order): Promise<Played> {
    const answer = once(this.#child, 'message');
    this.#child.send(order);
    return ((await answer) as [Played])[0];
  }

  async end(): Promise<void> {
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }
}
