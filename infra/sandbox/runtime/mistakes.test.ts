import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test, vi } from "vitest";
import { receiver, sandbox } from "../test-support.ts";

// Nobody knows the sandbox's own mistakes beforehand: a row that cannot be read stands for one.
test("an event that cannot be matched is told, and does not stop the ones after it", async () => {
  const data = mkdtempSync(join(tmpdir(), "hogwire-mistakes-"));
  onTestFinished(() => rmSync(data, { recursive: true, force: true }));
  const errors = vi.spyOn(console, "error").mockImplementation(() => {});
  onTestFinished(() => errors.mockRestore());
  const { url, received } = await receiver();

  const first = await sandbox({ data });
  await first.webhook(url);
  await first.settled(await first.capture("any", { distinct_id: "broken" }));
  await first.close();
  const database = new DatabaseSync(join(data, "sandbox.sqlite"));
  database.exec("UPDATE persons SET properties = '{'");
  database.close();

  const second = await sandbox({ data });
  const broken = await second.capture("any", { distinct_id: "broken" });
  await second.settled(await second.capture("any", { distinct_id: "whole" }));
  expect(received.map(({ body }) => JSON.parse(body).event.distinct_id)).toEqual(["broken", "whole"]);
  expect(await second.trace(broken)).toMatchObject({ settled: true, destinations: [] });
  expect(errors).toHaveBeenCalledWith(expect.any(SyntaxError));
});
