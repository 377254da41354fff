import { describe, expect, it } from "vitest";
import webhooks from "../sandbox/fixtures/09-standard-webhooks-vector.json" with { type: "json" };
import { createCompiler } from "./compile.ts";
import { matches, render, startProgram } from "./evaluate.ts";
// Requests and read-backs of PostHog's own tests, and runs of its machine; `_source` in each says which.
import minimal from "./fixtures/01-create-minimal.json" with { type: "json" };
import full from "./fixtures/02-full-webhook-function.json" with { type: "json" };
import filters from "./fixtures/03-filters-readback.json" with { type: "json" };
import masking from "./fixtures/04-masking.json" with { type: "json" };
import mappings from "./fixtures/07-mappings.json" with { type: "json" };
import runs from "./fixtures/13-hogvm-run-results.json" with { type: "json" };

const compiler = await createCompiler();

describe("bytecode as PostHog stores it", () => {
  it("01: of a program, and of no filter at all", () => {
    const { request, response } = minimal.data;
    expect(compiler.program(request.body.hog)).toEqual(response.body.bytecode);
    expect(compiler.filters({})).toEqual(response.body.filters.bytecode);
  });

  it.each(["url", "payload", "headers"] as const)("02: of the input `%s`", (key) => {
    const { request_body, response_inputs } = full.data;
    expect(compiler.templateTree(request_body.inputs[key].value)).toEqual(response_inputs[key].bytecode);
  });

  it("03: of filters with an event, an action and the team's test accounts", () => {
    const { team_test_account_filters, action, request_filters, response_filters_extra } = filters.data;
    const context = {
      testAccountFilters: team_test_account_filters,
      actions: new Map([
        ["<action id as string>", [{ ...action.steps[0], url_matching: "contains" as const }]],
      ]),
    };
    expect(compiler.filters(request_filters, context)).toEqual(response_filters_extra.bytecode);
  });

  it("04: of a masking hash", () => {
    const { request_masking, response_masking } = masking.data;
    expect(compiler.template(request_masking.hash)).toEqual(response_masking.bytecode);
  });
});

