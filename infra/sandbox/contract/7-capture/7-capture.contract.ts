import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import { sandbox } from "../../test-support.ts";
import { fact, untested } from "../contract.ts";
import type { Target } from "../target.ts";

const single = (ph: Target) => ({ api_key: ph.token, event: ph.marker, distinct_id: ph.marker });

const paths = ["/i/v0/e/", "/e/", "/capture/", "/track/", "/engage/", "/batch/"];
for (const path of paths) {
  fact(
    "7",
    `POST ${path} takes an event and answers 200 {"status": "Ok"}`,
    { needs: "token" },
    async (ph) => {
      const one = { event: ph.marker, distinct_id: ph.marker };
      const body = path === "/batch/" ? { api_key: ph.token, batch: [one] } : { api_key: ph.token, ...one };
      const { status, body: answer } = await ph.call("POST", path, body);
      expect([status, ["Ok", 1]]).toEqual([200, expect.arrayContaining([answer.status])]);
    },
  );
}

/** What was stored of a body, by its uuid. */
async function stored(body: object, uuid: string) {
  const { call, settled } = await sandbox();
  expect((await call("POST", "/i/v0/e/", body)).status).toBe(200);
  return settled(uuid);
}
const token = "phc_sandbox";

fact("7", "The token may be named `api_key` or `token`", { needs: "sandbox" }, async () => {
  for (const name of ["api_key", "token"]) {
    const uuid = randomUUID();
    expect(await stored({ [name]: token, event: "a", distinct_id: "u", uuid }, uuid)).toMatchObject({
      event: "a",
    });
  }
});

fact("7", "`distinct_id` may stand in the properties", { needs: "sandbox" }, async () => {
  const uuid = randomUUID();
  const trace = await stored(
    { api_key: token, event: "a", properties: { distinct_id: "user-9" }, uuid },
    uuid,
  );
  expect(trace).toMatchObject({ captured: true, distinct_id: "user-9" });
});

fact("7", "A list of events works as well", { needs: "sandbox" }, async () => {
  const uuid = randomUUID();
  const events = [
    { api_key: token, event: "a", distinct_id: "u" },
    { api_key: token, event: "b", distinct_id: "u", uuid },
  ];
  expect(await stored(events, uuid)).toMatchObject({ captured: true, event: "b" });
});

fact("7", "A batch keeps name, id, time and uuid of each of its events", { needs: "sandbox" }, async () => {
  const uuid = randomUUID();
  const timestamp = "2026-02-03T04:05:06.000Z";
  const batch = [
    { event: "a", distinct_id: "u" },
    { event: "b", distinct_id: "user-9", timestamp, uuid },
  ];
  const body = { api_key: token, batch, historical_migration: false, sent_at: timestamp };
  expect(await stored(body, uuid)).toMatchObject({ captured: true, event: "b", distinct_id: "user-9" });
});

fact("7", "`$set` and `$set_once` may stand beside the properties", { needs: "token" }, async (ph) => {
  const body = { ...single(ph), $set: { a: 1 }, $set_once: { b: 1 }, timestamp: new Date().toISOString() };
  expect((await ph.call("POST", "/i/v0/e/", body)).status).toBe(200);
});

fact("7", "gzip is taken, said in the query or known by its first bytes", { needs: "token" }, async (ph) => {
  const body = Uint8Array.from(gzipSync(JSON.stringify(single(ph))));
  for (const query of ["?compression=gzip", ""]) {
    expect((await ph.call("POST", `/i/v0/e/${query}`, body)).status).toBe(200);
  }
});

fact(
  "7",
  "base64 is taken with compression=base64, as it is and in the form that old clients send",
  { needs: "token" },
  async (ph) => {
    const data = Buffer.from(JSON.stringify(single(ph))).toString("base64");
    expect((await ph.call("POST", "/e/?compression=base64", data)).status).toBe(200);
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const form = `data=${encodeURIComponent(data)}&compression=base64`;
    expect((await ph.call("POST", "/e/", form, headers)).status).toBe(200);
  },
);

untested(
  "7",
  "lz64 is taken with compression=lz64",
  "an old browser library's; the sandbox refuses it with a word about it (400)",
);

fact("7", "beacon=1 answers 204", { needs: "token" }, async (ph) => {
  expect((await ph.call("POST", "/e/?beacon=1", single(ph))).status).toBe(204);
});

const bad: [string, (ph: Target) => unknown, number][] = [
  ["what cannot be read", () => "{", 400],
  ["an empty batch", (ph) => ({ api_key: ph.token, batch: [] }), 400],
  ["an event without a name", (ph) => ({ ...single(ph), event: "" }), 400],
  ["an event without a distinct_id", (ph) => ({ ...single(ph), distinct_id: undefined }), 400],
  ["an event without a token", (ph) => ({ ...single(ph), api_key: undefined }), 401],
  ["an event with a personal key for its token", (ph) => ({ ...single(ph), api_key: "phx_any" }), 401],
];
for (const [what, body, status] of bad) {
  fact("7", `${status} in plain text for ${what}`, { needs: "token" }, async (ph) => {
    const answer = await ph.call("POST", "/i/v0/e/", body(ph));
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/^text\/plain/);
  });
}

fact(
  "7",
  "An accepted event says nothing about its token: one of no project is accepted too",
  { needs: "token" },
  async (ph) => {
    const body = { ...single(ph), api_key: `phc_${ph.marker}` };
    expect((await ph.call("POST", "/i/v0/e/", body)).status).toBe(200);
  },
);

untested(
  "7",
  "A project over its quota gets quota_limited in the answer, or a 429 in older versions",
  "the sandbox has no quota",
);
untested("7", "A 503 may be repeated", "a fault of the sandbox can answer it; the sandbox itself never does");
untested("7", "The limit of a body's size", "unverified: the source read was an old version", "unverified");
untested("7", "The hosts are us.i.posthog.com and eu.i.posthog.com", "addresses of Cloud");
