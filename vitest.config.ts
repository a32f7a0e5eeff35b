import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const EXCLUDED = ['test/e2e/**', 'dist/**', 'node_modules/**'];

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.cache/test.json' }]],
    testTimeout: 30_000,
    // On a busy machine what comes soon comes later.
    expect: { poll: { timeout: 10_000 } },
    pool: 'forks',
    // Half of the time of the integration tests is waiting: more files at a time than a small machine has processors.
    maxWorkers: Math.max(3, availableParallelism() - 1),
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/*.test.ts', 'test/{unit,property,adversarial,golden,parity}/**/*.test.ts'],
          exclude: EXCLUDED,
          // Pure code, without state of its own: loading it once for all files takes a third of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['test/{integration,contract}/**/*.test.ts'],
          exclude: EXCLUDED,
        },
      },
    ],
  },
});
