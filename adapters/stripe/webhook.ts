/** Whether a request is Stripe's own, and which canonical events its body holds. *Pure and total; the clock is given.* */
import { createHmac, timingSafeEqual } from "node:crypto";
import { sha256 } from "../../domain/hash.ts";
import type { Decoded, Envelope, Inbound, SignedRequest, Verified } from "../../domain/ports/system.ts";
import { defaultLinkKey } from "./config.ts";
import { hasParts, routeOf, toEvents } from "./mapping.ts";
import { display, Misfit } from "./schema.ts";

/** Seconds, into the past and into the future. Stripe's library bounds the past only. */
const toleranceSec = 300;

const hmacHex = (secret: string, timestamp: string, body: Uint8Array | string): string =>
  createHmac("sha256", secret).update(`${timestamp}.`).update(body).digest("hex");

/** The `Stripe-Signature` header for a body; for simulators and tests. */
export const signWebhook = (body: string, secret: string, timestampSec: number): string =>
  `t=${timestampSec},v1=${hmacHex(secret, String(timestampSec), body)}`;

const sameText = (a: string, b: string): boolean =>
  a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
const refused = (reason: string): Verified => ({ ok: false, reason });
const hexPattern = /^[0-9a-f]{64}$/;
const timestampPattern = /^\d{1,15}$/;

/** `t=…,v1=…[,v1=…]`; other schemes are not looked at. */
const parseHeader = (
  header: string,
): { readonly timestamp: string | null; readonly signatures: ReadonlyArray<string> } => {
  let timestamp: string | null = null;
  const signatures: Array<string> = [];
  for (const item of header.split(",")) {
    if (item.startsWith("t=")) timestamp = item.slice(2);
    else if (item.startsWith("v1=")) signatures.push(item.slice(3));
  }
  return { timestamp, signatures };
};

export const verify: Inbound["verify"] = (request: SignedRequest, secrets, nowMs) => {
  const header = request.headers["stripe-signature"];
  if (!header) return refused("no Stripe-Signature header");
  const { timestamp, signatures } = parseHeader(header);
  if (timestamp === null || !timestampPattern.test(timestamp))
    return refused("no timestamp in the Stripe-Signature header");
  if (signatures.length === 0) return refused("no v1 signature in the Stripe-Signature header");
  const age = Math.floor(nowMs / 1000) - Number(timestamp);
  if (age > toleranceSec) return refused(`timestamp ${age} s old, tolerance ${toleranceSec} s`);
  if (age < -toleranceSec) return refused(`timestamp ${-age} s in the future, tolerance ${toleranceSec} s`);
  const usable = secrets.filter((secret) => secret.trim() !== "");
  if (usable.length === 0) return refused("no webhook secret is configured for this connection");
  const candidates = signatures.filter((signature) => hexPattern.test(signature));
  const signed = String(Number(timestamp));
  for (const secret of usable) {
    const expected = hmacHex(secret, signed, request.body);
    for (const candidate of candidates) if (sameText(candidate, expected)) return { ok: true };
  }
  return refused(`no v1 signature matches any of ${usable.length} secret${usable.length === 1 ? "" : "s"}`);
};

// ---------------------------------------------------------------- decode

const firstVersion = "2020-03-02";
const lastUnnamed = "2026-12-31";
const versionNames: ReadonlySet<string> = new Set(["acacia", "basil", "clover", "dahlia", "endive"]);
const versionPattern = /^(\d{4}-\d{2}-\d{2})(?:\.([a-z]+))?$/;

/** Null when we know the version, or when none is given: then the shape decides. */
const versionProblem = (version: unknown): string | null => {
  if (version === undefined || version === null) return null;
  const match = typeof version === "string" ? versionPattern.exec(version) : null;
  if (!match) return `api_version: ${display(version)} is no Stripe API version`;
  const [, date = "", name] = match;
  if (date < firstVersion) return `api_version: ${match[0]} is older than ${firstVersion}, the first that is decoded`;
  if (name === undefined || name === "preview") {
    return date <= lastUnnamed ? null : `api_version: ${match[0]} is newer than this decoder`;
  }
  return versionNames.has(name) ? null : `api_version: ${match[0]} is of a release that this decoder does not know`;
};

