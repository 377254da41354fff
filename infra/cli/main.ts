import { Command, Option } from "commander";
import { type State, states } from "../receiver/inbox.ts";
import { present } from "./output.ts";

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
  .addOption(json())
  .action((files: string[], options: { json?: true }) =>
    present("check", options.json === true, async () => (await import("./check.ts")).check(files)),
  );

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
subcommand(inbox, "show <id>", "one delivery, with its body", "npx hogwire inbox show 42")
  .addOption(stack())
  .addOption(json())
  .action((id: string, options: { stack: string; json?: true }) =>
    present("inbox show", options.json === true, async () =>
      (await import("./inbox.ts")).show(id, options.stack),
    ),
  );

command("sandbox", "the local PostHog, in the foreground", "npx hogwire sandbox --port 4100")
  .addOption(new Option("--port <n>", "where it listens, on 127.0.0.1").default(4100).argParser(wholeNumber))
  .addOption(new Option("--data <folder>", "where it keeps its data").default(".data/sandbox"))
  .addOption(new Option("--send-anywhere", "deliver to other machines too, not only to this one"))
  .action(async (options: { port: number; data: string; sendAnywhere?: true }) =>
    (await import("./sandbox.ts")).foreground(options),
  );

await program.parseAsync();

function command(usage: string, description: string, example: string): Command {
  return subcommand(program, usage, description, example);
}

function subcommand(parent: Command, usage: string, description: string, example: string): Command {
  return parent.command(usage).description(description).addHelpText("after", `\nExample:\n  ${example}`);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new Error(`'${text}' is not a whole number.`);
  return value;
}
