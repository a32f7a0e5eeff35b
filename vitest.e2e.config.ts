import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const files = (names: readonly string[]) => names.map((name) => `test/e2e/${name}.test.ts`);

/** They mostly wait: three files at a time. Beside the first two, which begin with a storm, those that do next to nothing. */
const WAITING = files([
  'real-cluster',
  'demo',
  'bundle',
  'failover',
  'demo-folder',
  'shown',
  'kubectl',
  'prometheus-source',
  'deploy',
  'dashboards',
  'metrics-apis',
]);
/** They take all of a processor: two files at a time. */
const WORKING = files(['controlplane', 'contract-controller', 'page/target', 'page/overview', 'contract']);

const LISTED = [...WAITING, ...WORKING];

/** Files in the order of the lists above, others as they come. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = LISTED.findIndex((path) => moduleId.endsWith(path));
      return index < 0 ? LISTED.length : index;
    };
    return (await super.sort(files)).sort((a, b) => groupOf(a) - groupOf(b) || rank(a) - rank(b));
  }
}

function groupOf({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

// What needs real programs: a control plane, Prometheus, kubectl, a browser, long-lived processes.
export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.cache/test-e2e.json' }]],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    // What is waited for in a browser comes from another process, on a machine that may be busy.
    expect: { poll: { timeout: 20_000 } },
    // Of tests that say so: those on one real cluster mostly wait for it.
    maxConcurrency: 30,
    pool: 'forks',
    sequence: { sequencer: AsListed },
    globalSetup: 'test/e2e/programs.setup.ts',
    projects: [
      { extends: true, test: { name: 'waiting', include: WAITING, maxWorkers: 3, sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: 'working', include: WORKING, maxWorkers: 2, sequence: { groupOrder: 2 } } },
      {
        extends: true,
        test: {
          // They measure time: one file at a time.
          name: 'measuring',
          include: ['test/e2e/**/*.test.ts'],
          exclude: LISTED,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
