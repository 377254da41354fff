const BENCHES: Record<string, () => Promise<void>> = {
  check: async () => (await import("./check.ts")).check(),
  cli: async () => (await import("./cli.ts")).cli(),
  "drift-limited": async () => (await import("./drift-limited.ts")).driftLimited(),
  engine: async () => (await import("./engine.ts")).engine(),
  hog: async () => (await import("./hog.ts")).hog(),
  samples: async () => (await import("./samples.ts")).samples(),
  sandbox: async () => (await import("./sandbox.ts")).sandbox(),
};

const names = process.argv.slice(2);
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
if (names.length === 0 || unknown !== undefined) {
  console.error(`npm run bench -- NAME: there are ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
for (const name of names) await BENCHES[name]?.();