// What PostHog's compiler makes of these, by its tests and by the standard library that the machine carries.
describe("opcodes", () => {
  it.each<[string, unknown[]]>([
    ["1 + 2", [33, 2, 33, 1, 6]],
    ["1 or (2 and 1) or 2", [33, 1, 33, 2, 33, 1, 3, 2, 33, 2, 4, 3]],
    ["3.14", [34, 3.14]],
    ["1.0", [34, 1]],
    ["not true", [29, 5]],
    ["properties.bla", [32, "bla", 32, "properties", 1, 2]],
    ["concat('arg', 'another')", [32, "arg", 32, "another", 2, "concat", 2]],
    ["ifNull(properties.email, false)", [32, "email", 32, "properties", 1, 2, 47, 2, 35, 30]],
    ["1 not in 2", [33, 2, 33, 1, 22]],
    ["'string' ~ 'regex'", [32, "regex", 32, "string", 23]],
    ["'string' !~* 'regex'", [32, "regex", 32, "string", 26]],
    ["1 between 1 and 10", [33, 1, 33, 1, 14, 33, 10, 33, 1, 16, 3, 2]],
    ["1 not between 1 and 10", [33, 1, 33, 1, 15, 33, 10, 33, 1, 13, 4, 2]],
    ["{'a': 'b', 'c': ['d']}", [32, "a", 32, "b", 32, "c", 32, "d", 43, 1, 42, 2]],
  ])("%s", (source, expected) => expect(compiler.expression(source)).toEqual(["_H", 1, ...expected]));

  it.each<[string, unknown[]]>([
    [
      "fun arrayMap(func, arr) { let all := []; for (let one in arr) { all := arrayPushBack(all, func(one)) } return all }",
      [
        ...[
          43,
          0,
          36,
          1,
          36,
          3,
          2,
          "values",
          1,
          33,
          1,
          36,
          4,
          2,
          "length",
          1,
          31,
          36,
          6,
          36,
          5,
          16,
          40,
          29,
          36,
          4,
        ],
        ...[
          36,
          5,
          45,
          37,
          7,
          36,
          2,
          36,
          7,
          36,
          0,
          54,
          1,
          2,
          "arrayPushBack",
          2,
          37,
          2,
          36,
          5,
          33,
          1,
          6,
          37,
          5,
        ],
        ...[39, -36, 35, 35, 35, 35, 35, 36, 2, 38, 35],
      ],
    ],
    [
      "fun arrayExists(func, arr) { for (let one in arr) { if (func(one)) { return true } } return false }",
      [
        ...[
          36,
          1,
          36,
          2,
          2,
          "values",
          1,
          33,
          1,
          36,
          3,
          2,
          "length",
          1,
          31,
          36,
          5,
          36,
          4,
          16,
          40,
          26,
          36,
          3,
          36,
          4,
        ],
        ...[
          45, 37, 6, 36, 6, 36, 0, 54, 1, 40, 2, 29, 38, 36, 4, 33, 1, 6, 37, 4, 39, -33, 35, 35, 35, 35, 35,
        ],
        ...[30, 38],
      ],
    ],
    [
      "fun semver(v) { let parts := splitByString('.', v); return arrayMap(x -> toInt(x) ?? 0, parts) }",
      [
        ...[
          32,
          ".",
          36,
          0,
          2,
          "splitByString",
          2,
          52,
          "lambda",
          1,
          0,
          11,
          36,
          0,
          2,
          "toInt",
          1,
          47,
          3,
          35,
          33,
          0,
        ],
        ...[38, 53, 0, 36, 1, 2, "arrayMap", 2, 38, 35],
      ],
    ],
  ])("%s", (source, body) => {
    const code = compiler.program(source);
    expect(code.slice(7, -3)).toEqual(body);
    expect(code[6]).toBe(body.length);
  });
});

describe("runs", () => {
  it("02: the webhook's program calls fetch with its inputs", () => {
    const inputs = { url: "https://a.example", headers: { a: "b" }, payload: { c: 1 }, method: "PUT" };
    const options = { headers: { a: "b" }, body: { c: 1 }, method: "PUT" };
    expect(startProgram(compiler.program(full.data.request_body.hog), { inputs })).toMatchObject({
      done: false,
      call: { name: "fetch", args: ["https://a.example", options] },
    });
  });

  it("07: a template maps a lambda over a list", () => {
    const { value } = mappings.data.request_mapping.inputs.message;
    expect(render(compiler.template(value), {})).toBe("Hello, [1, 2, 3]!");
  });

  it.each(runs.data.cases)("13: a filter with globals $globals", ({ globals, result, error }) => {
    expect(matches(runs.data.filter_bytecode, globals)).toEqual(
      error ? { matched: false, error } : { matched: result },
    );
  });

  it.each(Object.entries(runs.data.sha256HmacChain_k_m))("13: an HMAC in %s", (encoding, expected) => {
    const code = compiler.expression(`sha256HmacChain(['k', 'm'], '${encoding}')`);
    expect(render(code, {})).toBe(expected);
  });

  it("13: signing in Hog itself comes out wrong, because base64Decode makes text of the key's bytes", () => {
    const { secret, "webhook-id": id, "webhook-timestamp": at, body } = webhooks.data;
    const { got, expected, decoded_key_bytes } = runs.data.standard_webhooks_via_base64Decode_in_hog;
    const globals = { secret, signed: `${id}.${at}.${body}` };
    const key = render(compiler.expression("base64Decode(secret)"), globals);
    expect(Buffer.byteLength(String(key))).toBe(decoded_key_bytes);
    const signature = compiler.expression(
      "concat('v1,', sha256HmacChain([base64Decode(secret), signed], 'base64'))",
    );
    expect(render(signature, globals)).toBe(got);
    expect(expected).toBe(webhooks.data["webhook-signature"]);
  });
});
