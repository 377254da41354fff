import vm from "@posthog/hogvm";
import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { HogRuntimeError, type ProgramStep, resumeProgram, startProgram } from "../evaluate.ts";
import { HogError } from "../hog-error.ts";
import { Op } from "./opcodes.ts";

const compiler = await createCompiler();
const globals = { inputs: { n: 3, list: ["a", "b"], map: { x: 1, y: 2 } } };

function run(source: string): unknown {
  const step = startProgram(compiler.program(source), globals);
  if (!step.done) throw new Error(`The program called ${step.call.name}`);
  return step.result;
}

it("knows the machine's instructions by its own numbers", () => {
  expect(Object.entries(Op)).toEqual(Object.entries(Op).map(([name]) => [name, vm.operations.indexOf(name)]));
});

describe("a program", () => {
  it.each<[string, unknown]>([
    ["return 1 + inputs.n", 4],
    ["return", null],
    ["1 + 1", null],
    ["let x := 1; x := x + 1; return x", 2],
    ["let x; return x", null],
    ["let o := {'a': {'b': 1}}; o.a.b := 2; o['c'] := 3; return o", { a: { b: 2 }, c: 3 }],
    ["let l := [1, 2]; l.1 := 5; l[2] := 6; return l", [5, 6]],
    ["let l := [[1], [2]]; return l.2.1", 2],
    ["if (inputs.n > 2) { return 'big' } else { return 'small' }", "big"],
    ["if (inputs.n > 5) return 'big'; return 'small'", "small"],
    ["if (false) { return 1 } else if (true) { return 2 } else { return 3 }", 2],
    ["if (true) { let a := 1 } else {} let b := 2; return b", 2],
    ["let i := 0; while (i < 5) { let j := i; i := j + 1 } return i", 5],
    ["let s := 0; for (let i := 1; i <= 4; i := i + 1) { s := s + i } return s", 10],
    ["let s := ''; for (let v in inputs.list) { s := concat(s, v) } return s", "ab"],
    ["let s := ''; for (let k, v in inputs.map) { s := concat(s, k, '=', v, ';') } return s", "x=1;y=2;"],
    ["for (let v in inputs.list) { if (v == 'b') { return v } }", "b"],
    ["fun add(a, b) { return a + b } return add(1, 2)", 3],
    ["fun none() { 1 } return none()", null],
    ["fun pass(a, b) { return b } return pass(1)", null],
    ["fun fact(n) { if (n <= 1) { return 1 } return n * fact(n - 1) } return fact(5)", 120],
    ["let f := (a) -> a * 2; return f(4)", 8],
    ["let f := (a) -> { let b := a; return b + 1 }; return f(4)", 5],
    ["let f := () -> (b) -> b + 1; return f()(2)", 3],
    ["let c := 0; fun inc() { c := c + 1 } inc(); inc(); return c", 2],
    ["let c := 0; let inc := () -> { c := c + 1; return c }; inc(); inc(); return c", 2],
    ["let o := {'n': 1}; let inc := () -> { o.n := o.n + 1 }; inc(); return o", { n: 2 }],
    [
      "fun outer() { let x := 'x'; fun middle() { fun inner() { return x } return inner } return middle() } return outer()()",
      "x",
    ],
    [
      "fun counter() { let n := 0; return () -> { n := n + 1; return n } } let c := counter(); c(); return c()",
      2,
    ],
    ["let f; if (true) { let x := 'kept'; f := () -> x; } let y := 'other'; return f()", "kept"],
    ["let m := {'f': (x) -> x + 1}; return m.f(1)", 2],
    ["try { throw Error('bad') } catch (e) { return e.message }", "bad"],
    ["try { throw Error('bad') } catch (oops: Error) { return oops.message }", "bad"],
    [
      "try { throw RetryError('again') } catch (e: NotImplementedError) { return 1 } catch (e: RetryError) { return 2 }",
      2,
    ],
    [
      "try { throw RetryError('again') } catch (e: RetryError) { return e.type } catch { return 2 }",
      "RetryError",
    ],
    ["try { throw Error('x') } catch { return 'any' }", "any"],
    ["let x := 1; try { x := 2 } catch { x := 3 } return x", 2],
    [
      "try { try { throw Error('in') } catch (e: RetryError) { return 1 } } catch (e) { return e.message }",
      "in",
    ],
    ["let o := {'a': null}; return [o.a?.b, o?.c?.['d'], o.a ?? 'none']", [null, null, "none"]],
    ["let text := 'two\nlines'; return f'{text}!'", "two\nlines!"],
    ["// a comment\n/* and another */ return 1 // end", 1],
    ["return arrayMap(x -> concat(x, inputs.n), inputs.list)", ["a3", "b3"]],
    ["return (1, 2)", [1, 2]],
  ])("%s", (source, expected) => expect(run(source)).toEqual(expected));

  it.each([
    ["x := 1", "global", "not declared with `let`"],
    ["let x := 1; let x := 2", "twice", "`x` is already declared"],
    ["try { 1 } catch { 2 } finally { 3 }", "finally", "`finally` is not supported"],
    ["f() := 2", "target", "Cannot assign"],
    ["let x := ", "end", "the end of the text"],
    ["return event.a-b", "hyphen", "Hyphens are not supported"],
    ["return (select event from events)", "query", "A subquery (`select`) cannot be used here"],
  ])("refuses %s (%s)", (source, _why, message) => {
    expect(() => compiler.program(source)).toThrow(HogError);
    expect(() => compiler.program(source)).toThrow(message);
  });

  it.each([
    ["throw Error('Webhook failed with status 500')", "Webhook failed with status 500"],
    ["return unknown", "Global variable not found: unknown"],
    ["return nope(1)", "nope"],
    ["sleep(1)", "Function `sleep` is not supported"],
    ["fun f() { return f() } return f()", "Call stack"],
    ["let s := 'x'; while (true) { s := concat(s, s) }", "Memory limit"],
  ])("fails: %s", (source, message) => {
    expect(() => run(source)).toThrow(HogRuntimeError);
    expect(() => run(source)).toThrow(message);
  });
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
