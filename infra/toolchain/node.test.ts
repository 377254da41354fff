import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { layout } from "./layout.js";
import { nodeIsMissing } from "./node.js";

test.for([
  { script: undefined, missing: true, what: "nothing" },
  { script: "echo v20.1.0", missing: true, what: "an older version" },
  { script: "exit 126", missing: true, what: "another machine's binary" },
  { script: "echo v24.0.1", missing: false, what: "the same major version" },
])("Node is missing: $missing, with $what in node_modules", ({ script, missing }) => {
  const packages = mkdtempSync(join(tmpdir(), "hogwire-node-"));
  const place = { ...layout(), packages, node: join(packages, ".bin/node") };
  mkdirSync(join(packages, ".bin"));
  if (script) {
    writeFileSync(place.node, `#!/bin/sh\n${script}\n`);
    chmodSync(place.node, 0o755);
  }
  expect(nodeIsMissing({ ...place, versions: { ...place.versions, node: "24.21.0" } })).toBe(missing);
  rmSync(packages, { recursive: true, force: true });
});
