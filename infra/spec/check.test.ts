import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkProject } from "./check.ts";
import { loadProject, lowerProject } from "./load.ts";
import { inOneLine } from "./test-support.ts";

const good = "name: N\nfilters: { events: [e] }\nhandlers: [crm]\n";
const samples =
  "- { name: s, event: e, expect: { sent: true } }\n- { name: t, event: x, expect: { sent: true } }\n";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "hogwire-check-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

async function write(files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, text] of Object.entries({ "handlers/crm.ts": "", ...files })) {
    const path = join(root, "destinations", name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

async function check(files?: string[]) {
  const { diagnostics, ...rest } = await checkProject(root, files);
  return {
    ...rest,
    lines: diagnostics.map((diagnostic) => `${diagnostic.span?.file} ${inOneLine(diagnostic)}`),
  };
}

test("checks every file and runs its samples", async () => {
  await write({ "a.yaml": good, "a.test.yaml": samples, "b.yaml": good, "README.md": "", ".c.yaml": "" });
  expect(await check()).toEqual({
    files: ["destinations/a.test.yaml", "destinations/a.yaml", "destinations/b.yaml"],
    destinations: ["a", "b"],
    samples: { passed: 1, failed: 1 },
    lines: [expect.stringContaining("destinations/a.test.yaml HW060 2:40-44")],
  });
});

test("two mistakes in one file are both shown, and one wrong file does not hide another", async () => {
  await write({
    "a.yaml": `${good}x: 1\ny: 2\n`,
    "b.yaml": "name: [\n",
    "c.yaml": Uint8Array.of(0xff, 0xfe, 0x61, 0x00),
    "d.yaml": `${good}environments:\n  prod: { handlers: [crn] }\n`,
    "e.yaml": "a".repeat(300_000),
    "f.yaml": good,
  });
  const known = "(Known here: name, description, enabled, filters, handlers, webhook, environments.)";
  expect((await check()).lines).toEqual([
    `destinations/a.yaml HW010 4:1-2 unknown key \`x\` ${known}`,
    `destinations/a.yaml HW010 5:1-2 unknown key \`y\` ${known}`,
    "destinations/b.yaml HW001 1:7-8 the closing `]` is missing",
    "destinations/c.yaml HW002 1:1-1 the file is not UTF-8 text (Save it with the encoding UTF-8.)",
    "destinations/d.yaml HW052 5:22-25 there is no destinations/handlers/crn.ts (Did you mean `crm`?)",
    "destinations/e.yaml HW002 1:1-1 the file has 300000 bytes (At most 262144 bytes are read.)",
  ]);
});

test("what would not be read is said", async () => {
  await write({
    "SignUp_Mail.yaml": good,
    "orders.yml": good,
    "a.yaml": good,
    "aa.test.yaml": samples,
    "filters/x.yaml": "",
    "team/b.yaml": good,
    "handlers/c.yml": good,
    "lib/body.json": "{}",
  });
  const rule =
    "a file's name is lower-case words with hyphens, and `.yaml`: it is the destination's identity";
  const inFolder = "a destination in a folder of its own is not read (Move it to destinations/.)";
  expect((await check()).lines).toEqual([
    `destinations/SignUp_Mail.yaml HW008 1:1-1 ${rule} (Rename it to sign-up-mail.yaml.)`,
    "destinations/aa.test.yaml HW008 1:1-1 these samples have no destination aa.yaml (Did you mean a.test.yaml?)",
    "destinations/filters/x.yaml HW014 1:1-1 event filters are not supported yet",
    `destinations/handlers/c.yml HW008 1:1-1 ${inFolder}`,
    `destinations/orders.yml HW008 1:1-1 ${rule} (Rename it to orders.yaml.)`,
    `destinations/team/b.yaml HW008 1:1-1 ${inFolder}`,
  ]);
});

test("picks files: a destination and its samples go together", async () => {
  await write({ "a.yaml": good, "a.test.yaml": samples, "b.yaml": "", "B.yaml": "" });
  const picked = await check([join(root, "destinations/a.test.yaml"), "destinations/nope.yaml"]);
  expect(picked).toEqual({
    files: ["destinations/a.test.yaml", "destinations/a.yaml"],
    destinations: ["a"],
    samples: { passed: 1, failed: 1 },
    lines: [
      expect.stringContaining("HW060"),
      "destinations/nope.yaml HW008 1:1-1 there is no such file in destinations/",
    ],
  });
});

test("a file that cannot be read does not end the run", async () => {
  await write({ "b.yaml": good });
  await symlink(join(root, "nowhere"), join(root, "destinations/a.yaml"));
  expect((await check()).lines).toEqual([
    expect.stringContaining("HW002 1:1-1 the file cannot be read: ENOENT"),
  ]);
});

test.each(["/dev/zero", "/etc/hostname"])("does not read a link to %s", async (target) => {
  await write({ "b.yaml": good });
  await symlink(target, join(root, "destinations/a.yaml"));
  expect((await check()).lines).toEqual([expect.stringContaining("this link leads out of the project")]);
});

test("does not wait for a pipe, which has no end", async () => {
  await write({ "b.yaml": good });
  execFileSync("mkfifo", [join(root, "destinations/a.yaml")]);
  expect((await check()).lines).toEqual([expect.stringContaining("this is not a regular file")]);
});

test("says when there is nothing to check", async () => {
  expect((await check()).lines).toEqual([expect.stringContaining("there is no folder `destinations`")]);
});

describe("lowerProject", () => {
  const options = { receiverUrl: "https://r.example", signingSecret: (slug: string) => `whsec_${slug}` };

  test("gives a stack's destinations with their handlers", async () => {
    await write({ "a.yaml": good, "b.yaml": `${good}environments: { dev: absent }\n` });
    const project = await loadProject(root);
    const { destinations, diagnostics } = lowerProject(project, { ...options, stack: "dev" });
    expect(diagnostics).toEqual([]);
    expect(destinations).toEqual([
      {
        file: "destinations/a.yaml",
        handlers: ["crm"],
        lowered: expect.objectContaining({
          slug: "a",
          webhook: expect.objectContaining({ url: "https://r.example/d/a", signing_secret: "whsec_a" }),
        }),
      },
    ]);
  });

  test("has every diagnostic of every file", async () => {
    await write({ "A.yaml": "", "b.yaml": `${good}x: 1\n`, "c.yaml": "", "d.yaml": good });
    const { destinations, diagnostics } = lowerProject(await loadProject(root), options);
    expect(diagnostics.map(({ code, span }) => `${code} ${span?.file}`)).toEqual([
      "HW008 destinations/A.yaml",
      "HW010 destinations/b.yaml",
      "HW012 destinations/c.yaml",
    ]);
    expect(destinations.map(({ file }) => file)).toEqual(["destinations/d.yaml"]);
  });
});

test("the repository's own example is without fault, and its samples pass", async () => {
  const { diagnostics, samples, destinations } = await checkProject(join(import.meta.dirname, "../.."));
  expect(diagnostics).toEqual([]);
  expect(destinations).toContain("signup-notifications");
  expect(samples.failed).toBe(0);
  expect(samples.passed).toBeGreaterThanOrEqual(5);
});
