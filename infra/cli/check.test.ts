// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references look like that
import { execFile } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";

const repository = resolve(import.meta.dirname, "../..");
const good = "name: N\nfilters: { events: [e] }\nhandlers: [crm]\n";
const samples = "- { name: s, event: e, expect: { sent: true } }\n";

/** A project with the real command and the files of a test. */
let project: string;
beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "hogwire-check-"));
  cpSync(join(repository, "infra"), join(project, "infra"), { recursive: true });
  cpSync(join(repository, "package.json"), join(project, "package.json"));
  symlinkSync(join(repository, "node_modules"), join(project, "node_modules"));
});
afterAll(() => rmSync(project, { recursive: true, force: true }));
beforeEach(() => rmSync(join(project, "destinations"), { recursive: true, force: true }));

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries({ "handlers/crm.ts": "", ...files })) {
    const path = join(project, "destinations", name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
}

const read = (name: string) => readFileSync(join(project, "destinations", name), "utf8");

type Run = { exitCode: number; stdout: string; stderr: string };

function check(...args: string[]): Promise<Run> {
  const command = [join(project, "infra/cli/hogwire.js"), "check", ...args];
  const options = {
    cwd: project,
    env: { ...process.env, NO_COLOR: "1", GITHUB_WORKSPACE: dirname(project) },
  };
  return new Promise((done) => {
    const child = execFile(process.execPath, command, options, (_error, stdout, stderr) =>
      done({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

describe("--fix", () => {
  const guide = [
    "\uFEFF# from a guide",
    "nmae: N",
    "filters: { events: [e] } # one event",
    "webhook:",
    "  url: https://a.example",
    "  body: { id: '{distinct_id}', at: \"{{timestamp}}\" }",
    "",
  ].join("\r\n");

  test("mends what has one right answer, once round after round, and keeps the rest", async () => {
    write({ "a.yaml": guide, "a.test.yaml": samples, "b.yaml": `${good}enabled: yes\nx: 1\n` });
    const { exitCode, stdout } = await check("--fix");
    expect(read("a.yaml")).toBe(
      guide
        .replace("nmae", "name")
        .replace("{distinct_id}", "{event.distinct_id}")
        .replace("{{timestamp}}", "{event.timestamp}"),
    );
    expect(read("b.yaml")).toBe(`${good}enabled: true\nx: 1\n`);
    expect(stdout.split("\n").filter((line) => line.includes(" fixed "))).toEqual([
      "✔ fixed HW010 unknown key `nmae` destinations/a.yaml:2:1",
      "✔ fixed HW042 there is no `{distinct_id}` in a template destinations/a.yaml:6:17",
      "✔ fixed HW041 double braces are not a Hog template destinations/a.yaml:6:37",
      '✔ fixed HW011 `enabled` must be true or false, not the text "yes" destinations/b.yaml:4:10',
      "✔ fixed HW042 there is no `{timestamp}` in a template destinations/a.yaml:6:44",
    ]);
    // What is left needs a person.
    expect(stdout).toContain("error HW010 unknown key `x`\n --> destinations/b.yaml:5:1");
    expect(stdout).not.toContain("can be fixed");
    expect(exitCode).toBe(2);
  });

  test("exits 0 when nothing is left, and does nothing the second time", async () => {
    write({ "a.yaml": guide, "a.test.yaml": samples });
    expect((await check("--fix")).exitCode).toBe(0);
    const mended = read("a.yaml");
    const again = await check("--fix", "--json");
    expect(JSON.parse(again.stdout)).toMatchObject({ ok: true, data: { fixed: [] }, diagnostics: [] });
    expect(read("a.yaml")).toBe(mended);
  });

  test("keeps the file's mode, leaves nothing beside it, and writes only the files that were named", async () => {
    write({ "a.yaml": guide, "b.yaml": guide });
    chmodSync(join(project, "destinations/a.yaml"), 0o640);
    await check("--fix", "destinations/a.yaml");
    expect(statSync(join(project, "destinations/a.yaml")).mode & 0o777).toBe(0o640);
    expect(read("b.yaml")).toBe(guide);
    expect(readdirSync(join(project, "destinations")).sort()).toEqual(["a.yaml", "b.yaml", "handlers"]);
  });

  test("writes through a link inside the project, never through one that leads out", async () => {
    write({ "lib/a.yaml.txt": guide });
    symlinkSync("lib/a.yaml.txt", join(project, "destinations/a.yaml"));
    const outside = mkdtempSync(join(tmpdir(), "hogwire-outside-"));
    writeFileSync(join(outside, "b.yaml"), guide);
    symlinkSync(join(outside, "b.yaml"), join(project, "destinations/b.yaml"));
    const { stdout } = await check("--fix");
    expect(stdout).toContain("this link leads out of the project");
    expect(read("lib/a.yaml.txt")).toContain("name: N");
    expect(readFileSync(join(outside, "b.yaml"), "utf8")).toBe(guide);
    rmSync(outside, { recursive: true });
  });

  test("is offered in the count, and its edits are in --json", async () => {
    write({ "a.yaml": good.replace("name", "nmae"), "a.test.yaml": samples });
    expect((await check()).stdout).toContain(
      "1 error in 1 file; 1 can be fixed with npx hogwire check --fix",
    );
    expect(JSON.parse((await check("--json")).stdout).diagnostics).toMatchObject([
      { code: "HW010", fix: [{ kind: "rename", path: ["nmae"], key: "name" }] },
    ]);
  });
});

describe("--format github", () => {
  test("annotates the lines of a pull request", async () => {
    write({
      "a.yaml": `${good}"50%,: x": 1\n`,
      "b.yaml": "name: N\nfilters: { events: [e], person: { plan: { is_not: free } } }\nhandlers: [crm]\n",
      "b.test.yaml": samples,
      "A.yaml": "",
    });
    const { exitCode, stdout } = await check("--format", "github");
    const folder = project.slice(dirname(project).length + 1);
    const lines = stdout.split("\n");
    expect(lines[0]).toMatch(
      new RegExp(
        `^::error file=${folder}/destinations/A.yaml,line=1,endLine=1,col=1,endColumn=1,title=HW008::a file's name`,
      ),
    );
    expect(lines[1]).toMatch(
      /^::error file=.*a\.yaml,line=4,endLine=4,col=1,endColumn=10,title=HW010::unknown key `50%25,: x`%0AKnown here: /,
    );
    expect(lines[2]).toMatch(/^::notice file=.*b\.yaml,line=2,.*title=HW075::/);
    expect(lines.slice(3)).toEqual(["", "✘ 2 destinations, 1 sample passed", ""]);
    expect(exitCode).toBe(2);
  });

  test("is for people's eyes or programs', not both", async () => {
    const { exitCode, stdout } = await check("--format", "github", "--json");
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      command: "check",
      ok: false,
      data: { error: expect.stringContaining("--json") },
    });
    expect((await check("--format", "pdf")).exitCode).toBe(2);
  });
});

test("warnings and notes alone exit 0", async () => {
  write({
    "a.yaml": good.replace("handlers: [crm]", "webhook: { url: https://a.example, headers: { A: b } }"),
  });
  const { exitCode, stdout } = await check();
  expect(stdout).toContain("1 warning, 1 note in 1 file");
  expect(exitCode).toBe(0);
});

test("--explain says in words what is sent, also for programs", async () => {
  write({ "a.yaml": `${good}environments: { prod: absent }\n`, "a.test.yaml": samples, "b.yaml": good });
  const { exitCode, stdout } = await check("--explain", "destinations/a.yaml");
  expect(stdout).toMatch(
    /^destinations\/a\.yaml\n {2}\S.*\n(?: {2}.*\n)*\ndestinations\/a\.yaml in prod\n {2}\S/,
  );
  expect(stdout).not.toContain("b.yaml");
  expect(exitCode).toBe(0);
  const { data } = JSON.parse((await check("--explain", "--json", "destinations/a.yaml")).stdout);
  expect(data.explanations).toMatchObject([{ slug: "a" }, { slug: "a", environment: "prod" }]);
});
