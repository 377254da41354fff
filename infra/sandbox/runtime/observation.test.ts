import { describe, expect, test } from "vitest";
import { type Json, ManualClock, receiver, sandbox } from "../test-support.ts";

const unknown = "00000000-0000-4000-8000-00000000dead";

describe("metrics (§3)", () => {
  async function counted() {
    const clock = new ManualClock(); // midnight on a Thursday
    const hook = await receiver((response, count) => response.writeHead(count === 2 ? 404 : 200).end());
    const running = await sandbox({ clock });
    const masking = { ttl: 60, hash: "{event.properties.mask}" };
    const fn = await running.webhook(hook.url, {
      filters: { events: [{ id: "a", type: "events" }] },
      masking,
    });
    const send = async (event: string, mask?: string) =>
      running.settled(await running.capture(event, { properties: { mask } }));
    await send("a", "x");
    await send("a", "x");
    await send("b");
    clock.advance(3_600_000);
    await send("a");
    const get = async (path: string) => {
      const { status, body } = await running.api("GET", `hog_functions/${fn.id}/${path}`);
      return status === 200 ? body : { status, ...body };
    };
    return { clock, get };
  }

  test("are counted under PostHog's names and kinds", async () => {
    const { get } = await counted();
    expect(await get("metrics/totals/?breakdown_by=name")).toEqual({
      totals: { triggered: 2, fetch: 2, succeeded: 1, failed: 1, masked: 1, filtered: 1 },
    });
    expect(await get("metrics/totals/")).toEqual({ totals: { other: 6, success: 1, failure: 1 } });
    expect(await get("metrics/totals/?kind=success,failure&breakdown_by=name")).toEqual({
      totals: { succeeded: 1, failed: 1 },
    });
    expect(await get("metrics/totals/?name=masked")).toEqual({ totals: { other: 1 } });
    expect(await get("metrics/totals/?name=succeeded,failed&after=2026-01-01T00:30:00")).toEqual({
      totals: { failure: 1 },
    });
  });

  test("are a series: by the day of a week unless asked, 0 where there was nothing", async () => {
    const { get } = await counted();
    const days = ["25", "26", "27", "28", "29", "30", "31"].map((day) => `2025-12-${day}`);
    expect(await get("metrics/?name=triggered")).toEqual({
      labels: [...days, "2026-01-01"],
      series: [{ name: "other", values: [0, 0, 0, 0, 0, 0, 0, 2] }],
    });
    expect(await get("metrics/?interval=hour&after=-2h&breakdown_by=name&name=succeeded,failed")).toEqual({
      labels: ["2025-12-31T23:00", "2026-01-01T00:00", "2026-01-01T01:00"],
      series: [
        { name: "failed", values: [0, 0, 1] },
        { name: "succeeded", values: [0, 1, 0] },
      ],
    });
    expect(await get("metrics/?interval=week&after=-8d&name=masked")).toEqual({
      labels: ["2025-12-22", "2025-12-29"],
      series: [{ name: "other", values: [0, 1] }],
    });
    expect(await get("metrics/?instance_id=x")).toMatchObject({ series: [] });
  });

  test("refuse what they do not know", async () => {
    const { get } = await counted();
    expect(await get("metrics/?interval=month")).toMatchObject({ code: "invalid_choice", attr: "interval" });
    expect(await get("metrics/totals/?breakdown_by=hour")).toMatchObject({ attr: "breakdown_by" });
  });
});

describe("logs (§3)", () => {
  async function logged() {
    const clock = new ManualClock();
    const hook = await receiver((response, count) => response.writeHead(count === 1 ? 503 : 200).end());
    const running = await sandbox({ clock, retries: "back-to-back" });
    const fn = await running.webhook(hook.url, {}, { debug: { value: true } });
    const uuids: string[] = [];
    for (const event of ["a", "b"]) {
      const uuid = await running.capture(event);
      await running.settled(uuid);
      uuids.push(uuid);
      clock.advance(60_000);
    }
    const get = async (query: string): Promise<Json[]> =>
      (await running.api("GET", `hog_functions/${fn.id}/logs/${query}`)).body.results;
    return { ...running, fn, uuids, get };
  }

  test("are told newest first, each with its run", async () => {
    const { get, fn, uuids, trace } = await logged();
    const rows = await get("");
    const times = rows.map(({ timestamp }) => String(timestamp));
    expect(times).toEqual(times.toSorted().reverse());
    expect(new Set(times.map((time) => time.slice(0, 16)))).toHaveLength(2);
    const [first] = (await trace(uuids[0] ?? "")).destinations;
    expect(rows.at(-1)).toEqual({
      log_source_id: fn.id,
      instance_id: first.invocation,
      timestamp: expect.stringMatching(/^2026-01-01T00:00:00\.\d{3}Z$/),
      level: "INFO",
      message: expect.stringContaining("Request"),
    });
    expect(first.logs.map(({ message }: Json) => message)).toEqual(
      rows
        .filter(({ instance_id }) => instance_id === first.invocation)
        .map(({ message }) => message)
        .reverse(),
    );
  });

  test("are found by level, text, run and time, 50 unless asked", async () => {
    const { get, api, fn, uuids, trace } = await logged();
    const levels = async (query: string) => (await get(query)).map(({ level }) => level);
    expect(await levels("?level=error")).toEqual(["ERROR"]);
    expect(new Set(await levels("?level=error,DEBUG"))).toEqual(new Set(["ERROR", "DEBUG"]));
    expect(await levels("?search=STATUS 503")).toEqual(["ERROR"]);
    expect(await levels(`?search=${uuids[1]}&level=DEBUG`)).toEqual(["DEBUG"]);
    const [second] = (await trace(uuids[1] ?? "")).destinations;
    const ofRun = await get(`?instance_id=${second.invocation}`);
    expect(new Set(ofRun.map(({ timestamp }) => String(timestamp).slice(0, 16)))).toEqual(
      new Set(["2026-01-01T00:01"]),
    );
    expect(await get("?after=2026-01-01T00:00:30Z")).toEqual(ofRun);
    expect(await get("?before=2026-01-01T00:00:30Z")).toHaveLength((await get("")).length - ofRun.length);
    expect(await get("?limit=2")).toHaveLength(2);
    for (const limit of [0, 501]) {
      expect((await api("GET", `hog_functions/${fn.id}/logs/?limit=${limit}`)).body).toMatchObject({
        type: "validation_error",
        attr: "limit",
      });
    }
  });

  test.each(["logs/", "metrics/", "metrics/totals/"])(
    "%s of a function that is not there are a 404",
    async (path) => {
      const { api, fn } = await logged();
      expect((await api("GET", `hog_functions/${unknown}/${path}`)).status).toBe(404);
      await api("PATCH", `hog_functions/${fn.id}/`, { deleted: true });
      expect((await api("GET", `hog_functions/${fn.id}/${path}`)).status).toBe(404);
    },
  );
});
