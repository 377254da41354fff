import { Command, type CommanderError, InvalidArgumentError, Option } from "commander";
import { type State, states } from "../receiver/inbox.ts";
import type { WebhookVariant } from "../sandbox/templates/webhook.ts";
import type { CheckOptions } from "./check.ts";
import { present, refuseUsage } from "./output.ts";
import type { SandboxFlags } from "./sandbox.ts";
import type { SendOptions } from "./send.ts";

const program = new Command("hogwire")
  .description("PostHog webhook destinations as code. `npx pulumi` applies; this checks, looks and explains.")
  .helpCommand(false)
  .showHelpAfterError("(hogwire COMMAND --help shows an example)")
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "")) });

const json = () => new Option("--json", "print { command, ok, data, diagnostics } for programs");
const stack = () => new Option("-s, --stack <name>", "the stack, one environment").default("dev");

command(
  "check [files...]",
  "validate the files and run their samples, offline",
  "npx hogwire check destinations/signup-notifications.yaml",
)
  .addOption(new Option("--fix", "mend what has one right answer, then check"))
  .addOption(new Option("--explain", "say in words what is sent when"))
  .addOption(
    new Option("--format <format>", "text, or annotations for a pull request (default: text)")
      .choices(["text", "github"])
      .conflicts("json"),
  )
  .addOption(json())
  .action(async (files: string[], options: CheckOptions & { format?: "text" | "github"; json?: true }) => {
    const action = async () => (await import("./check.ts")).check(files, options);
    if (options.format !== "github") return present("check", options.json === true, action);
    const { githubAnnotations } = await import("./github-annotations.ts");
    return present("check", false, action, githubAnnotations);
  });

command("doctor", "what is installed, reachable and permitted", "npx hogwire doctor -s prod")
  .addOption(stack())
  .addOption(json())
  .action((options: { stack: string; json?: true }) =>
    present("doctor", options.json === true, async () => (await import("./doctor.ts")).doctor(options.stack)),
  );

const inbox = command("inbox", "what the receiver has stored", "npx hogwire inbox list --state dead");
subcommand(inbox, "list", "the newest deliveries first", "npx hogwire inbox list --state dead --limit 5")
  .addOption(stack())
  .addOption(new Option("--state <state>", "only these").choices(states))
  .addOption(new Option("--limit <n>", "how many").default(20).argParser(wholeNumber))
  .addOption(json())
  .action((options: { stack: string; state?: State; limit: number; json?: true }) =>
    present("inbox list", options.json === true, async () => (await import("./inbox.ts")).list(options)),
  );
subcommand(
  inbox,
  "show <id>",
  "one delivery, with its body",
  "npx hogwire inbox show 0b9f6c1e-6f5b-4a2e-9d1c-3f2a8c7d5e4b",
)
  .addOption(stack())
  .addOption(json())
  .action((id: string, options: { stack: string; json?: true }) =>
    present("inbox show", options.json === true, async () =>
      (await import("./inbox.ts")).show(id, options.stack),
    ),
  );

subcommand(
  inbox,
  "replay <id>",
  "give a dead letter to its handlers again",
  "npx hogwire inbox replay 0b9f6c1e-6f5b-4a2e-9d1c-3f2a8c7d5e4b",
)
  .addOption(stack())
  .addOption(json())
  .action((id: string, options: { stack: string; json?: true }) =>
    present("inbox replay", options.json === true, async () =>
      (await import("./inbox.ts")).replay(id, options.stack),
    ),
  );

command("send [event]", "send an event, and follow it to its end", "npx hogwire send user_signed_up")
  .addHelpText(
    "after",
    "\nOn a real PostHog it is a real event: insights count it, and other destinations get it too. With --mock it is none,\n" +
      "and what PostHog has of the person from before is not known.\n" +
      "The event is that of a sample, if there is one; --properties, --person and --groups are laid over what it says.",
  )
  .addOption(stack())
  .addOption(new Option("--to <slug>", "watch only this destination"))
  .addOption(new Option("--sample <name>", "the event of a sample, by its name"))
  .addOption(new Option("--distinct-id <id>", "whose event it is"))
  .addOption(new Option("--properties <json>", "its properties, as {plan: pro}"))
  .addOption(new Option("--person <json>", "properties to set on the person"))
  .addOption(new Option("--groups <json>", "its groups, as {company: acme}"))
  .addOption(new Option("--mock", "capture nothing, send nothing: show what each destination would send"))
  .addOption(new Option("--wait <seconds>", "how long at most").default(60).argParser(wholeNumber))
  .addOption(json())
  .action((event: string | undefined, options: SendOptions & { json?: true }) =>
    present("send", options.json === true, async () => (await import("./send.ts")).send(event, options)),
  );

command("sandbox", "the local PostHog, in the foreground", "npx hogwire sandbox --port 4100")
  .addOption(new Option("--port <n>", "where it listens, on 127.0.0.1").default(4100).argParser(portNumber))
  .addOption(new Option("--data <folder>", "where it keeps its data").default(".data/sandbox"))
  .addOption(new Option("--memory", "keep nothing on the disk").conflicts("data"))
  .addOption(
    new Option("--seed [n]", "begin with a month of an invented product's events").argParser(wholeNumber),
  )
  .addOption(new Option("--send-anywhere", "deliver to other machines too, not only to this one"))
  .addOption(new Option("--rate-limits", "answer 429 when a key asks more often than PostHog lets it"))
  .addOption(new Option("--back-to-back", "retry a delivery at once, not after some seconds"))
  .addOption(new Option("--old", "be a PostHog without signing, versions and the projects path"))
  .addOption(
    new Option("--webhook <form>", "the webhook template's form").choices([
      "fails-from-300",
      "fails-from-400",
      "status-codes",
      "secret-headers",
      "unsigned",
      "unchecked",
    ] satisfies WebhookVariant[]),
  )
  .addOption(new Option("--refuse-unknown-globals", "refuse to save a template that reads what is not there"))
  .addOption(new Option("--group-types <names>", "the project's group types, by index").argParser(commaList))
  .action(async (flags: SandboxFlags) => (await import("./sandbox.ts")).foreground(flags));

program.exitOverride((error) => leave("", error));
await program.parseAsync();

/** Commander has printed help, or what is wrong with the words. */
function leave(command: string, error: CommanderError): never {
  if (error.exitCode !== 0) refuseUsage(command, error.message, process.argv.includes("--json"));
  process.exit();
}

function command(usage: string, description: string, example: string): Command {
  return subcommand(program, usage, description, example);
}

function subcommand(parent: Command, usage: string, description: string, example: string): Command {
  const made = parent
    .command(usage)
    .description(description)
    .addHelpText("after", `\nExample:\n  ${example}`);
  const name = [parent, made].filter((one) => one !== program).map((one) => one.name());
  return made.exitOverride((error) => leave(name.join(" "), error));
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError("It must be a whole number, 0 or more.");
  return value;
}

function portNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError("It must be a whole number from 0 to 65535.");
  return value;
}

function commaList(text: string): string[] {
  return text.split(",").filter((part) => part !== "");
}
