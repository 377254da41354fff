import { describe, expect, test } from "vitest";
import { openDatabase } from "../database.ts";
import { Persons } from "../events/persons.ts";
import { receiver, sandbox } from "../test-support.ts";
import { fillWithMonth } from "./fill.ts";
import { createMonth } from "./month.ts";

const until = Date.parse("2026-03-18T15:30:00Z");
const month = createMonth(1, until);
const named = (name: string) => month.events.filter(({ event }) => event === name);

describe("a month of Plover", () => {
  test("is the same for the same seed and end, and another for another seed", () => {
    expect(createMonth(1, until)).toEqual(month);
    expect(createMonth(2, until).events[0]?.uuid).not.toBe(month.events[0]?.uuid);
  });

  test("has 20,000 to 40,000 events of 30 days, in order, none after its end, each with a uuid of its own", () => {
    const times = month.events.map(({ timestamp }) => timestamp);
    expect(times.length).toBeGreaterThan(20_000);
    expect(times.length).toBeLessThan(40_000);
    expect(times.toSorted()).toEqual(times);
    expect(Date.parse(times[0] ?? "")).toBeGreaterThan(until - 31 * 86_400_000);
    expect(Date.parse(times.at(-1) ?? "")).toBeLessThanOrEqual(until);
    expect(new Set(month.events.map(({ uuid }) => uuid)).size).toBe(times.length);
  });

  test("has a week's rhythm: a Sunday has less than half of a Tuesday", () => {
    const on = (day: string) => month.events.filter(({ timestamp }) => timestamp.startsWith(day)).length;
    expect(on("2026-03-08") * 2).toBeLessThan(on("2026-03-10"));
  });

  test("has a funnel: fewer sign up than visit, fewer pay than sign up, fewer cancel than pay", () => {
    const visitors = new Set(named("$pageview").map(({ personId }) => personId)).size;
    const counts = [
      visitors,
      ...["user_signed_up", "subscription_started", "subscription_cancelled"].map(
        (name) => named(name).length,
      ),
    ];
    expect(counts.toSorted((a, b) => b - a)).toEqual(counts);
    expect(counts.at(-1)).toBeGreaterThan(0);
  });

  test("names nobody who could be real", () => {
    const texts = JSON.stringify(month).match(/[\w.+-]+@[\w.-]+/g) ?? [];
    expect(texts.length).toBeGreaterThan(500);
    for (const email of texts) expect(email).toMatch(/@([a-z]+\.example|example\.(com|org|net))$/);
  });

  test("has numbers, truths, times, groups and what a test-account filter leaves out", () => {
    expect(named("subscription_started")[0]?.properties).toMatchObject({
      plan: expect.stringMatching(/^(pro|team)$/),
      seats: expect.any(Number),
      amount: expect.any(Number),
      trial: expect.any(Boolean),
    });
    expect(named("invoice_paid")[0]?.properties.paid_at).toMatch(/^2026-.*Z$/);
    expect(named("$autocapture")[0]?.elements_chain).toMatch(/^button\./);
    expect(month.events.some(({ properties }) => properties.$groups)).toBe(true);
    expect(month.events.some(({ properties }) => properties.$host === "localhost:3000")).toBe(true);
  });
});

test("persons and groups are as their events made them", () => {
  const database = openDatabase(":memory:");
  expect(fillWithMonth(database, 1, until)).toBe(month.events.length);
  const persons = new Persons(database);
  const [signUp] = named("$identify");
  const known = ["user_signed_up", "subscription_started", "subscription_cancelled"];
  const last = month.events.findLast(
    ({ personId, event }) => personId === signUp?.personId && known.includes(event),
  );
  const plan = last?.event === "subscription_cancelled" ? "free" : last?.properties.plan;
  for (const distinct_id of [signUp?.distinct_id, signUp?.properties.$anon_distinct_id]) {
    const event = { uuid: "", event: "any", distinct_id: String(distinct_id), properties: {}, timestamp: "" };
    const { person, isNews } = persons.record(event);
    expect(isNews).toBe(false);
    expect(person).toMatchObject({
      id: signUp?.personId,
      properties: { plan, $initial_referring_domain: expect.any(String) },
    });
  }
  expect(persons.groupTypes()).toEqual(["company"]);
  const inCompany = month.events.find(({ properties }) => properties.$groups);
  expect(inCompany && persons.groupsOf(inCompany)).toMatchObject([
    { properties: { seats: expect.any(Number) } },
  ]);
  expect(fillWithMonth(database, 1, until)).toBe(0); // not a second time
  database.close();
});

test("HogQL and a trace tell of each event with the person as it was then", async () => {
  const { api, call } = await sandbox({ seed: 3 });
  const ask = async (query: string) =>
    (await api("POST", "query/", { query: { kind: "HogQLQuery", query } })).body.results;
  const [[visits, people]] = await ask(
    "select count(), uniq(person_id) from events where event = '$pageview' and properties.$host = 'www.plover.example'",
  );
  expect(visits).toBeGreaterThan(people);
  const paid = await ask(
    `select uuid, person.properties.plan, properties.plan from events where event = 'subscription_started' limit 500`,
  );
  expect(paid.length).toBeGreaterThan(20);
  for (const [, plan, paidFor] of paid) expect(plan).toBe(paidFor); // though some have cancelled since
  const { body } = await call("GET", `/_sandbox/events/${paid[0][0]}`);
  expect(body).toMatchObject({ captured: true, settled: true, destinations: [] });
});

test("nothing of it is delivered, and the next event is", async () => {
  const hook = await receiver();
  const { seeded, webhook, capture, settled } = await sandbox({ seed: 3 });
  expect(seeded).toBeGreaterThan(20_000);
  await webhook(hook.url);
  await settled(await capture("one"));
  expect(hook.received).toHaveLength(1);
});
