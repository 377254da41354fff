import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("the names of months are English, whatever this computer speaks", () => {
  const module = (name: string) => JSON.stringify(join(import.meta.dirname, name));
  const program = `
    const { createCompiler } = await import(${module("compile.ts")});
    const { render } = await import(${module("evaluate.ts")});
    const bytecode = (await createCompiler()).template("{formatDateTime(toDateTime('2026-03-01'), '%b %a')}");
    console.log(render(bytecode, {}), new Intl.DateTimeFormat().resolvedOptions().locale);`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    env: { ...process.env, LC_ALL: "de_DE.UTF-8", LANG: "de_DE.UTF-8" },
    encoding: "utf8",
  });
  expect(output).toBe("Mar Sun de-DE\n");
});
