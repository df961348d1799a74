/** What the command line takes, in the words of its help. *Pure.* */
import { calculatorsTold } from "../calc/names.ts";

export interface Command {
  readonly name: string;
  readonly synopsis: string;
  readonly what: string;
  /** Words without dashes that it takes, by their names in capitals, in order. */
  readonly operand?: string;
  /** What the first of these words may be, where the list of them is help in itself. */
  readonly choices?: Readonly<Record<string, string>>;
  readonly options: Readonly<Record<string, { readonly type: "string" | "boolean"; readonly what: string }>>;
}

const dataDir = { type: "string", what: "data directory (TIEOUT_DATA_DIR, default ./data)" } as const;
const config = { type: "string", what: "path of tieout.config.json (TIEOUT_CONFIG)" } as const;
const json = { type: "boolean", what: "print one JSON value on standard output, and nothing else there" } as const;
const help = { type: "boolean", what: "print this" } as const;

export const commands: ReadonlyArray<Command> = [
  {
    name: "serve",
    synopsis: "serve [--port N] [--host H] [--data-dir DIR] [--sample | --no-sample]",
    what: "run the server until SIGTERM or SIGINT; a sandbox where there is no configuration",
    options: {
      port: { type: "string", what: "port, 0 for any free one (PORT, default 4000)" },
      host: { type: "string", what: "address to listen on (HOST, default 127.0.0.1)" },
      "data-dir": dataDir,
      config,
      "accept-loss": { type: "boolean", what: "serve from a Redis that may lose what it acknowledged" },
      sample: { type: "boolean", what: "play the sample company's quarter (sandbox only)" },
      "no-sample": { type: "boolean", what: "leave the sample company out" },
      help,
    },
  },
  {
    name: "demo",
    synopsis: "demo [--data-dir DIR]",
    what: "play the sample company from beginning to end, say what came of it, and end",
    options: { "data-dir": { type: "string", what: "keep the result there (default: a temporary one)" }, help },
  },
  {
    name: "import",
    synopsis: "import --connection C --raw DIR [--data-dir DIR] [--json]",
    what: "take in recorded webhook bodies as trusted input, in name order; ends when no command can move by itself",
    options: {
      connection: { type: "string", what: "the connection that the bodies came from" },
      raw: { type: "string", what: "directory of files, one body each" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "accounts",
    synopsis: "accounts [--data-dir DIR] [--json]",
    what: "print every account; with --json its evidence, machine state and net effects, to compare two runs with diff",
    options: { "data-dir": dataDir, config, json, help },
  },
  {
    name: "kpis",
    synopsis: "kpis [--from T] [--to T] [--data-dir DIR] [--json]",
    what: "print how soon, how often and how much, over whole days: latencies, rates, resolution times",
    options: {
      from: { type: "string", what: "from this day on (default: the last thirty days)" },
      to: { type: "string", what: "to this day" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "report",
    synopsis: "report NAME [--entity E] [--currency C] [--account ID] [--from M] [--to M] [--as-of D] [--csv | --json]",
    what: "print a report of the revenue books: deferred-revenue, revenue-waterfall, arr, aging, trial-balance and others",
    operand: "NAME",
    options: {
      entity: { type: "string", what: "only of this legal entity" },
      currency: { type: "string", what: "only in this currency" },
      account: { type: "string", what: "only of this account: its id, or any id that leads to it" },
      from: { type: "string", what: "from this month on" },
      to: { type: "string", what: "to this month, inclusive" },
      "as-of": { type: "string", what: "effective by this day (default: today)" },
      "known-at": { type: "string", what: "as it was known at this instant" },
      within: { type: "string", what: "of renewals: days ahead (default: 90)" },
      measure: { type: "string", what: "transaction (default), or functional: the currency of the entity's books" },
      csv: { type: "boolean", what: "print CSV" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "verify",
    synopsis: "verify [--expect-head HASH@POSITION] [--data-dir DIR] [--json]",
    what: "check the hash chain and that everything stored follows from the journal; exit 1 on findings",
    options: {
      "expect-head": {
        type: "string",
        what: "a head noted earlier (GET /v1/audit/head): nothing up to it was rewritten",
      },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "export",
    synopsis:
      "export --from T --to T [--account ID] [--format ndjson|parquet] --out DIR [--unmasked] | export --check DIR",
    what: "write entries, events, commands, acts and figures with a manifest, for an auditor; broken off, it goes on; or check one",
    options: {
      from: { type: "string", what: "taken in at or after this instant or day" },
      to: { type: "string", what: "taken in before this instant or day" },
      account: { type: "string", what: "only what concerns this account: its id, or any id that leads to it" },
      format: { type: "string", what: "ndjson (default) or parquet" },
      out: { type: "string", what: "an empty directory, or that of an export of the same that was broken off" },
      unmasked: { type: "boolean", what: "with personal fields and raw bytes" },
      check: { type: "string", what: "check the export in this directory instead; exit 1 on findings" },
      "expect-head": { type: "string", what: "with --check: a head noted outside, HASH@POSITION" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "explain",
    synopsis: "explain KIND ID [--data-dir DIR] [--json] | explain kpi FIGURE [--from T] [--to T]",
    what: "say how a figure or an object came about, hop by hop, down to the raw bytes",
    operand: "KIND ID",
    options: {
      from: { type: "string", what: "of a figure of kpis: from this day on (default: the last thirty days)" },
      to: { type: "string", what: "of a figure of kpis: to this day" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "keys",
    synopsis:
      "keys make --name N --scopes read,operate,… [--owner O] [--entities E,…] [--expires T] | keys list | keys rotate ID [--overlap S] | keys revoke ID",
    what: "make, list, rotate and revoke API keys, also while the server is down; a secret is printed once",
    operand: "ACT ID",
    options: {
      name: { type: "string", what: "what the key is for; it stands in every act made with it" },
      scopes: { type: "string", what: "read, operate, approve, admin; none of them comes with another, but for read" },
      owner: { type: "string", what: "who holds it: two keys of one owner are one person (default: the name)" },
      entities: { type: "string", what: "legal entities that it is limited to (default: all)" },
      "allow-unknown": { type: "boolean", what: "take entities that no connection names yet" },
      personal: { type: "boolean", what: "sees names and addresses also without operate" },
      expires: { type: "string", what: "until this day or instant (default: for ever)" },
      rate: { type: "string", what: "requests a minute" },
      "approve-up-to": { type: "string", what: "the most that one approval may be about: USD:100000,EUR:90000" },
      overlap: { type: "string", what: "seconds that the old secret stays good (default: 86400)" },
      reason: { type: "string", what: "why, for whoever asks later" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "replay",
    synopsis:
      "replay [--dry-run] [--position N | --event ID | --account ID | --undecodable] [--connection C] [--type T] [--from T] [--to T] [--json]",
    what: "decode stored bytes again by today's decoder and correct what reads otherwise; with --dry-run say what would change",
    options: {
      "dry-run": { type: "boolean", what: "write nothing: say what would change" },
      position: { type: "string", what: "one entry of the journal" },
      event: { type: "string", what: "one event, by the vendor's id" },
      account: { type: "string", what: "one account, by any id that leads to it" },
      undecodable: { type: "boolean", what: "only what could not be decoded when it came" },
      connection: { type: "string", what: "only from this connection" },
      type: { type: "string", what: "only of this event type, as the vendor writes it" },
      from: { type: "string", what: "taken in from this instant on" },
      to: { type: "string", what: "taken in before this instant" },
      decoder: { type: "string", what: "current (default), or stored: the decodings as they are" },
      reason: { type: "string", what: "why, for whoever asks later" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "reconcile",
    synopsis: "reconcile [--pull] [--leg LEG] [--json]",
    what: "print every difference between the systems, item by item; exit 1 where there is one",
    options: {
      pull: { type: "boolean", what: "first list everything anew from the systems themselves, on the running server" },
      leg: { type: "string", what: "only of this leg" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "bulk",
    synopsis: "bulk ACT --reason WHY [--yes] [filters] [--json]",
    what: "do one act on everything that a filter finds, on the running server; without --yes only say what that is",
    operand: "ACT",
    options: {
      yes: { type: "boolean", what: "do it" },
      reason: { type: "string", what: "why, for whoever asks later" },
      state: { type: "string", what: "commands in these states" },
      target: { type: "string", what: "commands towards this connection" },
      account: { type: "string", what: "of this account" },
      type: { type: "string", what: "exceptions of this type" },
      owner: { type: "string", what: "exceptions of this owner" },
      currency: { type: "string", what: "exceptions with money of this currency" },
      stage: { type: "string", what: "accounts at this stage" },
      q: { type: "string", what: "accounts found by this word" },
      assignee: { type: "string", what: "of assign: who works them" },
      until: { type: "string", what: "of snooze: until when" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "policy",
    synopsis: "policy diff --policy NAME [--data-dir DIR] [--json]",
    what: "say what of states, commands, money and exceptions would differ under another policy",
    operand: "WHAT",
    options: { policy: { type: "string", what: "the other policy" }, "data-dir": dataDir, config, json, help },
  },
  {
    name: "config",
    synopsis: "config diff [--from A] --to B [--data-dir DIR] [--json]",
    what: "say what another configuration file would change, setting by setting, and what would come of it",
    operand: "WHAT",
    options: {
      from: { type: "string", what: "the present file (default: the one in use)" },
      to: { type: "string", what: "the file that would be promoted" },
      "data-dir": dataDir,
      config,
      json,
      help,
    },
  },
  {
    name: "calc",
    synopsis: "calc CALCULATOR [--file F] [--json] | calc CALCULATOR --schema | --example [--form FORM]",
    what: "calculate over a JSON from standard input, and show the working; docs/calc.md says what each takes",
    operand: "CALCULATOR",
    choices: calculatorsTold,
    options: {
      file: { type: "string", what: "read the JSON from this file" },
      schema: { type: "boolean", what: "print the JSON Schema of the input" },
      example: { type: "boolean", what: "print an input that works" },
      form: { type: "string", what: "of which form, where a calculator takes several" },
      json,
      help,
    },
  },
  {
    name: "inspect",
    synopsis: "inspect ACCOUNT [--url URL] [--json] | inspect --machine [--url URL]",
    what: "watch how an account's machine moves, on a running server, until Ctrl-C; or print the machine for Stately's editor",
    operand: "ACCOUNT",
    options: {
      url: { type: "string", what: "the server (default: the one that uses the data directory, else HOST and PORT)" },
      "data-dir": dataDir,
      machine: { type: "boolean", what: "print the machine as JSON that createMachine and Stately's editor take" },
      json: { type: "boolean", what: "print the messages as they come, one JSON a line" },
      help,
    },
  },
];

export const helpText = (): string =>
  [
    "tieout keeps a SaaS company's revenue systems in agreement.",
    "",
    "usage: tieout <command> [options]",
    "",
    ...commands.map(({ name, what }) => `  ${name.padEnd(10)} ${what}`),
    `  ${"help".padEnd(10)} print this, or the help of one command`,
    "",
    "  --version  print the version",
    "",
    "exit: 0 done; 1 findings or failure; 2 usage",
  ].join("\n");

export const commandHelp = ({ synopsis, what, choices, options }: Command): string =>
  [
    `usage: tieout ${synopsis}`,
    "",
    what,
    "",
    ...(choices === undefined
      ? []
      : [...Object.entries(choices).map(([name, means]) => `  ${name.padEnd(18)} ${means}`), ""]),
    ...Object.entries(options).map(
      ([name, option]) => `  --${(option.type === "string" ? `${name} …` : name).padEnd(16)} ${option.what}`,
    ),
  ].join("\n");