/** Verbs of a payout after which Stripe can tell what it is made of. */
const partsKnown: ReadonlySet<string> = new Set(["paid", "reconciliation_completed"]);

type Json = Readonly<Record<string, unknown>>;
const isRecord = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const parse = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString("utf8"));
  } catch {
    return undefined;
  }
};

/** A body nested too deep to print again stands for its own data. */
const hashOf = (data: unknown, body: Uint8Array): string => {
  try {
    return sha256(JSON.stringify(data) ?? "");
  } catch {
    return sha256(body);
  }
};

const correlation = (request: unknown): string | null => {
  if (typeof request === "string") return request;
  if (!isRecord(request)) return null;
  for (const key of ["idempotency_key", "id"]) if (typeof request[key] === "string") return request[key];
  return null;
};

const isSecond = (value: unknown): value is number => Number.isInteger(value) && Math.abs(value as number) <= 8.64e12;

/** Did the object's metadata have the key before this event? */
const hadKey = (root: Json, key: string): boolean => {
  let at: unknown = root;
  for (const part of ["data", "previous_attributes", "metadata"]) {
    if (!isRecord(at) || !Object.hasOwn(at, part)) return false;
    at = at[part];
  }
  return isRecord(at) && Object.hasOwn(at, key) && at[key] !== null;
};

export const makeInbound = (settings: { readonly linkKey: string }): Inbound => {
  const contents = (root: Json, envelope: Envelope, object: unknown, connection: string): Decoded => {
    const unfit = (reason: string): Decoded => ({ _tag: "Undecodable", envelope, reason });
    const { type } = envelope;
    if (type.startsWith("xstate.") || type.startsWith("done.")) return unfit(`type: ${display(type)} is reserved`);
    const route = routeOf(type);
    if (route === null) return { _tag: "Unknown", envelope, reason: `no use for events of type ${display(type)}` };
    const problem = versionProblem(root["api_version"]);
    if (problem !== null) return unfit(problem);
    const created = root["created"];
    if (!isSecond(created)) return unfit(`created: ${display(created)} is not a time in whole seconds`);
    try {
      const events = toEvents(route.object, object, {
        id: envelope.id,
        source: connection,
        verb: route.verb,
        correlationid: correlation(root["request"]),
        linkKey: settings.linkKey,
        hadLink: hadKey(root, settings.linkKey),
        at: created * 1000 + 0,
        read: false,
      });
      if (events.length === 0) return { _tag: "Unknown", envelope, reason: `this ${route.object} names no payment` };
      // No event carries what a payout is made of.
      const isKnown = route.object === "payout" && partsKnown.has(route.verb) && hasParts(object);
      const asks = isKnown ? { asks: [events[0]!.subject] } : {};
      return { _tag: "Events", envelope, events, ...asks };
    } catch (cause) {
      if (!(cause instanceof Misfit)) return unfit(`this decoder failed: ${String(cause)}`);
      return unfit(`data.object${cause.path === "" ? "" : `.${cause.path}`}: ${cause.why}`);
    }
  };

  const decode: Inbound["decode"] = (body, connection) => {
    const notEnvelope = (reason: string): Decoded => ({ _tag: "NotEnvelope", reason });
    const root = parse(body);
    if (root === undefined) return notEnvelope("the body is not JSON");
    if (!isRecord(root)) return notEnvelope(`the body is ${display(root)}, not an event object`);
    const { id, type, object: word, data } = root;
    if (typeof id !== "string" || id === "") return notEnvelope("the event has no id");
    if (typeof type !== "string" || type === "") return notEnvelope("the event has no type");
    if (word === "v2.core.event") {
      const hash = hashOf([root["related_object"], root["changes"], data], body);
      const reason = "a thin event carries no object: it needs a re-read, which is not built yet";
      return { _tag: "Unknown", envelope: { id, type, dataHash: hash }, reason };
    }
    if (word !== undefined && word !== null && word !== "event")
      return notEnvelope(`object: ${display(word)} is not an event`);
    if (!isRecord(data) || !isRecord(data["object"])) return notEnvelope("the event has no data.object");
    return contents(root, { id, type, dataHash: hashOf(data, body) }, data["object"], connection);
  };
  return { verify, decode };
};

export const inbound: Inbound = makeInbound({ linkKey: defaultLinkKey });
