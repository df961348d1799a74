/**
 * The one logger: a line for each happening, on standard error alone, as JSON or as text. Beside its words a line has only
 * the fields named here: no body, header, name or address has a place in it.
 */
import { linesWritten } from "./channels.ts";
import { makeScrub } from "./scrub.ts";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
export type LogFormat = "json" | "text";

export interface LogFields {
  /** Of the request: `x-request-id`. */
  readonly requestId?: string;
  /** Of the command. */
  readonly commandKey?: string;
  /** CloudEvents' own. */
  readonly correlationId?: string;
  readonly traceId?: string;
  readonly connection?: string;
  readonly target?: string;
  readonly method?: string;
  /** As declared, without what stands in its places. */
  readonly route?: string;
  readonly status?: number;
  readonly outcome?: string;
  readonly verb?: string;
  readonly document?: string;
  readonly answer?: string;
  /** Of a failure: its class. */
  readonly code?: string;
  readonly durationMs?: number;
  readonly position?: number;
  /** How many happenings the line stands for. */
  readonly count?: number;
  readonly url?: string;
  /** Of a bug of ours. */
  readonly stack?: string;
}

export type Log = (message: string, fields?: LogFields) => void;

export interface Logger extends Readonly<Record<LogLevel, Log>> {
  readonly write: (level: LogLevel, message: string, fields?: LogFields) => void;
  /** Ask before a line that costs something to make. */
  readonly enabled: (level: LogLevel) => boolean;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Takes one line, without its end. */
  readonly sink: (line: string) => void;
  /** Values that never stand in a line. */
  readonly secrets?: ReadonlyArray<string>;
  /** Epoch milliseconds. */
  readonly now?: () => number;
}

export const rankOf = (level: LogLevel): number => logLevels.indexOf(level);

const plain = /^[\w.:/@+-]+$/;
const shown = (value: string | number): string => {
  const text = String(value);
  return plain.test(text) ? text : JSON.stringify(text);
};

const loggerOf = (lowest: LogLevel, write: Logger["write"]): Logger => {
  const least = rankOf(lowest);
  const at =
    (level: LogLevel): Log =>
    (message, fields) => {
      if (rankOf(level) >= least) write(level, message, fields);
    };
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    write: (level, message, fields) => {
      if (rankOf(level) >= least) write(level, message, fields);
    },
    enabled: (level) => rankOf(level) >= least,
  };
};

export const makeLogger = ({ level, format, sink, secrets, now = Date.now }: LoggerOptions): Logger => {
  const scrub = makeScrub(secrets);
  const cleaned = (fields: LogFields): ReadonlyArray<readonly [string, string | number]> =>
    Object.entries(fields).flatMap(([name, value]: [string, string | number | undefined]) =>
      value === undefined ? [] : [[name, typeof value === "string" ? scrub(value) : value] as const],
    );
  const say = (line: string): void => {
    linesWritten.publish(line);
    sink(line);
  };
  return loggerOf(level, (at, message, fields = {}) => {
    const words = scrub(message);
    if (format === "json") {
      const head = { time: new Date(now()).toISOString(), level: at, message: words };
      return say(JSON.stringify({ ...head, ...Object.fromEntries(cleaned(fields)) }));
    }
    const { stack, ...rest } = fields;
    const more = cleaned(rest).map(([name, value]) => ` ${name}=${shown(value)}`);
    const mark = at === "info" ? "" : `${at}: `;
    const below = stack === undefined ? "" : `\n${scrub(stack)}`;
    say(`tieout: ${mark}${words.replaceAll("\n", "\n  ")}${more.join("")}${below}`);
  });
};

/** Hands lines on to where the logger is; the engine's thread has no standard error of its own. */
export const forwardingLogger = (level: LogLevel, forward: Logger["write"]): Logger => loggerOf(level, forward);

export const silent: Logger = { ...loggerOf("error", () => {}), enabled: () => false };

/** What may happen a thousand times a second is told at most once in `everyMs`, with how often it happened since. */
export const rarely = (everyMs: number, now: () => number = Date.now) => {
  const seen = new Map<string, { at: number; count: number }>();
  /** How many happenings to tell of now; 0: none. `key` comes from a fixed set. */
  return (key: string): number => {
    const last = seen.get(key);
    const at = now();
    if (last && at - last.at < everyMs) {
      last.count += 1;
      return 0;
    }
    const count = (last?.count ?? 0) + 1;
    seen.set(key, { at, count: 0 });
    return count;
  };
};
