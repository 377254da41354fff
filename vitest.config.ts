import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["infra/**/*.test.ts", "infra/sandbox/contract/**/*.contract.ts", "destinations/**/*.test.ts"],
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
});
