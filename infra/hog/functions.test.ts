import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { createCompiler } from "./compile.ts";
import { HogRuntimeError, startProgram } from "./evaluate.ts";
import { FUNCTIONS } from "./functions.ts";
import { vm } from "./machine.ts";

const compiler = await createCompiler();
const library = bytecodeLibrary();

// One call of each function of the machine's library, with what PostHog's machine makes of it.
const CALLS: [name: string, call: string, result: unknown][] = [
  ["concat", "concat('a', 1, null, true)", "a1true"],
  ["match", "match('abc', '^a.c$')", true],
  ["extractRegex", "extractRegex('id=42', 'id=([0-9]+)')", "42"],
  ["like", "like('abc', 'a%')", true],
  ["ilike", "ilike('ABC', 'a_c')", true],
  ["notLike", "notLike('abc', 'b%')", false],
  ["notILike", "notILike('ABC', 'a%')", false],
  ["toString", "toString([1, 'a', {'b': null}])", "[1, 'a', {'b': null}]"],
  ["toUUID", "toUUID('0190b1f0-0000-7000-8000-000000000000')", "0190b1f0-0000-7000-8000-000000000000"],
  ["toInt", "toInt('12')", 12],
  ["toFloat", "toFloat('1.5')", 1.5],
  ["ifNull", "ifNull(null, 2)", 2],
  ["isNull", "isNull(null)", true],
  ["isNotNull", "isNotNull(null)", false],
  ["length", "length('abc')", 3],
  ["empty", "empty([])", true],
  ["notEmpty", "notEmpty('a')", true],
  ["tuple", "tuple(1, 2)", [1, 2]],
  ["lower", "lower('ÄB')", "äb"],
  ["upper", "upper('äb')", "ÄB"],
  ["reverse", "reverse('abc')", "cba"],
  ["print", "print('x')", undefined],
  ["jsonParse", "jsonParse('{\"a\": [1, null]}')", { a: [1, null] }],
  ["jsonStringify", "jsonStringify({'a': (1, 2)})", '{"a":[1,2]}'],
  ["JSONHas", "JSONHas('{\"a\": {\"b\": 1}}', 'a', 'b')", true],
  ["isValidJSON", "isValidJSON('{')", false],
  ["JSONLength", "JSONLength('[1, 2]')", 2],
  ["JSONExtractBool", "JSONExtractBool('{\"a\": true}', 'a')", true],
  ["base64Encode", "base64Encode('ü')", "w7w="],
  ["base64Decode", "base64Decode('w7w=')", "ü"],
  ["tryBase64Decode", "tryBase64Decode('%')", ""],
  ["encodeURLComponent", "encodeURLComponent('a b&')", "a%20b%26"],
  ["decodeURLComponent", "decodeURLComponent('a%20b')", "a b"],
  ["tryDecodeURLComponent", "tryDecodeURLComponent('%')", null],
  ["replaceOne", "replaceOne('aa', 'a', 'b')", "ba"],
  ["replaceAll", "replaceAll('aa', 'a', 'b')", "bb"],
  ["position", "position('abc', 'c')", 3],
  ["positionCaseInsensitive", "positionCaseInsensitive('ABC', 'c')", 3],
  ["trim", "trim(' a ')", "a"],
  ["trimLeft", "trimLeft(' a ')", "a "],
  ["trimRight", "trimRight(' a ')", " a"],
  ["splitByString", "splitByString(',', 'a,b')", ["a", "b"]],
  ["generateUUIDv4", "length(generateUUIDv4())", 36],
  ["randomFloat", "randomFloat() < 1", true],
  ["sha256Hex", "sha256Hex('a')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"],
  ["sha256", "sha256('a', 'base64')", "ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="],
  ["sha1Hex", "sha1Hex('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"],
  ["sha1", "sha1('a')", "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"],
  ["md5Hex", "md5Hex('a')", "0cc175b9c0f1b6a831c399e269772661"],
  ["md5", "md5('a', 'base64')", "DMF1ucDxtqgxw5niaXcmYQ=="],
  ["sha1HmacChainHex", "sha1HmacChainHex(['k', 'm'])", "772b71c8a2997e768be01d9711e4a4f34a24ef33"],
  ["sha1HmacChain", "sha1HmacChain(['k', 'm'], 'base64')", "dytxyKKZfnaL4B2XEeSk80ok7zM="],
  [
    "sha256HmacChainHex",
    "sha256HmacChainHex(['k', 'm'])",
    "b60090e3052297aeb5a080889ce2fc4bca957e756faeb4df7d31800ca1e771ec",
  ],
  [
    "sha256HmacChain",
    "sha256HmacChain(['k', 'm'], 'base64url')",
    "tgCQ4wUil661oICInOL8S8qVfnVvrrTffTGADKHncew",
  ],
  ["isIPAddressInRange", "isIPAddressInRange('10.1.2.3', '10.0.0.0/8')", true],
  ["keys", "keys({'a': 1})", ["a"]],
  ["values", "values({'a': 1})", [1]],
  ["indexOf", "indexOf(['a', 'b'], 'b')", 2],
  ["arrayPushBack", "arrayPushBack([1], 2)", [1, 2]],
  ["arrayPushFront", "arrayPushFront([1], 2)", [2, 1]],
  ["arrayPopBack", "arrayPopBack([1, 2])", [1]],
  ["arrayPopFront", "arrayPopFront([1, 2])", [2]],
  ["arraySort", "arraySort([2, 1])", [1, 2]],
  ["arrayReverse", "arrayReverse([1, 2])", [2, 1]],
  ["arrayReverseSort", "arrayReverseSort([1, 2])", [2, 1]],
  ["arrayStringConcat", "arrayStringConcat(['a', 'b'], '-')", "a-b"],
  ["has", "has([1, 2], 2)", true],
  ["now", "typeof(now())", "datetime"],
  ["toUnixTimestamp", "toUnixTimestamp(toDateTime('1970-01-02'))", 86400],
  ["fromUnixTimestamp", "toString(fromUnixTimestamp(86400))", "1970-01-02T00:00:00.000Z"],
  ["toUnixTimestampMilli", "toUnixTimestampMilli(toDateTime('1970-01-02'))", 86400000],
  ["fromUnixTimestampMilli", "toString(fromUnixTimestampMilli(86400000))", "1970-01-02T00:00:00.000Z"],
  [
    "toTimeZone",
    "toString(toTimeZone(toDateTime('2026-09-01'), 'Europe/Berlin'))",
    "2026-09-01T02:00:00.000+02:00",
  ],
  ["toDate", "toString(toDate('2026-09-01'))", "2026-09-01"],
  [
    "toDateTime",
    "toString(toDateTime('2026-09-01 12:00:00', 'Europe/Berlin'))",
    "2026-09-01T12:00:00.000+02:00",
  ],
  [
    "formatDateTime",
    "formatDateTime(toDateTime('2026-09-01 13:05:09'), '%Y/%m/%d %H:%i:%S')",
    "2026/09/01 13:05:09",
  ],
  ["HogError", "HogError('Type', 'message').type", "Type"],
  ["Error", "Error('message', {'a': 1}).payload.a", 1],
  ["RetryError", "RetryError('message').type", "RetryError"],
  ["NotImplementedError", "NotImplementedError('message').type", "NotImplementedError"],
  ["typeof", "typeof(1.5)", "float"],
  ["JSONExtract", "JSONExtract('{\"a\": [1]}', 'a', 'Array(Int)')", [1]],
  ["JSONExtractArrayRaw", "JSONExtractArrayRaw('{\"a\": [1, \"b\"]}', 'a')", [1, "b"]],
  ["JSONExtractFloat", "JSONExtractFloat('{\"a\": 1.5}', 'a')", 1.5],
  ["JSONExtractInt", "JSONExtractInt('{\"a\": 1}', 'a')", 1],
  ["JSONExtractString", "JSONExtractString('{\"a\": \"b\"}', 'a')", "b"],
  ["addDays", "toString(addDays(toDate('2026-09-01'), 2))", "2026-09-03"],
  ["assumeNotNull", "assumeNotNull(1)", 1],
  ["coalesce", "coalesce(null, null, 1)", 1],
  ["dateAdd", "toString(dateAdd('day', 1, toDate('2026-09-01')))", "2026-09-02"],
  ["dateDiff", "dateDiff('day', toDate('2026-09-01'), toDate('2026-09-03'))", 2],
  ["dateTrunc", "toString(dateTrunc('month', toDateTime('2026-09-15')))", "2026-09-01T00:00:00.000Z"],
  ["equals", "equals(1, 1)", true],
  ["extract", "extract('year', toDate('2026-09-01'))", 2026],
  ["floor", "floor(1.9)", 1],
  ["greater", "greater(2, 1)", true],
  ["greaterOrEquals", "greaterOrEquals(1, 1)", true],
  ["if", "if(true, 1, 2)", 1],
  ["in", "in(1, [1])", true],
  ["less", "less(1, 2)", true],
  ["lessOrEquals", "lessOrEquals(1, 1)", true],
  ["min2", "min2(2, 1)", 1],
  ["minus", "minus(3, 1)", 2],
  ["multiIf", "multiIf(false, 1, 2)", 2],
  ["not", "not(true)", false],
  ["notEquals", "notEquals(1, 2)", true],
  ["and", "and(true, false)", false],
  ["or", "or(true, false)", true],
  ["plus", "plus(1, 2)", 3],
  ["range", "range(2, 4)", [2, 3]],
  ["round", "round(1.26, 1)", 1],
  ["startsWith", "startsWith('abc', 'ab')", true],
  ["substring", "substring('abcd', 2, 2)", "bc"],
  ["toIntervalDay", "toIntervalDay(1).unit", "day"],
  ["toIntervalHour", "toIntervalHour(1).unit", "hour"],
  ["toIntervalMinute", "toIntervalMinute(1).unit", "minute"],
  ["toIntervalMonth", "toIntervalMonth(1).unit", "month"],
  ["toMonth", "toMonth(toDate('2026-09-01'))", 9],
  ["toStartOfDay", "toString(toStartOfDay(toDateTime('2026-09-01 12:34:56')))", "2026-09-01T00:00:00.000Z"],
  ["toStartOfHour", "toString(toStartOfHour(toDateTime('2026-09-01 12:34:56')))", "2026-09-01T12:00:00.000Z"],
  ["toStartOfMonth", "toString(toStartOfMonth(toDateTime('2026-09-15')))", "2026-09-01T00:00:00.000Z"],
  ["toStartOfWeek", "toString(toStartOfWeek(toDateTime('2026-09-02')))", "2026-08-31T00:00:00.000Z"],
  ["toYYYYMM", "toYYYYMM(toDate('2026-09-01'))", 202609],
  ["toYear", "toYear(toDate('2026-09-01'))", 2026],
  ["today", "typeof(today())", "date"],
  ["multiSearchAnyCaseInsensitive", "multiSearchAnyCaseInsensitive('ABC', ['x', 'b'])", 1],
  ["arrayCount", "arrayCount(x -> x > 1, [1, 2, 3])", 2],
  ["arrayExists", "arrayExists(x -> x > 2, [1, 3])", true],
  ["arrayFilter", "arrayFilter(x -> x > 1, [1, 2])", [2]],
  ["arrayMap", "arrayMap(x -> x * 2, [1, 2])", [2, 4]],
  ["arrayReduce", "arrayReduce((sum, x) -> sum + x, [1, 2], 10)", 13],
  ["inCohort", "inCohort(1, [1, 2])", true],
  ["notInCohort", "notInCohort(1, [1, 2])", false],
  ["sortableSemver", "sortableSemver('1.2.3')", [1, 2, 3]],
];

