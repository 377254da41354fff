import vm from "@posthog/hogvm";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { type ProgramStep, resumeProgram, startProgram } from "../evaluate.ts";
import { Op } from "./opcodes.ts";

const compiler = await createCompiler();
const globals = { inputs: { n: 3, list: ["a", "b"], map: { x: 1, y: 2 } } };

it("knows the machine's instructions by its own numbers", () => {
  expect(Object.entries(Op)).toEqual(Object.entries(Op).map(([name]) => [name, vm.operations.indexOf(name)]));
});

describe("fetch", () => {
  const webhook = compiler.program(`
    print('Request', inputs.n)
    let res := fetch('https://a.example', {'method': 'POST', 'body': {'when': inputs.map}})
    print(res.body)
    if (res.status >= 400) { throw Error(f'Webhook failed with status {res.status}: {res.body}') }
    return res.body.ok
  `);

  it("stops the program until its answer comes, over JSON too, and logs what is printed", () => {
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const step = called(startProgram(webhook, globals, log));
    expect(step.call).toEqual({
      name: "fetch",
      args: ["https://a.example", { method: "POST", body: { when: globals.inputs.map } }],
    });
    const stored = JSON.parse(JSON.stringify(step.state));
    const end = resumeProgram(stored, { status: 200, body: { ok: true } }, log);
    expect(end).toEqual({ done: true, result: true });
    expect(lines).toEqual(["Request, 3", '{"ok":true}']);
  });

  it("lets the program throw on what came back, and can be answered anew from the same state", () => {
    const { state } = called(startProgram(webhook, globals));
    const answer = (status: number) => resumeProgram(state, { status, body: "no" });
    expect(() => answer(500)).toThrow("Webhook failed with status 500: no");
    expect(answer(200)).toEqual({ done: true, result: null });
  });

  it("can be called five times and no more", () => {
    const greedy = compiler.program("let n := 0; while (true) { fetch('https://a.example'); n := n + 1 }");
    let step = startProgram(greedy, globals);
    for (let call = 1; call < 5; call++) step = resumeProgram(called(step).state, null);
    expect(() => resumeProgram(called(step).state, null)).toThrow("maximum number of async steps: 5");
  });
});

describe("what is known of a program before it runs", () => {
  it("is what it reads, in functions and lambdas too, but not its own variables", () => {
    const source = `let person := 1
      fun f(event) { return event.properties.a + person }
      fun g() { return arrayMap(x -> x + event.properties['b'], inputs.list) }
      let all := {'groups': groups}`;
    expect(compiler.programGlobals(source).map(({ name, path }) => [name, ...path].join("."))).toEqual([
      "event.properties.b",
      "inputs.list",
      "groups",
    ]);
  });

  it.each<[string, unknown[]]>([
    ["fetch('https://a.example', {'body': 'https://b.example'})", [{ literal: "https://a.example" }]],
    ["fetch(f'https://a.example')", [{ literal: "https://a.example" }]],
    ["fetch(inputs.url)", [{ input: "url" }]],
    ["fun f() { return () -> fetch(inputs?.['url']) }", [{ input: "url" }]],
    ["fetch(event.properties.url)", ["computed"]],
    ["fetch(concat('https://', inputs.url))", ["computed"]],
    ["fetch(inputs.url ?? 'https://a.example')", ["computed"]],
    ["fetch(inputs.urls.first)", ["computed"]],
    ["fetch(inputs[event.event])", ["computed"]],
    ["fetch(inputs)", ["computed"]],
    ["fetch()", ["computed"]],
    ["let url := 'https://a.example'; fetch(url)", ["computed"]],
    ["let inputs := {'url': event.event}; fetch(inputs.url)", ["computed"]],
    ["let f := fetch; f('https://a.example')", ["computed"]],
    ["(fetch)('https://a.example')", ["computed"]],
    ["fetch(inputs.url)('https://a.example')", [{ input: "url" }]],
    ["print('fetch(1)')", []],
  ])("is where it sends: %s to %j", (source, addresses) => {
    expect(compiler.programAddresses(source)).toEqual(addresses);
  });

  it("is an input, which the program cannot change", () => {
    const program = compiler.program("let i := inputs; i.n := 4; inputs['n'] := 5; fetch(inputs.n)");
    expect(called(startProgram(program, globals)).call.args).toEqual([3]);
  });
});

function called(step: ProgramStep) {
  if (step.done) throw new Error("The program ended without a call");
  return step;
}
