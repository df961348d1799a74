/**
 * What the server's code says anywhere in a test process: answers, log lines, spans, and what child processes print. All of it is
 * searched, and `everywhere.ts` fails the test in which something was said that nobody may say.
 */
import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import type { Answered } from "../../server/telemetry/channels.ts";
import { forms } from "./nowhere.ts";

export type Place = "an answer" | "a masked answer" | "a log line" | "a span" | "a child's stdout" | "a child's stderr";

interface Said {
  readonly place: Place;
  readonly text: string;
}

interface Overheard {
  /** What was said before the secrets were known: most tests load no server. */
  readonly said: Said[];
  readonly wrong: Set<string>;
  readonly counts: Map<Place, number>;
  /** Answers that are still read. */
  readonly reading: Set<Promise<unknown>>;
  /** Any of the secrets, in any form. */
  secret: RegExp | null;
}

const slot = Symbol.for("tieout.tests.overheard");
const held = globalThis as { [slot]?: Overheard };

/** The sandbox's secrets, the simulators' tokens and those of the tests' company. */
const secretsOfRun = async (): Promise<ReadonlyArray<string>> => {
  const [{ developmentSecrets }, { stripeKey }, netsuite, salesforce] = await Promise.all([
    import("../../server/config/config.ts"),
    import("../../server/sandbox.ts"),
    import("../../adapters/netsuite/config.ts"),
    import("../../adapters/salesforce/config.ts"),
  ]);
  const { firstKey, webhookSecret } = await import("./secrets.ts");
  const simulators = [stripeKey, netsuite.simulatorToken, salesforce.simulatorToken];
  return [...Object.values(developmentSecrets), ...simulators, firstKey, webhookSecret];
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^$()|[\]{}\\/-]/g, "\\$&");

/** A key of ours, whichever it is. */
const anyKey = /tieout_[a-z0-9]{12}_[\w-]{20,}/;
const anyAddress = /[\w.%+-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+/i;
/** In an answer that is masked these fields hold the mask alone. */
const anyRaw = /"(?:email|raw|rawBody|rawBase64)":"(?!•••")[^"]/;
/** `tieout serve` in the sandbox says the webhook secret that everybody knows, for whoever wants to send one. */
const announced = /^tieout: POST \S+ {2}secret \S+$/;

/** What may be nowhere in a place, beside the secrets. */
const others: Readonly<Record<Place, ReadonlyArray<readonly [string, RegExp]>>> = {
  "an answer": [],
  "a masked answer": [
    ["an address", anyAddress],
    ["a personal field", anyRaw],
  ],
  "a log line": [
    ["a key", anyKey],
    ["an address", anyAddress],
  ],
  "a span": [
    ["a key", anyKey],
    ["an address", anyAddress],
  ],
  // `tieout keys make` shows a key there, once, and answers of the command line have names in them.
  "a child's stdout": [],
  "a child's stderr": [
    ["a key", anyKey],
    ["an address", anyAddress],
  ],
};

const found = (secret: RegExp, { place, text }: Said): ReadonlyArray<string> =>
  ([["a secret", secret], ...others[place]] as const).flatMap(([what, form]) => {
    const at = text.search(form);
    return at < 0 ? [] : [`${what} is in ${place}: …${text.slice(Math.max(0, at - 80), at)}▮`];
  });

const say = (place: Place, text: string): void => {
  const { said, wrong, counts, secret } = held[slot]!;
  counts.set(place, (counts.get(place) ?? 0) + 1);
  if (secret === null) said.push({ place, text });
  else for (const what of found(secret, { place, text })) wrong.add(what);
};

/** Line by line, as they come; a stream's bytes go on to whoever reads them. */
const tap = (stream: Readable, heard: (line: string) => void): void => {
  const push = stream.push.bind(stream);
  let rest = "";
  stream.push = (chunk, encoding) => {
    const lines = (rest + (chunk === null ? "" : chunk.toString())).split("\n");
    rest = chunk === null ? "" : (lines.pop() ?? "");
    for (const line of lines) if (line !== "") heard(line);
    return push(chunk, encoding);
  };
};

const readSpan = (span: unknown): string => {
  const { name, attributes, events, status, links, resource } = span as Readonly<Record<string, unknown>>;
  const { attributes: about } = resource as { readonly attributes: unknown };
  return JSON.stringify({ name, attributes, events, status, links, about });
};

/** Once in a process. */
export const listen = (): void => {
  if (held[slot] !== undefined) return;
  held[slot] = { said: [], wrong: new Set(), counts: new Map(), reading: new Set(), secret: null };
  subscribe("tieout.log.line", (line) => say("a log line", line as string));
  subscribe("tieout.trace.span", (span) => say("a span", readSpan(span)));
  subscribe("tieout.http.answer", (made) => {
    const { personal, response } = made as Answered;
    // What is refused repeats the caller's own words.
    if (personal || !response.ok) return;
    const { reading } = held[slot]!;
    const read: Promise<unknown> = response
      .clone()
      .text()
      // What is compressed is no text, and cannot be searched.
      .then((text) => text.includes("\uFFFD") || say("a masked answer", text))
      .finally(() => reading.delete(read));
    reading.add(read);
  });
  // Spans of an engine's own thread and of child processes, where they come to a collector of the test.
  subscribe("http.server.request.start", (started) => {
    const { request } = started as { readonly request: IncomingMessage };
    if (request.url?.endsWith("/v1/traces")) tap(request, (line) => say("a span", line));
  });
  subscribe("child_process", (begun) => {
    const { process: child } = begun as { readonly process: ChildProcess };
    child.once("spawn", () => {
      if (child.stdout) tap(child.stdout, (line) => announced.test(line) || say("a child's stdout", line));
      if (child.stderr) tap(child.stderr, (line) => say("a child's stderr", line));
    });
  });
};

export const heardAnswer = (text: string): void => say("an answer", text);

/** How much was heard in this process so far. */
export const heardSoFar = (): ReadonlyMap<Place, number> => held[slot]!.counts;

/** What is wrong with what was said since the last time; then it is forgotten. */
export const wrongSoFar = async (): Promise<ReadonlyArray<string>> => {
  const overheard = held[slot]!;
  const { said, wrong, reading } = overheard;
  // Of a stream that nobody ends there is nothing to wait for.
  if (reading.size > 0) await Promise.race([Promise.all(reading), new Promise((end) => setTimeout(end, 1000))]);
  if (said.length > 0) {
    overheard.secret ??= new RegExp((await secretsOfRun()).flatMap(forms).map(escaped).join("|"));
    for (const one of said.splice(0)) for (const what of found(overheard.secret, one)) wrong.add(what);
  }
  const told = [...wrong];
  wrong.clear();
  return told;
};
