import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { receiver, sandbox, until } from "../test-support.ts";
import type { InboxDelivery, ReceiverView } from "./receiver-view.ts";

const hostile = `"><img src=x onerror=alert(1)>'&`;
const plan = { key: "plan", value: ["pro", "team"], operator: "exact", type: "event" };
const signups = { events: [{ id: "user_signed_up", type: "events", properties: [plan] }] };

/** `fetch` does not let a program choose where it says that it comes from. */
function send(
  url: string,
  headers: Record<string, string>,
  body?: string,
): Promise<{ status: number; location: string | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const method = body === undefined ? "GET" : "POST";
    const call = request(url, { method, headers: { ...type, ...headers } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => {
        resolve({ status: response.statusCode ?? 0, location: response.headers.location, text });
      });
    });
    call.once("error", reject).end(body);
  });
}

async function page(url: string, path: string): Promise<string> {
  const response = await fetch(url + path);
  expect(response.status, path).toBe(200);
  return response.text();
}

const tokenIn = (html: string) => /name="token" value="([^"]+)"/.exec(html)?.[1] ?? "";
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
/** What a person reads. */
const words = (html: string) =>
  html
    .replace(/<[^>]*>/g, " ")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, " ");

/** An inbox with one dead letter, which a replay makes wait again. */
function inboxOf(given: Partial<InboxDelivery> = {}): ReceiverView & { replayed: string[] } {
  const delivery: InboxDelivery = {
    id: "msg-1",
    destination: "signups",
    event: "user_signed_up",
    uuid: "0190a0a0-0000-7000-8000-000000000001",
    state: "dead",
    handlers: [
      {
        name: "crm",
        state: "dead",
        attempts: 20,
        lastError: "the partner is down",
        settledAt: "2026-01-01T00:00:00.000Z",
      },
    ],
    receivedAt: "2026-01-01T00:00:00.000Z",
    ...given,
  };
  const replayed: string[] = [];
  return {
    replayed,
    stack: "dev",
    running: () => false,
    version: () => String(replayed.length),
    list: ({ state = delivery.state }) =>
      state === (replayed.length === 0 ? delivery.state : "stored") ? [delivery] : [],
    show: (id) =>
      id === delivery.id ? { ...delivery, headers: { "webhook-id": id }, body: { plan: "pro" } } : undefined,
    replay: (id) => {
      replayed.push(id);
      return ["crm"];
    },
    handlers: async () => new Map([["signups", ["crm", "notify"]]]),
  };
}

describe("every page", () => {
  const paths = ["/", "/events", "/send", "/inbox", "/diagram"];

  test.each(paths)(
    "%s may run nothing inline, be framed nowhere and be read by no other origin",
    async (path) => {
      const { url } = await sandbox({ receiver: inboxOf() });
      const response = await fetch(url + path);
      expect(Object.fromEntries(response.headers)).toMatchObject({
        "content-type": "text/html; charset=UTF-8",
        "content-security-policy": expect.stringMatching(
          /^default-src 'none'; script-src 'self'.*frame-ancestors 'none'/,
        ),
        "x-frame-options": "DENY",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cache-control": "no-store",
        "cross-origin-resource-policy": "same-origin",
      });
      expect(response.headers.has("access-control-allow-origin")).toBe(false);
      const html = await response.text();
      expect(html).not.toMatch(/<style|\sstyle=|\son\w+=|<script(?! type="module" src="\/console\.js")/);
      expect(html).toContain('aria-current="page"');
    },
  );

  test.each(paths)("%s is refused under another host's name, and to another origin", async (path) => {
    const { url } = await sandbox();
    expect((await send(url + path, { host: "evil.example" })).status).toBe(403);
    expect((await send(url + path, { origin: "https://evil.example" })).status).toBe(403);
  });

  test("says what to do where there is nothing", async () => {
    const { url } = await sandbox();
    expect(words(await page(url, "/"))).toMatch(
      /no destination yet.*npm start.*No event has come yet.*Send one/,
    );
    expect(words(await page(url, "/events"))).toContain("No event has come yet");
    expect(words(await page(url, "/events?search=x"))).toMatch(/No event fits.*Show all events/);
    expect(words(await page(url, "/inbox"))).toMatch(/knows no receiver.*npx hogwire sandbox/);
    expect(words(await page(url, "/diagram"))).toContain("nothing to draw");
  });

  test.each(["/destinations/nothing", "/events/nothing", "/inbox/nothing"])(
    "%s is not there",
    async (path) => {
      const { url } = await sandbox();
      const response = await fetch(url + path);
      expect(response.status).toBe(404);
      expect(response.headers.get("content-type")).toContain("text/html");
    },
  );

  test("shows what others wrote as text", async () => {
    const hook = await receiver((response) => response.setHeader("x-note", "1").end(hostile));
    const view = inboxOf({ event: hostile, destination: hostile });
    const { url, webhook, capture, settled } = await sandbox({
      receiver: view,
      samples: async () => [{ name: hostile, event: hostile, properties: {}, person: {}, groups: {} }],
    });
    const body = { value: hostile };
    const { id } = await webhook(hook.url, { name: hostile, description: hostile }, { body });
    const strict = { key: hostile, value: hostile, operator: "exact", type: "event" };
    await webhook(hook.url, { name: hostile, filters: { properties: [strict] } });
    const properties = { [hostile]: "x", $set: { name: hostile }, $groups: { company: hostile } };
    const uuid = await capture(hostile, { distinct_id: hostile, properties });
    await settled(uuid);
    for (const path of [
      "/",
      "/events",
      `/events/${uuid}`,
      `/destinations/${id}`,
      `/send?again=${uuid}`,
      "/inbox",
      "/inbox/msg-1",
      "/diagram",
      `/events?search=${encodeURIComponent(hostile)}`,
    ]) {
      const html = await page(url, path);
      expect(html, path).not.toContain("<img");
      expect(html, path).toContain("&lt;img src=x onerror=alert(1)&gt;");
    }
  });

  test("is neither counted as a call nor hit by a fault", async () => {
    const { url, call } = await sandbox();
    await call("POST", "/_sandbox/faults", [{ status: 500 }]);
    await page(url, "/");
    expect((await call("GET", "/_sandbox/requests")).body.requests).toEqual([]);
  });
});

