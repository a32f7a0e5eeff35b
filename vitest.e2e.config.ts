import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * What takes its time whatever else runs, or waits for a cluster: three files at a time. First the longest, beside them those that
 * use the processors, so that these do not meet at the end.
 */
const WAITING = [
  'test/e2e/demo.test.ts',
  'test/e2e/real-cluster.test.ts',
  'test/e2e/contract-controller.test.ts',
  'test/e2e/contract.test.ts',
  'test/e2e/controlplane.test.ts',
  'test/e2e/page/target.test.ts',
  'test/e2e/page/overview.test.ts',
  'test/e2e/demo-folder.test.ts',
  'test/e2e/dashboards.test.ts',
  'test/e2e/failover.test.ts',
  'test/e2e/bundle.test.ts',
  'test/e2e/metrics-apis.test.ts',
  'test/e2e/shown.test.ts',
  'test/e2e/kubectl.test.ts',
  'test/e2e/prometheus-source.test.ts',
  'test/e2e/deploy.test.ts',
];

/** Files in the order of the list above, others as they come. */
class AsListed extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = WAITING.findIndex((path) => moduleId.endsWith(path));
      return index < 0 ? WAITING.length : index;
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
      {
        extends: true,
        test: {
          // They measure time: one file at a time.
          name: 'measuring',
          include: ['test/e2e/**/*.test.ts'],
          exclude: WAITING,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
