import { defineConfig } from 'vitest/config';

// Tests run from the compiled output: workers and child processes are then the files that ship.
const common = {
  globalSetup: ['dist/test/global-setup.js'],
  setupFiles: ['dist/test/loopback-only.js'],
  pool: 'forks',
  testTimeout: 60_000,
  hookTimeout: 60_000,
  exclude: ['**/node_modules/**'],
};

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          ...common,
          name: 'tests',
          include: ['dist/**/*.test.js'],
          exclude: ['**/node_modules/**', 'dist/**/*.sound.test.js'],
          sequence: { groupOrder: 1 },
        },
      },
      {
        // Sound and signalling in real time: one file at a time, so that they do not starve one another.
        test: {
          ...common,
          name: 'sound',
          include: ['dist/**/*.sound.test.js'],
          fileParallelism: false,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