describe("destinations", () => {
  test("are told in words, with their file, handlers and health", async () => {
    const hook = await receiver();
    const { url, webhook, capture, settled } = await sandbox({ receiver: inboxOf({ state: "handled" }) });
    const description =
      "Tells the CRM\n\nManaged by Hogwire: destinations/signups.yaml [hogwire:hogwire/dev/signups]";
    const { id } = await webhook(hook.url, { name: "Sign-ups", description, filters: signups });
    await webhook("http://user:pass@127.0.0.1:9/x?token=secret", { name: "Off", enabled: false });
    await settled(await capture("user_signed_up", { properties: { plan: "pro" } }));
    await settled(await capture("user_signed_up", { properties: { plan: "free" } }));

    const all = words(await page(url, "/"));
    expect(all).toMatch(
      /Sign-ups signups Fires when user_signed_up with plan pro or team\. crm, notify handlers Healthy 1 0 1/,
    );
    expect(all).toMatch(/Off Fires on every event\. 127\.0\.0\.1:9 \/x Off/);
    expect(all).not.toMatch(/pass|secret/);

    const one = words(await page(url, `/destinations/${id}`));
    expect(one).toContain("Tells the CRM");
    expect(one).not.toContain("Managed by");
    expect(one).toMatch(/Latest runs.*user_signed_up user-1 Sent/);
    expect(one).toMatch(/did not match.*Does not hold: with plan pro or team The event's plan is "free"\./);
  });

  test("that fail say so", async () => {
    const hook = await receiver((response) => response.writeHead(500).end());
    const { url, webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
    await webhook(hook.url, { name: "Broken" });
    await settled(await capture("any"));
    expect(words(await page(url, "/"))).toMatch(/Broken .* Failing 0 1 0/);
  });

  test.each([
    ["dead", "1 dead letter", "Dead letter"],
    ["retrying", "1 retrying", "Retrying"],
  ])(
    "whose handlers have it %s are not healthy, nor is the event merely sent",
    async (state, health, said) => {
      const hook = await receiver();
      let uuid = "";
      const view: ReceiverView = { ...inboxOf(), list: (query) => inboxOf({ uuid, state }).list(query) };
      const { url, webhook, capture, settled } = await sandbox({ receiver: view });
      const { id } = await webhook(hook.url, {
        name: "Sign-ups",
        description: "[hogwire:hogwire/dev/signups]",
      });
      await webhook(hook.url, { name: "Other" });
      uuid = await capture("user_signed_up");
      await settled(uuid);
      const all = words(await page(url, "/"));
      expect(all).toContain(`crm, notify handlers ${health} 1 0 0`);
      expect(all).toMatch(/Other Fires on every event.* Healthy 1 0 0/);
      for (const path of ["/", "/events"]) {
        const shown = words(await page(url, path));
        expect(shown).toContain(`Sent ${said} Sign-ups`);
        expect(shown).toContain("Sent Other");
        expect(shown.includes("Inbox , 1 dead letter")).toBe(state === "dead");
      }
      const one = words(await page(url, `/destinations/${id}`));
      expect(one).toContain(`Health ${health} `);
      expect(one).toContain(`user_signed_up user-1 Sent ${said}`);
    },
  );

  test("are found under the addresses that PostHog's globals name", async () => {
    const { url, webhook, capture, settled } = await sandbox();
    await settled(await capture("any", { distinct_id: "ann 1" }));
    const { id } = await webhook("http://127.0.0.1:9");
    const { status, location } = await send(`${url}/project/1/functions/${id}/configuration/`, {});
    expect([status, location]).toEqual([302, `/destinations/${id}`]);
    expect((await send(`${url}/project/1/person/ann%201`, {})).location).toBe("/events?search=ann%201");
    expect((await send(`${url}/project/1/person/nobody`, {})).location).toBe("/events");
  });
});

describe("events", () => {
  test("tell of request, attempts, response and logs, and which condition said no", async () => {
    const hook = await receiver((response, count) =>
      response.writeHead(count === 1 ? 503 : 200).end("taken"),
    );
    const { url, webhook, capture, settled } = await sandbox({ retries: "back-to-back" });
    await webhook(hook.url, { name: "All" });
    await webhook(hook.url, { name: "Paid only", filters: signups });
    await webhook(hook.url, {
      name: "Page views",
      filters: { events: [{ id: "$pageview", type: "events" }] },
    });
    const uuid = await capture("user_signed_up", {
      properties: { plan: "free", $set: { email: "ada@example.com" } },
    });
    await settled(uuid);
    const told = words(await page(url, `/events/${uuid}`));
    expect(told).toMatch(/All Sent POST http.*Attempt 1 503 .*Attempt 2 200 .*Request .*Response .*taken/);
    expect(told).toMatch(/Logs .*Attempt 1 of the request failed/);
    expect(told).toMatch(/Paid only Does not hold: with plan pro or team The event's plan is "free"\./);
    expect(told).toMatch(/Page views The event is user_signed_up/);
    expect(told).toContain("ada@example.com");
    expect(words(await page(url, "/events"))).toMatch(/user_signed_up user-1 Sent All 2 not matched/);
  });

  test("are listed the newest first, a page at a time, and found by name", async () => {
    const { url, call, capture, settled } = await sandbox();
    const batch = Array.from({ length: 45 }, (_, n) => ({ event: `event ${n} end`, distinct_id: "user-1" }));
    await call("POST", "/batch/", { api_key: "phc_sandbox", batch });
    await settled(await capture("last one"));
    const first = await page(url, "/events");
    expect(words(first)).toMatch(/last one.*event 44 end.*event 6 end/);
    expect(words(first)).not.toContain("event 5 end");
    const older = /href="(\/events\?before=\d+)"/.exec(first)?.[1] ?? "";
    expect(words(await page(url, older))).toMatch(/event 5 end.*event 0 end/);
    expect(words(await page(url, "/events?search=EVENT+7"))).toMatch(/event 7 end/);
    expect(words(await page(url, "/events?search=EVENT+7"))).not.toContain("event 8 end");
  });

  test("of a seeded past are told as such", async () => {
    const { url } = await sandbox({ seed: 1 });
    const html = await page(url, "/events");
    expect(words(html)).toContain("No destination was on");
    const [, first = ""] = /href="(\/events\/[0-9a-f-]{36})"/.exec(html) ?? [];
    expect(words(await page(url, first))).toContain("No destination was on when it came");
  });

  test("change the version that pages watch", async () => {
    const { url, capture, settled } = await sandbox();
    const version = async () => (await fetch(`${url}/live`)).text();
    const before = await version();
    expect(await version()).toBe(before);
    await settled(await capture("any"));
    expect(await version()).not.toBe(before);
  });
});

describe("sending", () => {
  const event = {
    event: "user_signed_up",
    distinctId: "user-7",
    properties: '{"plan": "pro"}',
    person: '{"email": "ada@example.com"}',
    groups: '{"company": {"id": "acme", "properties": {"tier": "enterprise"}}, "project": "p1"}',
  };

  test("fires an event with its person and groups, and shows what came of it", async () => {
    const hook = await receiver();
    const { url, webhook, settled } = await sandbox();
    const tier = { key: "tier", value: "enterprise", operator: "exact", type: "group", group_type_index: 0 };
    await webhook(hook.url, { name: "Enterprise", filters: { ...signups, properties: [tier] } });
    const token = tokenIn(await page(url, "/send"));
    const { status, location = "" } = await send(`${url}/send`, { origin: url }, form({ token, ...event }));
    expect(status).toBe(303);
    const uuid = /sent=(.+)/.exec(location)?.[1] ?? "";
    await settled(uuid);
    const received = await until(() => hook.received[0]);
    expect(JSON.parse(received.body)).toMatchObject({
      event: {
        uuid,
        distinct_id: "user-7",
        properties: { plan: "pro", $groups: { company: "acme", project: "p1" } },
      },
      person: { properties: { email: "ada@example.com" } },
    });
    const html = await page(url, location);
    expect(words(html)).toMatch(/Sent user_signed_up .* What came of it Enterprise Sent/);
    expect(html).toContain('value="user-7"');
    expect(words(html)).toContain('"email": "ada@example.com"');
  });

  test("says beside each field what is wrong, keeps what was typed, and sends nothing", async () => {
    const { url } = await sandbox();
    const token = tokenIn(await page(url, "/send"));
    const wrong = {
      event: " ",
      distinctId: "",
      properties: "{plan: pro}",
      person: "[1]",
      groups: '{"company": {}}',
    };
    const { status, text } = await send(`${url}/send`, { origin: url }, form({ token, ...wrong }));
    expect(status).toBe(422);
    for (const key of Object.keys(wrong)) {
      expect(text).toContain(`aria-describedby="${key}-hint ${key}-error" aria-invalid="true"`);
      expect(text).toMatch(new RegExp(`id="${key}-error">[^<]+`));
    }
    expect(words(text)).toContain("5 fields need another look");
    expect(words(text)).toContain('Not JSON: names and texts need double quotes, e.g. {"plan": "pro"}.');
    expect(text).toContain("{plan: pro}</textarea>");
    expect(words(await page(url, "/events"))).toContain("No event has come yet");
  });

  test("says what capture answered", async () => {
    const { url, call } = await sandbox();
    await call("POST", "/_sandbox/faults", [{ match: { path: "/i/v0/e" }, status: 503 }]);
    const token = tokenIn(await page(url, "/send"));
    const { status, text } = await send(`${url}/send`, { origin: url }, form({ token, ...event }));
    expect(status).toBe(502);
    expect(words(text)).toContain("Capture answered 503");
  });

  test("is prefilled from a sample", async () => {
    const { url } = await sandbox({
      samples: async () => [
        {
          name: "a signup",
          event: "user_signed_up",
          properties: { plan: "pro" },
          person: { email: "ada@example.com" },
          groups: {},
        },
      ],
    });
    expect(words(await page(url, "/send"))).toContain("a signup user_signed_up");
    const html = await page(url, "/send?sample=0");
    expect(html).toContain('value="user_signed_up"');
    expect(words(html)).toContain('"plan": "pro"');
  });
});

describe("a post that is no form of ours", () => {
  test.each<[string, Record<string, string>, "good" | "wrong" | "none", number]>([
    ["from another site", { "sec-fetch-site": "cross-site" }, "good", 403],
    ["from another port of this machine", { "sec-fetch-site": "same-site" }, "good", 403],
    ["of another origin", { origin: "http://127.0.0.1:1" }, "good", 403],
    ["of an origin that hides", { origin: "null" }, "good", 403],
    ["without a token", { "sec-fetch-site": "same-origin" }, "none", 403],
    ["with a wrong token", { "sec-fetch-site": "same-origin" }, "wrong", 403],
    ["that says nothing of where it is from", {}, "none", 403],
    ["of ours", { "sec-fetch-site": "same-origin" }, "good", 303],
    ["by a program that read the page", {}, "good", 303],
  ])("%s", async (_what, headers, shown, status) => {
    const view = inboxOf();
    const { url } = await sandbox({ receiver: view });
    const token = { good: tokenIn(await page(url, "/inbox")), wrong: "a".repeat(32), none: "" }[shown];
    expect((await send(`${url}/inbox/msg-1/replay`, headers, form({ token }))).status).toBe(status);
    expect((await send(`${url}/send`, headers, form({ token, event: "e", distinctId: "u" }))).status).toBe(
      status,
    );
    expect(view.replayed).toEqual(status === 303 ? ["msg-1"] : []);
  });
});

describe("the inbox", () => {
  test("that cannot be read is told on a page", async () => {
    const list = () => {
      throw new Error("the inbox was written by another version");
    };
    const { url } = await sandbox({ receiver: { ...inboxOf(), list } });
    const response = await fetch(`${url}/inbox`);
    expect(response.status).toBe(500);
    expect(words(await response.text())).toContain("the inbox was written by another version");
  });

  test("has its dead letters first, and replays them", async () => {
    const view = inboxOf();
    const { url } = await sandbox({ receiver: view });
    const html = await page(url, "/inbox");
    expect(words(html)).toMatch(
      /dev is not running.*1 dead letter.*user_signed_up signups Dead letter crm attempt 20 gave up \d+ d ago the partner is down.*Replay/,
    );
    const post = form({ token: tokenIn(html) });
    expect(await send(`${url}/inbox/msg-1/replay`, {}, post)).toMatchObject({
      status: 303,
      location: "/inbox?replayed=msg-1",
    });
    expect(view.replayed).toEqual(["msg-1"]);
    expect(words(await page(url, "/inbox?replayed=msg-1"))).toContain(
      "user_signed_up goes to its handlers again",
    );
    expect((await send(`${url}/inbox/other/replay`, {}, post)).status).toBe(404);
  });

  test("shows one delivery with its body", async () => {
    const { url } = await sandbox({ receiver: inboxOf() });
    expect(words(await page(url, "/inbox/msg-1"))).toMatch(
      /Dead letter.*crm.*webhook-id msg-1 \{ "plan": "pro" \}/,
    );
  });
});

test("the diagram leads from events over conditions and destinations to handlers", async () => {
  const { url, webhook, api } = await sandbox({ receiver: inboxOf() });
  const description = "[hogwire:hogwire/dev/signups]";
  const paying = (await api("POST", "actions/", { name: "Paying", steps: [{ event: "paid" }] })).body;
  await webhook("http://127.0.0.1:9", {
    name: "Sign-ups",
    description,
    filters: { ...signups, actions: [{ id: String(paying.id), type: "actions" }] },
  });
  await webhook("http://127.0.0.1:9/other", { name: "Everything" });
  await webhook("http://127.0.0.1:9/other", { name: "People", filters: { source: "person-updates" } });
  const purchase = {
    name: "Purchase",
    filters: { events: [{ id: "paid", type: "events" }], properties: [plan] },
  };
  await webhook("http://127.0.0.1:9/other", { name: "Mapped", mappings: [purchase] });
  const html = await page(url, "/diagram");
  const nodes = [...html.matchAll(/class="node (\w+)[^>]*>\s*<title>([^<]*)<\/title>\s*<rect x="(\d+)"/g)];
  const columns = Map.groupBy(nodes, ([, , , x]) => Number(x));
  expect(
    [...columns]
      .sort(([a], [b]) => a - b)
      .map(([, column]) => column.map(([, kind, name]) => `${kind} ${name}`).sort()),
  ).toEqual([
    ["event a person changes", "event any event", "event paid", "event user_signed_up"],
    ["condition Paying", "condition with plan pro or team", "condition with plan pro or team"],
    ["destination Everything", "destination Mapped", "destination People", "destination Sign-ups"],
    ["target 127.0.0.1:9/other", "target crm", "target notify"],
  ]);
  expect(words(html)).toMatch(/The same in words.*Everything Fires on every event/);
  expect(words(html)).toMatch(/Mapped .*Mapping Purchase: Fires when paid with plan pro or team/);
});

test("filters that do not compile, of a destination that is off, break no page", async () => {
  const { api, url } = await sandbox();
  const filters = { events: [{ name: "no id" }, { id: 5 }], properties: [{ value: [{}] }], actions: [{}] };
  const own = await api("POST", "hog_functions/", { hog: "return 1", name: "own", filters });
  await api("POST", "hog_functions/", { hog: "return 1", enabled: true, filters: { events: [{}] } }); // every event
  const mappings = [{ name: "m", filters }];
  const mapped = await api("POST", "hog_functions/", { hog: "return 1", name: "mapped", mappings });
  expect([own.status, mapped.status]).toEqual([201, 201]);
  const paths = ["/", "/diagram", `/destinations/${own.body.id}`, `/destinations/${mapped.body.id}`];
  const shown = await Promise.all(paths.map((path) => page(url, path)));
  expect(shown.map((html) => /cannot be read|unreadable/.test(words(html)))).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

test("what is too much to draw is told in words alone", async () => {
  const { api, url } = await sandbox();
  const events = Array.from({ length: 3_000 }, (_, index) => ({ id: `event-${index}`, type: "events" }));
  await api("POST", "hog_functions/", { hog: "return 1", name: "many", enabled: true, filters: { events } });
  const html = await page(url, "/diagram");
  expect(words(html)).toContain("There is too much to draw.");
  expect(words(html)).toContain("many");
});
