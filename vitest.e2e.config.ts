import { defineConfig } from 'vitest/config';

// What needs a real Prometheus or long-lived processes of its own; one file at a time, since they measure time.
export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.cache/test-e2e.json' }]],
    include: ['test/e2e/**/*.test.ts'],
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    // What is waited for in a browser comes from another process, on a machine that may be busy.
    expect: { poll: { timeout: 20_000 } },
    // Of tests that say so: those on one real cluster mostly wait for it.
    maxConcurrency: 30,
    pool: 'forks',
  },
});
