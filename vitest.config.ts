import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    reporters: ['default', ['json', { outputFile: '.cache/test.json' }]],
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'dist/**', 'node_modules/**'],
    testTimeout: 30_000,
    pool: 'forks',
  },
});
