import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, onTestFinished, test } from "vitest";
import { schema } from "./database.ts";
import { receiver, sandbox } from "./test-support.ts";

test("a folder of an older sandbox goes on, with the event that it had not sent yet", async () => {
  const [today, data] = [folder(), folder()];
  const hook = await receiver();
  const first = await sandbox({ data: today });
  await first.webhook(hook.url);
  await first.close();

  // the tables as the first release made them, with the function in them
  const database = new DatabaseSync(join(data, "sandbox.sqlite"));
  database.exec(schema);
  const columns = database.prepare("SELECT name FROM pragma_table_info('hog_functions')").all();
  const names = columns.map(({ name }) => name).join();
  database.exec(`
    ATTACH '${join(today, "sandbox.sqlite")}' AS today;
    INSERT INTO hog_functions (${names}) SELECT ${names} FROM today.hog_functions;
    INSERT INTO events (uuid, event, distinct_id, properties, timestamp, captured_at)
    VALUES ('019b0000-0000-4000-8000-000000000001', 'old', 'user-1', '{}', '2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z');
  `);
  database.close();

  for (let start = 0; start < 2; start++) {
    const { settled, close } = await sandbox({ data });
    const { destinations } = await settled("019b0000-0000-4000-8000-000000000001");
    expect(destinations).toMatchObject([{ state: "succeeded" }]);
    await close();
  }
  expect(hook.received).toHaveLength(1);
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "hogwire-sandbox-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
