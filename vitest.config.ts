import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["infra/**/*.test.ts", "infra/sandbox/contract/**/*.contract.ts", "destinations/**/*.test.ts"],
    // many tests wait for the engine: left to itself, a machine of two cores runs them one file after the other
    maxWorkers: "100%",
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
