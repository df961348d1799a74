/** The only file that touches node-redis: one connection that does not mend itself, commands in, bytes out. */
import { createHash } from "node:crypto";
import { createClient, ErrorReply } from "redis";

export type Argument = string | Buffer;
export type Reply = Buffer | number | null | ReadonlyArray<Reply>;
export type Command = ReadonlyArray<Argument>;
export type Client = ReturnType<typeof createClient>;

/** What Redis refused, in its own words. `code`: their first word, `OOM`, `READONLY`, `LOADING` … */
export class Refused extends Error {
  readonly code: string;
  constructor(message: string) {
    super(message);
    this.code = /^[A-Z]+/.exec(message)?.[0] ?? "ERR";
  }
}

/** The connection is gone. What was sent may have been done or not. */
export class Gone extends Error {}

export interface Script {
  readonly source: string;
  readonly sha: string;
}

export const script = (source: string): Script => ({ source, sha: createHash("sha1").update(source).digest("hex") });

/** Milliseconds. */
const CONNECT_MS = 3000;

export class Link {
  readonly client: Client;
  /** As Redis numbers its connections; null where it may not be asked. */
  id: string | null = null;
  /** Which run of the server; drawn when it starts. */
  server: string | null = null;
  private readonly answerMs: number;

  private constructor(client: Client, answerMs: number) {
    this.client = client;
    this.answerMs = answerMs;
  }

  static async open(url: string, answerMs: number): Promise<Link> {
    const socket = { connectTimeout: CONNECT_MS, reconnectStrategy: false as const };
    const client = createClient({ url, socket, disableOfflineQueue: true });
    // Every command that it concerns is rejected too.
    client.on("error", () => {});
    const timer = setTimeout(() => client.disconnect().catch(() => {}), answerMs);
    try {
      await client.connect();
    } catch (failure) {
      throw failureOf(failure);
    } finally {
      clearTimeout(timer);
    }
    const link = new Link(client as Client, answerMs);
    const id = await link.call("CLIENT", "ID").catch((failure) => {
      if (failure instanceof Refused) return null;
      throw failure;
    });
    link.id = typeof id === "number" ? String(id) : null;
    return link;
  }

  call(...command: Command): Promise<Reply> {
    return this.all([command]).then(([reply]) => reply as Reply);
  }

  /** Sent in one piece, with nothing of others in between; fails with the first failure, after the last answer. */
  async all(commands: ReadonlyArray<Command>): Promise<ReadonlyArray<Reply>> {
    const answers = await this.wait(() =>
      Promise.allSettled(
        commands.map((command) => this.client.sendCommand<Reply>([...command], { returnBuffers: true } as never)),
      ),
    );
    return answers.map((answer) => {
      if (answer.status === "rejected") throw failureOf(answer.reason);
      return checked(answer.value);
    });
  }

  /** Work on the client, for as long as an answer may take. */
  async wait<A>(work: () => Promise<A>): Promise<A> {
    const timer = setTimeout(() => this.cut(), this.answerMs);
    try {
      return await work();
    } finally {
      clearTimeout(timer);
    }
  }

  async run({ source, sha }: Script, keys: ReadonlyArray<string>, args: ReadonlyArray<Argument>): Promise<Reply> {
    const rest = [String(keys.length), ...keys, ...args];
    try {
      return await this.call("EVALSHA", sha, ...rest);
    } catch (failure) {
      if (!(failure instanceof Refused) || failure.code !== "NOSCRIPT") throw failure;
      return await this.call("EVAL", source, ...rest);
    }
  }

  /** Like `run` for each list of arguments, in one transaction. */
  async runAll(one: Script, keys: ReadonlyArray<string>, lists: ReadonlyArray<ReadonlyArray<Argument>>): Promise<void> {
    if (lists.length === 1) {
      await this.run(one, keys, lists[0] ?? []);
      return;
    }
    await this.call("SCRIPT", "LOAD", one.source);
    const runs = lists.map((args): Command => ["EVALSHA", one.sha, String(keys.length), ...keys, ...args]);
    await this.all([["MULTI"], ...runs, ["EXEC"]]);
  }

  /** What was not answered is rejected as gone. */
  cut(): void {
    if (this.client.isOpen) this.client.disconnect().catch(() => {});
  }
}

export const failureOf = (failure: unknown): unknown => {
  if (failure instanceof ErrorReply) return new Refused(failure.message);
  if (failure instanceof Refused || failure instanceof Gone) return failure;
  if (failure instanceof TypeError) return failure;
  const message = failure instanceof Error ? failure.message || failure.name : String(failure);
  return new Gone(message);
};

/** Within the answer of a transaction a refusal is a value. */
const checked = (reply: unknown): Reply => {
  if (reply instanceof ErrorReply) throw new Refused(reply.message);
  if (Array.isArray(reply)) for (const one of reply) checked(one);
  return reply as Reply;
};

export const textOf = (reply: Reply | undefined): string | null => (Buffer.isBuffer(reply) ? reply.toString() : null);
export const listOf = (reply: Reply | undefined): ReadonlyArray<Reply> => (Array.isArray(reply) ? reply : []);
export const textsOf = (reply: Reply | undefined): ReadonlyArray<string> =>
  listOf(reply).map((one) => textOf(one) ?? "");
export const numberOf = (reply: Reply | undefined): number =>
  typeof reply === "number" ? reply : Number(textOf(reply) ?? 0);
export const hexOf = (reply: Reply | undefined): string => (Buffer.isBuffer(reply) ? reply.toString("hex") : "");
