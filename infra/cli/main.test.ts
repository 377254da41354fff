import { execFile } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

/** The command as `npx hogwire` runs it. */
function hogwire(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const file = join(import.meta.dirname, "hogwire.js");
  return new Promise((done) => {
    const child = execFile(process.execPath, [file, ...args], (_error, stdout, stderr) =>
      done({ exitCode: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test.each([
  ["an unknown command", ["nonsense"], "", "unknown command 'nonsense'"],
  ["an unknown option", ["check", "--nope"], "check", "unknown option '--nope'"],
  ["a missing argument", ["inbox", "show"], "inbox show", "missing required argument 'id'"],
  ["a number that is none", ["inbox", "list", "--limit", "many"], "inbox list", "a whole number"],
  ["a port that is none", ["sandbox", "--port", "65536"], "sandbox", "from 0 to 65535"],
  ["data for nothing", ["sandbox", "--memory", "--data", "x"], "sandbox", "cannot be used with"],
  ["a state that is none", ["inbox", "list", "--state", "lost"], "inbox list", "stored, running, handled"],
])("%s is bad input, for people and for programs", async (_what, args, command, message) => {
  const people = await hogwire(...args);
  expect(people).toMatchObject({ exitCode: 2, stdout: "" });
  expect(people.stderr).toContain(message);
  expect(people.stderr).not.toMatch(/^\s+at /m); // no stack

  const programs = await hogwire(...args, "--json");
  expect(programs.exitCode).toBe(2);
  expect(JSON.parse(programs.stdout)).toEqual({
    command,
    ok: false,
    data: { error: expect.stringContaining(message) },
    diagnostics: [],
  });
});

test("what fails for a known reason exits 1, in the same envelope", async () => {
  const { exitCode, stdout } = await hogwire("inbox", "list", "-s", "never-used", "--json");
  expect(exitCode).toBe(1);
  expect(JSON.parse(stdout)).toEqual({
    command: "inbox list",
    ok: false,
    data: { error: expect.stringContaining("There is no inbox") },
    diagnostics: [],
  });
});

test.each([
  [[]],
  [["check"]],
  [["inbox", "show"]],
  [["inbox", "replay"]],
  [["sandbox"]],
  [["send"]],
  [["doctor"]],
])("%j --help exits 0", async (words) => {
  const { exitCode, stdout } = await hogwire(...words, "--help");
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Usage: ${["hogwire", ...words].join(" ")}`);
  if (words.length > 0) expect(stdout).toContain(`Example:\n  npx ${["hogwire", ...words].join(" ")}`);
});
