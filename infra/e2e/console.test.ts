import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { browserPath } from "../toolchain/browser.js";
import { openBrowser, setStage } from "./console-stage.ts";

const patient = { timeout: 15_000 };
const hasBrowser = browserPath() !== undefined;
if (!hasBrowser) {
  console.warn(
    "The console's journey is skipped: there is no Chromium here. On Debian: apt-get install chromium",
  );
}

describe.skipIf(!hasBrowser)("the console, in a browser", { timeout: 120_000 }, () => {
  let stage: Awaited<ReturnType<typeof setStage>>;
  let browser: Browser;
  /** What a page complained of: a script that failed, a rule of its security policy that was broken. */
  let complaints: string[] = [];

  beforeAll(async () => {
    [stage, browser] = await Promise.all([setStage(), openBrowser()]);
  });
  afterAll(async () => {
    await browser?.close();
    await stage?.strike();
  });
  afterEach(() => {
    expect(complaints).toEqual([]);
    complaints = [];
  });

  async function open(path: string, options: BrowserContextOptions = {}): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (said) => {
      const isRefusal = said.text().includes("status of 422"); // Chromium tells of a form that comes back
      if (said.type() === "error" && !isRefusal) complaints.push(said.text());
    });
    await page.goto(stage.url + path);
    return page;
  }

  const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

  test("fire an event, watch it arrive, see why another destination did not send it, replay its dead letter", async () => {
    const page = await open("/");
    await expect.poll(() => page.getByRole("row").count(), patient).toBe(5);
    expect(await row(page, "Signup Notifications").innerText()).toContain("with plan pro or team");

    await page.getByRole("link", { name: "Send", exact: true }).click();
    await page.getByRole("link", { name: "a signup is sent, with who it was" }).click();
    expect(await page.getByLabel("Event", { exact: true }).inputValue()).toBe("user_signed_up");
    await page.getByRole("button", { name: "Send event" }).click();

    // Nobody loads the page again from here to the handlers' end
    const sent = page.getByRole("article", { name: "Signup Notifications" });
    await sent.getByText("202", { exact: true }).waitFor();
    await sent.getByText("Dead letter", { exact: true }).waitFor();
    expect(await sent.innerText()).toContain("HubSpot refuses the token: 401");
    expect(await row(page, "Warehouse").innerText()).toContain("The event is user_signed_up");

    await page.getByLabel("Event", { exact: true }).fill("subscription_started");
    await page.getByLabel("Properties", { exact: true }).fill('{"plan": "free"}');
    await page.getByRole("button", { name: "Send event" }).click();
    await page.getByText("No destination matched it.").waitFor();
    expect(await row(page, "Signup Notifications").innerText()).toMatch(
      /with plan pro or team\s+The event's plan is "free"/,
    );

    await page.getByRole("link", { name: "Inbox" }).click();
    await page.getByRole("heading", { name: "1 dead letter" }).waitFor();
    stage.mend();
    await page.getByRole("button", { name: /^Replay user_signed_up/ }).click();
    await page.getByText("goes to its handlers again").waitFor();
    await expect.poll(() => row(page, "user_signed_up").innerText(), patient).toMatch(/Handled\s+crm/);
    expect(await page.getByText("dead letter").count()).toBe(0);
  });

  test("a list that is open shows what is captured meanwhile, until it is told to hold still", async () => {
    const page = await open("/events");
    await stage.capture({ event: "came by itself" });
    await page.getByRole("link", { name: "came by itself" }).waitFor();
    const live = page.getByRole("button", { name: "Live" });
    await live.click();
    expect(await live.getAttribute("aria-pressed")).toBe("false");
    await stage.capture({ event: "came unseen" });
    await live.click();
    await page.getByRole("link", { name: "came unseen" }).waitFor();
  });

  test("a page says when the sandbox does not answer, and follows again when it does", async () => {
    const page = await open("/events");
    await page.route("**/live", (route) => route.abort());
    const said = page.getByText("The sandbox does not answer.");
    await said.waitFor();
    expect((await said.boundingBox())?.height).toBeGreaterThan(20); // not only for a screen reader
    await page.unroute("**/live");
    await page.getByText("The sandbox answers again.").waitFor();
    await stage.capture({ event: "came after" });
    await page.getByRole("link", { name: "came after" }).waitFor();
    complaints = complaints.filter((text) => !text.includes("ERR_FAILED")); // the call that was cut
  });

  test("the keyboard is enough, and the focus is never lost", async () => {
    const page = await open("/");
    const focused = () => page.evaluate("document.activeElement.textContent.trim()");
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press("Tab");
        if ((await focused()) === name) return;
      }
      throw new Error(`The keyboard does not reach '${name}'`);
    };
    await page.keyboard.press("Tab");
    expect(await focused()).toBe("Skip to content");
    expect(await page.getByText("Skip to content").boundingBox()).toMatchObject({ y: 8 });
    await tabTo("Send");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Send an event" }).waitFor();
    await tabTo("Send event"); // the form's end; its beginning is before it
    await page.keyboard.press("Enter");
    await page.getByRole("alert").getByText("one field needs another look").waitFor();
    expect(await page.locator(":focus").getAttribute("role")).toBe("alert");
    await page.keyboard.press("Tab");
    expect(await page.locator(":focus").getAttribute("id")).toBe("event");
    await page.keyboard.type("feature_used");
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("Sent feature_used").waitFor();
    await page.getByRole("article", { name: "Warehouse" }).getByText("Attempt 3", { exact: true }).waitFor();

    await tabTo("Request");
    await page.keyboard.press("Enter");
    await page.getByRole("region", { name: "Request body" }).waitFor();
    const body = page.getByRole("region", { name: "Request body" });
    const seen = await page.locator("#result").innerHTML();
    await stage.capture({ event: "something else" }); // the page looks again, and nothing of this moves
    await expect.poll(() => page.locator("#result").innerHTML(), patient).toContain("details");
    expect(await body.isVisible()).toBe(true);
    expect(await focused()).toBe("Request");
    expect((await page.locator("#result").innerHTML()).length).toBe(seen.length);
  });

  test("pages work without their script", async () => {
    const page = await open("/send", { javaScriptEnabled: false });
    await page.getByLabel("Event", { exact: true }).fill("no script");
    await page.getByRole("button", { name: "Send event" }).click();
    await page.getByRole("status").getByText("Sent no script").waitFor();
    expect(await page.getByRole("button", { name: "Live" }).isVisible()).toBe(false);
  });

  /** One of each page, by a name for its picture. */
  async function pages(): Promise<Record<string, string>> {
    const read = async (path: string) => (await fetch(stage.url + path)).text();
    const [events, inbox, overview] = [await read("/events"), await read("/inbox"), await read("/")];
    const eventOf = (name: string) =>
      new RegExp(`href="(/events/[0-9a-f-]{36})">${name}<`).exec(events)?.[1] ?? "/events/none";
    return {
      overview: "/",
      destination: /href="(\/destinations\/[^"]+)">Signup/.exec(overview)?.[1] ?? "/destinations/none",
      events: "/events",
      event: eventOf("subscription_started"),
      failed: eventOf("feature_used"),
      send: "/send?sample=0",
      sent: eventOf("feature_used").replace("/events/", "/send?sent="),
      inbox: "/inbox",
      delivery: /href="(\/inbox\/[^"]+)"/.exec(inbox)?.[1] ?? "/inbox/none",
      diagram: "/diagram",
    };
  }

  describe.each(["light", "dark"] as const)("in the %s theme", (colorScheme) => {
    test.each([1280, 390])("at a width of %i px axe finds nothing, and nothing sticks out", async (width) => {
      await stage.captureSome();
      const page = await open("/", { colorScheme, viewport: { width, height: 844 } });
      for (const [name, path] of Object.entries(await pages())) {
        const response = await page.goto(stage.url + path);
        expect(response?.status(), name).toBe(200);
        const { violations } = await new AxeBuilder({ page }).analyze();
        expect(
          violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
          name,
        ).toEqual([]);
        const tooWide = await page.evaluate(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect(tooWide, name).toBe(0);
      }
      await page.context().close();
    });
  });

  // `SCREENSHOTS=1 npx vitest run infra/e2e/console.test.ts -t picture` writes those of docs/console.md
  test.runIf(process.env.SCREENSHOTS)("has its picture taken", async () => {
    const folder = resolve(import.meta.dirname, "../../docs/console");
    mkdirSync(folder, { recursive: true });
    stage.spoil();
    await stage.captureSome();
    stage.mend();
    await stage.captureSome();
    for (const [colorScheme, width, names] of [
      ["light", 1280, ["overview", "event", "inbox", "diagram"]],
      ["dark", 1280, ["overview", "failed"]],
      ["light", 390, ["overview", "failed"]],
      ["dark", 390, ["inbox", "diagram"]],
    ] as const) {
      const page = await open("/", { colorScheme, viewport: { width, height: width === 390 ? 844 : 800 } });
      const paths = await pages();
      for (const name of names) {
        await page.goto(stage.url + paths[name]);
        await page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
      }
      await page.context().close();
    }
  });
});
