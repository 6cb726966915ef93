import { defineConfig } from 'vitest/config';

/** Real parts (SQLite, sockets, child processes) live in forks: native add-ons do not share threads. */
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // See docs/decisions/0018-collector.md.
    execArgv: ['--wasm-wrapper-tiering-budget=1000000000'],
    testTimeout: 60_000,
    hookTimeout: 30_000,
    passWithNoTests: false,
  },
});
