/** What the command line takes, in the words of its help; and what a wrong word was probably meant to be. *Pure.* */

export interface Command {
  readonly name: string;
  readonly synopsis: string;
  readonly what: string;
  /** A word without dashes that it takes, by its name in capitals. */
  readonly operand?: string;
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
    name: "verify",
    synopsis: "verify [--data-dir DIR] [--json]",
    what: "check the hash chain and that everything stored follows from the journal; exit 1 on findings",
    options: { "data-dir": dataDir, config, json, help },
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

export const commandHelp = ({ synopsis, what, options }: Command): string =>
  [
    `usage: tieout ${synopsis}`,
    "",
    what,
    "",
    ...Object.entries(options).map(
      ([name, option]) => `  --${(option.type === "string" ? `${name} …` : name).padEnd(16)} ${option.what}`,
    ),
  ].join("\n");

/** The nearest word, when it is near enough to be a slip. */
export const nearest = (word: string, words: ReadonlyArray<string>): string | null => {
  const scored = words.map((other) => ({ other, away: distance(word, other) })).sort((a, b) => a.away - b.away);
  const [best] = scored;
  return best && best.away <= Math.ceil(best.other.length / 3) ? best.other : null;
};

const distance = (a: string, b: string): number => {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
};
