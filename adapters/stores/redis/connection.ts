/**
 * A connection that is made anew when it broke, after Redis has been asked who it is. Work is done again until it got its
 * answer or patience is used up, so all work handed in must be such that doing it twice is doing it once.
 */
import { StoreError } from "../../../domain/ports/store.ts";
import { isPassing, toStoreError } from "./failure.ts";
import { identify } from "./identity.ts";
import {
  type Argument,
  type Command,
  Gone,
  hexOf,
  Link,
  listOf,
  numberOf,
  Refused,
  type Reply,
  type Script,
  textOf,
} from "./link.ts";
import type { Marker } from "./marker.ts";
import type { Names } from "./names.ts";
import { readServer, refusalOf } from "./server.ts";

export interface Settings {
  readonly url: string;
  readonly names: Names;
  readonly acceptLoss: boolean;
  /** How long work waits for a server that does not answer. Milliseconds. */
  readonly patienceMs: number;
  /** After this long without an answer a connection is given up. Milliseconds. */
  readonly answerMs: number;
}

export class Connection {
  /** For messages: without user and password. */
  readonly where: string;
  readonly names: Names;
  readonly marker: Marker;
  private readonly settings: Settings;
  private current: Promise<Link> | null = null;
  /** Connections given up on, by Redis' number: what still rests in their buffers must not be done later. */
  private readonly given: Array<{ readonly id: string; readonly run: string | null }> = [];
  private closed = false;

  constructor(settings: Settings, marker: Marker) {
    this.settings = settings;
    this.names = settings.names;
    this.marker = marker;
    this.where = placeOf(settings.url, settings.names.prefix);
  }

  /** Which journal: known once the first connection stands. */
  get epoch(): string {
    return this.marker.mark?.epoch ?? "";
  }

  /** The first connection. A server that is not there is no reason to wait. */
  async open(): Promise<void> {
    await this.with(async () => {}, { waits: (failure) => !(failure instanceof Gone) });
    this.marker.flushOrThrow();
  }

  async close(): Promise<void> {
    this.closed = true;
    this.marker.flush();
    const link = await this.current?.catch(() => null);
    this.current = null;
    link?.cut();
  }

  /** Also fails, as a `StoreError`, when Redis turned out to have lost data. */
  async with<A>(
    work: (link: Link) => Promise<A>,
    { waits = () => true }: { readonly waits?: (failure: unknown) => boolean } = {},
  ): Promise<A> {
    let until: number | null = null;
    for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 250)) {
      if (this.closed) throw this.error("io", "the store is closed");
      const linking = this.link();
      try {
        return await work(await linking);
      } catch (failure) {
        const broken = failure instanceof Gone || (failure instanceof Refused && telling.has(failure.code));
        if (broken) this.drop(linking);
        if (!broken && !isPassing(failure)) throw failure;
        if (!waits(failure)) throw failure;
        const now = performance.now();
        until ??= now + this.settings.patienceMs;
        if (now >= until) throw failure;
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** Reads in one piece, after making sure that this is still the journal that is known. */
  async read(...commands: ReadonlyArray<Command>): Promise<ReadonlyArray<Reply>> {
    return this.with(async (link) => {
      const [meta, ...replies] = await link.all([this.asking, ...commands]);
      this.recognize(meta);
      return replies;
    });
  }

  /** Runs a script that is given `meta` as its first key and the epoch as its first argument. */
  run(script: Script, keys: ReadonlyArray<string>, args: ReadonlyArray<Argument>): Promise<Reply> {
    return this.with((link) => link.run(script, [this.names.meta, ...keys], [this.epoch, ...args]));
  }

  /** The same for each list of arguments, in one transaction. */
  runAll(script: Script, keys: ReadonlyArray<string>, lists: ReadonlyArray<ReadonlyArray<Argument>>): Promise<void> {
    return this.with((link) =>
      link.runAll(
        script,
        [this.names.meta, ...keys],
        lists.map((args) => [this.epoch, ...args]),
      ),
    );
  }

  /** Goes with every question; `recognize` takes the answer. */
  get asking(): Command {
    return ["HMGET", this.names.meta, "epoch", "head", "hash"];
  }

  /** Throws when this is not the journal that is known, as far as can be told at a glance. */
  recognize(answer: Reply | undefined): void {
    const [epoch, head, hash] = listOf(answer);
    const { mark } = this.marker;
    const position = numberOf(head);
    if (mark === null || textOf(epoch) !== mark.epoch || position < mark.position) throw trace("head");
    if (position === mark.position && hexOf(hash) !== mark.hash) throw trace("hash");
  }

  error(code: StoreError["code"], reason: string): StoreError {
    return new StoreError({ code, reason: `${this.where}: ${reason}` });
  }

  private link(): Promise<Link> {
    if (this.current === null) {
      const linking = this.establish();
      this.current = linking;
      linking.catch(() => {
        if (this.current === linking) this.current = null;
      });
    }
    return this.current;
  }

  private async establish(): Promise<Link> {
    const { url, names, answerMs, acceptLoss } = this.settings;
    const link = await Link.open(url, answerMs).catch((failure: unknown) => {
      if (!(failure instanceof TypeError)) throw failure;
      throw this.error("io", `this is no URL of a Redis: redis://host:port, or rediss:// for TLS (${failure.message})`);
    });
    try {
      const server = await readServer(link);
      link.server = server.run;
      await this.silence(link);
      const refusal = refusalOf(server, acceptLoss);
      if (refusal !== null) throw refusal;
      this.marker.raise(await identify(link, names, this.marker));
      return link;
    } catch (failure) {
      link.cut();
      if (failure instanceof StoreError) throw this.error(failure.code, failure.reason);
      throw failure;
    }
  }

  /** A half of an append that Redis has received but not read must not be done after its repetition. */
  private async silence(link: Link): Promise<void> {
    for (let given = this.given[0]; given !== undefined; given = this.given[0]) {
      // A server that was started anew counts its connections anew.
      if (given.run === link.server) {
        await link.call("CLIENT", "KILL", "ID", given.id).catch((failure: unknown) => {
          if (!(failure instanceof Refused)) throw failure;
        });
      }
      this.given.shift();
    }
  }

  private drop(linking: Promise<Link>): void {
    if (this.current === linking) this.current = null;
    linking.then(
      (link) => {
        const { id, server: run } = link;
        if (id !== null && !this.given.some((one) => one.id === id && one.run === run)) this.given.push({ id, run });
        link.cut();
      },
      () => {},
    );
  }

  /** What a failure of this connection means. */
  toStoreError(failure: unknown): StoreError | null {
    return toStoreError(this.where, failure);
  }
}

/** A sign that Redis lost data: the connection is made anew, which finds out what and says so. */
export const trace = (what: string): Refused => new Refused(`LOST ${what}`);

/** Refusals after which a new connection says what has become of the server. */
const telling = new Set(["LOST", "READONLY"]);

const placeOf = (url: string, prefix: string): string => {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  return `Redis at ${parsed === null ? "an address that is no URL" : `${parsed.host}${parsed.pathname}`} (${prefix})`;
};
