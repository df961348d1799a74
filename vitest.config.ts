import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["**/*.test.ts"],
    exclude: ["node_modules/**", "data/**"],
    // No answer of any server in any test holds a secret.
    setupFiles: ["property-tests/access/everywhere.ts"],
    pool: "forks",
    // Modules are loaded once a worker, not once a file: no test changes what a module holds.
    isolate: false,
    poolOptions: { forks: { maxForks: 2, minForks: 1 } },
    testTimeout: 60_000,
    hookTimeout: 30_000,
    reporters: ["default", "./scripts/plain-reporter.ts"],
  },
});