describe("the machine's library", () => {
  it("has the functions that are known here, also those that the package does not export", () => {
    expect([...FUNCTIONS].toSorted()).toEqual([...Object.keys(vm.STL), ...library.keys()].toSorted());
  });

  it("has no function without a call below", () => {
    expect(CALLS.map(([name]) => name).toSorted()).toEqual([...FUNCTIONS].toSorted());
  });
});

it.each(CALLS)("calls %s", (_name, call, result) => {
  expect(run(call)).toEqual(result);
});

// What the compiler itself makes of a call, as PostHog's does, whatever the number of arguments.
const COMPILED = ["and", "or", "not", "if", "ifNull", "multiIf"];
const limited = Object.entries(vm.STL).filter(([name]) => !COMPILED.includes(name));

describe("a call with a wrong number of arguments fails by the function's name", () => {
  it.each(limited.flatMap(([name, { minArgs = 0 }]) => (minArgs > 0 ? [[name, minArgs] as const] : [])))(
    "%s takes at least %i",
    (name, least) => {
      const call = () => run(`${name}(${nulls(least - 1)})`);
      expect(call).toThrow(HogRuntimeError);
      expect(call).toThrow(`Function ${name} requires at least ${least} arguments`);
    },
  );

  it.each(
    limited.flatMap(([name, { maxArgs }]) => (maxArgs === undefined ? [] : [[name, maxArgs] as const])),
  )("%s takes at most %i", (name, most) => {
    const call = () => run(`${name}(${nulls(most + 1)})`);
    expect(call).toThrow(`Function ${name} requires at most ${most} arguments`);
  });

  it.each([...library])("%s takes exactly %i", (name, count) => {
    for (const wrong of [count - 1, count + 1]) {
      expect(() => run(`${name}(${nulls(wrong)})`)).toThrow(
        `Function ${name} requires exactly ${count} arguments`,
      );
    }
  });
});

function run(call: string): unknown {
  const step = startProgram(compiler.program(`return ${call};`), {});
  if (!step.done) throw new Error(`The program called ${step.call.name}`);
  return step.result;
}

function nulls(count: number): string {
  return Array(count).fill("null").join(", ");
}

/** The part of the library that is itself bytecode, from the package's source: its names with their numbers of arguments. */
function bytecodeLibrary(): Map<string, number> {
  const main = createRequire(import.meta.url).resolve("@posthog/hogvm");
  const source = readFileSync(join(dirname(main), "../src/stl/bytecode.ts"), "utf8");
  const entries = source.matchAll(/^ {2}"(\w+)": \[(\[[^\]]*\])/gm);
  return new Map(Array.from(entries, ([, name = "", params = "[]"]) => [name, JSON.parse(params).length]));
}
