/** `tieout inspect`: watches an account of a running server until Ctrl-C, or prints the machine. */
import { resolve } from "node:path";
import WebSocket from "ws";
import { makePrinter } from "../inspect/printer.ts";
import { textOf, UsageError } from "./arguments.ts";
import { Failure } from "./failure.ts";

type Values = Readonly<Record<string, string | boolean | undefined>>;

const env = (name: string): string | null => process.env[name]?.trim() || null;

export const run = async (values: Values): Promise<number> => {
  const account = textOf(values, "ACCOUNT");
  const json = values["json"] === true;
  const url = textOf(values, "url");
  if (url !== null && !/^https?:\/\//.test(url)) throw new UsageError("--url begins with http:// or https://");
  if (url !== null && !URL.canParse(url)) throw new UsageError(`--url: ${JSON.stringify(url)} is no address`);
  if (values["machine"] === true) {
    if (account !== null) throw new UsageError("inspect --machine takes no account: the machine is the same for all");
    const chart =
      url === null ? (await import("../inspect/chart.ts")).chartJson : await ask(new URL("/v1/machine", url));
    process.stdout.write(`${JSON.stringify(chart, null, json ? undefined : 2)}\n`);
    return 0;
  }
  if (account === null) throw new UsageError("inspect needs an account: an account id, or connection:foreignId");
  return watch(url ?? (await addressOf(textOf(values, "data-dir"))), account, json);
};

/** The server that owns the data directory, or the one that would be started here. */
const addressOf = async (given: string | null): Promise<string> => {
  const directory = resolve(given ?? env("TIEOUT_DATA_DIR") ?? "data");
  const { readOwner } = await import("../../adapters/stores/embedded/layer.ts");
  const address = readOwner(directory)?.address ?? null;
  if (address !== null) return address;
  if (given !== null) throw new Failure(`no server uses ${directory}; start one there, or name one with --url`);
  return `http://${env("HOST") ?? "127.0.0.1"}:${env("PORT") ?? "4000"}`;
};

const authorization = (): Readonly<Record<string, string>> => {
  const key = env("TIEOUT_API_KEY");
  return key === null ? {} : { authorization: `Bearer ${key}` };
};

const unreachable = (origin: string, reason: string): Failure =>
  new Failure(`no server answers at ${origin} (${reason}); start one with tieout serve, or name one with --url`);

const detailOf = (text: string): string => {
  try {
    return (JSON.parse(text) as { readonly detail?: string }).detail ?? text;
  } catch {
    return text.slice(0, 200);
  }
};
const refused = (origin: string, status: number, text: string): Failure => {
  const hint = status === 401 && env("TIEOUT_API_KEY") === null ? "; set TIEOUT_API_KEY to a key of that server" : "";
  return new Failure(`${origin} refused (${status}): ${detailOf(text) || "it says nothing more"}${hint}`);
};

const ask = async (url: URL): Promise<unknown> => {
  let response: Response;
  try {
    response = await fetch(url, { headers: authorization() });
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly code?: string; readonly message?: string } };
    throw unreachable(url.origin, cause?.code ?? cause?.message ?? String(error));
  }
  const text = await response.text();
  if (!response.ok) throw refused(url.origin, response.status, text);
  return JSON.parse(text) as unknown;
};

const watch = (server: string, account: string, json: boolean): Promise<number> => {
  const target = new URL("/inspect", server);
  const { origin } = target;
  target.protocol = target.protocol.replace("http", "ws");
  target.searchParams.set("account", account);
  const print = makePrinter();
  const socket = new WebSocket(target, { headers: authorization(), handshakeTimeout: 10_000 });
  return new Promise((done, fail) => {
    let interrupted = false;
    const interrupt = (): void => {
      if (interrupted) process.exit(130);
      interrupted = true;
      // What is still connecting cannot be closed, only given up.
      if (socket.readyState === WebSocket.CONNECTING) done(0);
      else socket.close(1000);
    };
    process.on("SIGINT", interrupt);
    process.on("SIGTERM", interrupt);
    // A reader of ours that goes away (`| head`) ends the watch.
    process.stdout.on("error", interrupt);
    const line = (text: string): void => {
      process.stdout.write(`${text}\n`);
    };
    socket.on("open", () => console.error(`tieout: watching ${account} at ${origin}; Ctrl-C ends`));
    socket.on("message", (data) => {
      const text = String(data);
      if (json) return line(text);
      const said = print(JSON.parse(text));
      if (said !== null) line(said);
    });
    socket.on("unexpected-response", (_, response) => {
      let body = "";
      response.on("data", (chunk) => {
        body += String(chunk);
      });
      response.on("end", () => fail(refused(origin, response.statusCode ?? 0, body)));
      response.on("error", (error) => fail(unreachable(origin, error.message)));
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (!interrupted) fail(unreachable(origin, error.code ?? error.message));
    });
    socket.on("close", (code, reason) => {
      process.off("SIGINT", interrupt);
      process.off("SIGTERM", interrupt);
      if (interrupted) return done(0);
      fail(new Failure(`${origin} ended the watch (${code}${reason.length > 0 ? `: ${String(reason)}` : ""})`));
    });
  });
};
