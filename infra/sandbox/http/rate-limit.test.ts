import { expect, test } from "vitest";
import { ManualClock, sandbox } from "../test-support.ts";
import { type Bucket, RateLimiter } from "./rate-limit.ts";

const path = "/api/projects/1/hog_functions/";

test("a key has 480 requests a minute, then 429 with the seconds to wait (§6.7)", async () => {
  const clock = new ManualClock();
  const { call } = await sandbox({ clock, rateLimits: true, keys: { phx_other: { scopes: ["*"] } } });
  for (let count = 0; count < 480; count++) {
    if (count === 100) clock.advance(18_500);
    expect((await call("GET", path)).status).toBe(200);
  }
  const refused = await call("GET", path);
  expect(refused).toMatchObject({ status: 429, body: { type: "throttled_error", code: "throttled" } });
  expect(refused.body.detail).toBe("Request was throttled. Expected available in 42 seconds.");
  expect(refused.headers.get("retry-after")).toBe("42");
  expect((await call("GET", path, undefined, { authorization: "Bearer phx_other" })).status).toBe(200);
  clock.advance(41_500);
  expect((await call("GET", path)).status).toBe(200);
}, 60_000);

const hourly: [Bucket, number, number][] = [
  ["default", 4_800, 200],
  ["clickhouse", 1_200, 300],
  ["query", 2_400, 300],
  ["values", 300, 1_000],
];

test.each(hourly)("the bucket %s holds %i an hour (§6.7)", (bucket, requests, milliseconds) => {
  const clock = new ManualClock();
  const limiter = new RateLimiter(clock);
  for (let count = 0; count < requests; count++) {
    limiter.take("key", bucket);
    clock.advance(milliseconds);
  }
  const wait = (3_600_000 - requests * milliseconds) / 1000;
  expect(() => limiter.take("key", bucket)).toThrow(`Expected available in ${wait} seconds.`);
  limiter.take("key", bucket === "default" ? "query" : "default"); // another bucket is not touched
  clock.advance(wait * 1000);
  limiter.take("key", bucket);
  expect(() => limiter.take("key", bucket)).toThrow("throttled");
});

test("what was refused is not counted", () => {
  const clock = new ManualClock();
  const limiter = new RateLimiter(clock);
  for (let count = 0; count < 60; count++) limiter.take("key", "values");
  for (let count = 0; count < 60; count++) expect(() => limiter.take("key", "values")).toThrow("60 seconds");
  clock.advance(60_000);
  for (let count = 0; count < 60; count++) limiter.take("key", "values");
});
