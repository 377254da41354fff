import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkProject } from "./check.ts";
import type { Code } from "./codes.ts";
import { loadProject } from "./load.ts";
import { lowerProject } from "./project.ts";
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

async function check(files?: string[], without: Code[] = ["HW063", "HW072"]) {
  const { diagnostics, ...rest } = await checkProject(root, files, { without });
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
  const known =
    "(Known here: name, description, enabled, filters, once, masking, handlers, webhook, slack, template, hog, overlaps, adopt, aliases, lifecycle, environments.)";
  expect((await check()).lines).toEqual([
    `destinations/a.yaml HW010 4:1-2 unknown key \`x\` ${known}`,
    `destinations/a.yaml HW010 5:1-2 unknown key \`y\` ${known}`,
    "destinations/b.yaml HW001 1:7-8 the closing `]` is missing (Add it, or put a text that has the sign in quotes.)",
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
    "fixtures.yaml": good,
    "filters/X.yaml": "",
    "filters/x.test.yaml": "",
    "filters/notes.txt": "",
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
    "destinations/filters/X.yaml HW008 1:1-1 a file's name is lower-case words with hyphens, and `.yaml`: it is the destination's identity (Rename it to x.yaml.)",
    "destinations/filters/x.test.yaml HW008 1:1-1 an event filter has no samples of its own (Test it through the destinations that use it.)",
    "destinations/fixtures.yaml HW008 1:1-1 a destination cannot be called `fixtures`: that file is for samples (For example: new-signups.yaml)",
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

test("a picked file shows what is wrong with what it leads to", async () => {
  await write({
    "a.yaml": "name: A\nfilters: { events: [{ filter: f }] }\nhandlers: [crm]\n",
    "a.test.yaml": samples,
    "filters/f.yaml": "name: F\nevnt: e\n",
    "filters/g.yaml": "nmae: G\n",
    "fixtures.test.yaml": "person: {}\n",
    "../policy.yaml": "hosts: 5\n",
  });
  expect((await check(["destinations/a.yaml"])).lines.map((line) => line.split(" ").slice(0, 2))).toEqual([
    ["destinations/filters/f.yaml", "HW010"],
    ["destinations/fixtures.test.yaml", "HW010"],
    ["policy.yaml", "HW011"],
  ]);
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

test("a destination that is right but for its samples, which it has not", async () => {
  await write({ "a.yaml": good, "b.yaml": "name: N\n", "c.yaml": good, "c.test.yaml": "[]" });
  expect((await check(undefined, ["HW072", "HW013", "HW030"])).lines).toEqual([
    "destinations/a.yaml note HW063 1:7-8 nothing shows what `a` sends (Write samples into destinations/a.test.yaml.)",
  ]);
});

describe("Hog code in a file", () => {
  const hog = (code: string) => `name: N\nfilters: { events: [e] }\nhog: { code: ${code} }\n`;

  test("is wrong where it stands, also when only its destination is picked", async () => {
    const files = {
      "a.yaml": hog("./lib/a.hog"),
      "b.yaml": hog("b.hog"),
      "lib/a.hog": "let x :=",
      "b.hog": "(",
    };
    await write(files);
    expect((await check(["destinations/a.yaml"])).lines).toEqual([
      "destinations/lib/a.hog HW068 destinations/lib/a.hog:1:9-10 not a Hog program: unexpected the end of the text (Mend the code there. Hog's language: https://posthog.com/docs/hog)",
    ]);
  });

  test("cannot be read: too large, not UTF-8, out of the project, or in a folder of a folder", async () => {
    await write({
      "a.yaml": hog("a.hog"),
      "b.yaml": hog("b.hog"),
      "c.yaml": hog("c.hog"),
      "d.yaml": hog("lib/deep/d.hog"),
      "a.hog": "x".repeat(300_000),
      "b.hog": Uint8Array.of(0xff, 0xfe),
      "lib/deep/d.hog": "return 1",
    });
    await symlink("/etc/hostname", join(root, "destinations/c.hog"));
    expect((await check()).lines).toEqual([
      "destinations/a.hog HW002 destinations/a.hog:1:1-1 the file has 300000 bytes (At most 262144 bytes are read.)",
      "destinations/b.hog HW002 destinations/b.hog:1:1-1 the file is not UTF-8 text (Save it with the encoding UTF-8.)",
      "destinations/c.hog HW002 destinations/c.hog:1:1-1 this link leads out of the project (Put the file itself here.)",
      "destinations/d.yaml HW067 3:14-28 there is no file destinations/lib/deep/d.hog (Code stands in destinations/ or a folder of it, and its name ends in `.hog`.)",
    ]);
  });
});

test("a policy that is wrong is said, and forbids nothing", async () => {
  await write({ "a.yaml": "name: N\nfilters: { events: [e] }\nwebhook: { url: https://a.example }\n" });
  await writeFile(join(root, "policy.yaml"), "hosts: hooks.example\nforbiden_fields: []\n");
  expect((await check()).lines).toEqual([
    'policy.yaml HW011 1:8-21 `hosts` must be a list, not the text "hooks.example"',
    "policy.yaml HW010 2:1-16 unknown key `forbiden_fields` (Did you mean `forbidden_fields`?) [fix]",
  ]);
  await writeFile(join(root, "policy.yaml"), "forbidden_fields: [phone]\n");
  expect((await check()).lines).toEqual([
    'policy.yaml HW015 1:20-25 `forbidden_fields[0]` must be a part of `event`, `person` or `groups`, not the text "phone"',
  ]);
  await writeFile(join(root, "policy.yaml"), "hosts: [b.example]\n");
  expect((await check()).lines).toEqual([
    "destinations/a.yaml HW080 3:17-34 policy.yaml does not allow to send to `a.example` (It allows b.example.)",
  ]);
  await writeFile(join(root, "policy.yaml"), "# nothing\n");
  expect((await check()).lines).toEqual([]);
});

test("an event filter is checked in its environments, and what uses it as well", async () => {
  await write({
    "a.yaml": "name: N\nfilters: { events: [{ filter: f }] }\nhandlers: [crm]\n",
    "b.yaml":
      "name: N\nfilters: { events: [{ filter: f }] }\nhandlers: [crm]\nenvironments: { dev: absent }\n",
    "filters/f.yaml": "name: F\nevent: e\nenvironments: { dev: absent, prod: { evnt: x } }\n",
  });
  expect((await check()).lines).toEqual([
    "destinations/a.yaml HW038 2:31-32 the event filter `f` is absent from this stack (Make the destination absent as well, or the filter not.)",
    "destinations/filters/f.yaml HW010 3:38-42 unknown key `evnt` (Did you mean `event`?)",
  ]);
});

test("picks an event filter, the fixtures or the policy", async () => {
  await write({ "a.yaml": "", "filters/f.yaml": "name: F\n", "fixtures.test.yaml": "people: {}\n" });
  await writeFile(join(root, "policy.yaml"), "host: []\n");
  const picked = await check([
    "destinations/filters/f.yaml",
    "destinations/fixtures.test.yaml",
    "policy.yaml",
  ]);
  expect(picked).toEqual({
    files: ["destinations/filters/f.yaml"],
    destinations: [],
    samples: { passed: 0, failed: 0 },
    lines: [
      "destinations/filters/f.yaml HW039 1:1-8 this step matches every event (Write which `event` it is.)",
      "destinations/fixtures.test.yaml HW010 1:1-7 unknown key `people` (Known here: persons, groups.)",
      "policy.yaml HW010 1:1-5 unknown key `host` (Did you mean `hosts`?) [fix]",
    ],
  });
});

test("texts that are not on disk yet count instead of those that are", async () => {
  await write({ "a.yaml": "", "b.yaml": "" });
  const edited = new Map([["destinations/a.yaml", good]]);
  const { diagnostics } = await checkProject(root, undefined, { edited, without: ["HW063"] });
  expect(diagnostics.map(({ span }) => span?.file)).toEqual(["destinations/b.yaml"]);
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

test("the repository's own destinations are without fault, and their samples pass", async () => {
  const { diagnostics, samples, destinations } = await checkProject(join(import.meta.dirname, "../.."));
  // People add to this folder: a note on their files is theirs. The examples have none at all (infra/e2e/examples.test.ts).
  expect(diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
  expect(destinations.length).toBeGreaterThan(0);
  expect(samples.failed).toBe(0);
});
