import { describe, expect, it } from "vitest";
import { createCompiler } from "../compile.ts";
import { matches } from "../evaluate.ts";
import { filterGlobals } from "../globals.ts";
import type { HogActionStep } from "../types.ts";
import { ignoredFields } from "./elements.ts";

const compiler = await createCompiler();
const REST = "[^;]*?($|;|:([^;^\\s]*(;|$|\\s)))";
const autocapture = "$autocapture";

function globals(chain: string, event = autocapture) {
  const properties = { $current_url: "https://acme.example/shop" };
  const timestamp = "2026-09-10T12:00:00Z";
  return filterGlobals({
    event: { uuid: "u", event, distinct_id: "d", timestamp, properties, elements_chain: chain },
    person: null,
  });
}

function bySelector(value: string) {
  return compiler.filters({ properties: [{ key: "selector", value, type: "element" }] });
}

// As PostHog's own tests have them, with the pattern of #83169.
describe("the pattern of a selector", () => {
  it.each([
    ["div", `(^|;)div${REST}`],
    ["div > span", `(^|;)span${REST}div${REST}.*`],
    ["div span", `(^|;)span${REST}div${REST}`],
    ["*", `(^|;)${REST}`],
    [".class", `(^|;).*?\\.class${REST}`],
    ["div.b.a", `(^|;)div.*?\\.a\\..*?b${REST}`],
    ["div[data-attr='b c']", `(^|;)div.*?data\\-attr="b\\ c".*?${REST}`],
    ["[title='say \"hi\"']", `(^|;).*?title="say\\ \\\\"hi\\\\"".*?${REST}`],
    ["li:nth-child(2)", `(^|;)li.*?nth\\-child="2".*?${REST}`],
    [
      ".shadow-[0_1px_rgba(0,0.5)].w-1/2",
      `(^|;).*?\\.shadow\\-\\[0_1px_rgba\\(0,0\\.5\\)\\]\\..*?w\\-1/2${REST}`,
    ],
    ["body > * > div", `(^|;)div${REST}body${REST}`],
  ])("%s", (selector, pattern) => {
    expect(bySelector(selector)).toEqual(["_H", 1, 32, pattern, 32, "elements_chain", 1, 1, 23]);
  });

  it("asks the columns beside the chain for ids and for tags that they know", () => {
    expect(bySelector("#buy")).toEqual(bySelector("[id='buy']"));
    expect(bySelector("#buy")).toEqual(compiler.expression("indexOf(elements_chain_ids, 'buy') > 0"));
    const both = [bySelector("a#buy"), compiler.expression("indexOf(elements_chain_ids, 'buy') > 0")];
    const tags = compiler.expression("arrayCount(x -> x in ['a'], elements_chain_elements) > 0");
    expect(both[0]?.join()).toContain([...(both[1]?.slice(2) ?? []), ...tags.slice(2), 3, 3].join());
  });
});

describe("a selector on a chain", () => {
  const chain =
    'span.label:nth-child="1"text="Buy";button.btn.btn-lg.w-1/2:attr__data-x="say \\"hi\\""attr_id="buy"text="Buy"' +
    ";form:;div.page:attr_id=root";

  it.each<[string, boolean]>([
    ["span", true],
    ["span.label", true],
    ["label", false],
    [".btn-lg", true],
    [".btn.btn-lg", true],
    [".btn-lg.btn", true],
    ["#buy", true],
    ["#buy > span", true],
    ["form > button", true],
    ["form span", false], // a space is no more than `>` here: only a neighbour
    ["button[data-x='say \"hi\"']", true],
    ["span:nth-child(1)", true],
    ["span:nth-child(2)", false],
    ["span:hover", false],
    ["a", false],
  ])("%s: %s", (selector, matched) => {
    expect(matches(bySelector(selector), globals(chain))).toEqual({ matched });
  });
});

describe("an action's step on elements", () => {
  const chain = 'span:text="Buy now";a.cta:href="https://acme.example/Buy"attr_id="cta"text="Buy now"';
  const step = (fields: HogActionStep): HogActionStep => ({ event: autocapture, ...fields });

  it.each<[HogActionStep, boolean]>([
    [{}, true],
    [{ tag_name: "a" }, true],
    [{ tag_name: "b" }, false],
    [{ text: "Buy now" }, true],
    [{ text: "Buy" }, false],
    [{ text: "buy", text_matching: "contains" }, true],
    [{ text: "^Buy", text_matching: "regex" }, true],
    [{ text: "Buy", text_matching: "exact" }, false],
    [{ href: "https://acme.example/Buy" }, true],
    [{ href: "/buy" }, false],
    [{ href: "/buy", href_matching: "contains" }, true],
    [{ href: "/buy$", href_matching: "regex" }, false],
    [{ selector: "a.cta" }, true],
    [{ selector: "a.other" }, false],
    [{ selector: "", tag_name: null, text: null, href: null }, true],
    [{ text: "" }, false],
    [{ tag_name: "a", text: "Buy now", url: "shop", selector: "#cta" }, true],
    [{ tag_name: "a", text: "Buy now", url: "blog", selector: "#cta" }, false],
    [{ tag_name: "a", properties: [{ key: "text", value: "Buy now", type: "element" }] }, true],
  ])("%j: %s", (fields, matched) => {
    const context = { actions: new Map([["1", [step(fields)]]]) };
    const code = compiler.filters({ actions: [{ id: "1", type: "actions" }] }, context);
    expect(matches(code, globals(chain))).toEqual({ matched });
    expect(matches(code, globals(chain, "$pageview"))).toEqual({ matched: false });
  });

  it("names the fields that PostHog ignores, because the event is another", () => {
    expect(ignoredFields(step({ tag_name: "a", text: "" }))).toEqual([]);
    expect(ignoredFields({ event: "signup", url: "x", tag_name: "a", text: "" })).toEqual([
      "tag_name",
      "text",
    ]);
    expect(ignoredFields({ selector: "a", href: null })).toEqual(["selector"]);
  });
});
