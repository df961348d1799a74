/**
 * The Pub/Sub API: change events as Avro over gRPC, from a replay id on. A batch becomes the body that a relay would send, so that
 * webhook, stream and journal have one decoder. The contract is the public one (`eventbus.v1`), in our own words and as far as it is used.
 */
import * as grpc from "@grpc/grpc-js";
import * as protoLoader from "@grpc/proto-loader";
import avro from "avsc";
import * as Duration from "effect/Duration";
import * as Effect from "effect/Effect";
import * as Either from "effect/Either";
import * as Queue from "effect/Queue";
import {
  type AnswerError,
  Impossible,
  type Inbound,
  type PollAnswer,
  RejectedFixable,
  Throttled,
  Transient,
} from "../../domain/ports/system.ts";
import type { SalesforceClient } from "./client.ts";
import type { SalesforceConfig } from "./config.ts";
import { isJson, type Json } from "./schema.ts";

// ---------------------------------------------------------------- the contract

const message = (fields: Readonly<Record<string, readonly [type: string, id: number, rule?: "repeated"]>>) => ({
  fields: Object.fromEntries(
    Object.entries(fields).map(([name, [type, id, rule]]) => [name, { type, id, ...(rule ? { rule } : {}) }]),
  ),
});
const contract = {
  nested: {
    eventbus: {
      nested: {
        v1: {
          nested: {
            ReplayPreset: { values: { LATEST: 0, EARLIEST: 1, CUSTOM: 2 } },
            TopicRequest: message({ topic_name: ["string", 1] }),
            TopicInfo: message({
              topic_name: ["string", 1],
              tenant_guid: ["string", 2],
              can_publish: ["bool", 3],
              can_subscribe: ["bool", 4],
              schema_id: ["string", 5],
              rpc_id: ["string", 6],
            }),
            SchemaRequest: message({ schema_id: ["string", 1] }),
            SchemaInfo: message({ schema_json: ["string", 1], schema_id: ["string", 2], rpc_id: ["string", 3] }),
            ProducerEvent: message({ id: ["string", 1], schema_id: ["string", 2], payload: ["bytes", 3] }),
            ConsumerEvent: message({ event: ["ProducerEvent", 1], replay_id: ["bytes", 2] }),
            FetchRequest: message({
              topic_name: ["string", 1],
              replay_preset: ["ReplayPreset", 2],
              replay_id: ["bytes", 3],
              num_requested: ["int32", 4],
            }),
            FetchResponse: message({
              events: ["ConsumerEvent", 1, "repeated"],
              latest_replay_id: ["bytes", 2],
              rpc_id: ["string", 3],
              pending_num_requested: ["int32", 4],
            }),
            PubSub: {
              methods: {
                Subscribe: {
                  requestType: "FetchRequest",
                  requestStream: true,
                  responseType: "FetchResponse",
                  responseStream: true,
                },
                GetSchema: { requestType: "SchemaRequest", responseType: "SchemaInfo" },
                GetTopic: { requestType: "TopicRequest", responseType: "TopicInfo" },
              },
            },
          },
        },
      },
    },
  },
};
const definition = protoLoader.fromJSON(contract as Parameters<typeof protoLoader.fromJSON>[0], {
  keepCase: true,
  enums: String,
  defaults: true,
});
export const pubSubService = definition["eventbus.v1.PubSub"] as grpc.ServiceDefinition;

export interface FetchRequest {
  readonly topic_name: string;
  readonly replay_preset: "LATEST" | "EARLIEST" | "CUSTOM";
  readonly replay_id: Uint8Array;
  readonly num_requested: number;
}
export interface FetchResponse {
  readonly events: ReadonlyArray<{
    readonly event: { readonly id: string; readonly schema_id: string; readonly payload: Buffer } | null;
    readonly replay_id: Buffer;
  }>;
  readonly latest_replay_id: Buffer;
  readonly rpc_id: string;
  readonly pending_num_requested: number;
}
/** The trailer that carries Salesforce's own error code. */
export const errorCodeTrailer = "error-code";

// ---------------------------------------------------------------- Avro

/** A long past 2^53 (a commit number may be) is text: only its being the same matters. */
const long = avro.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => {
    const value = bytes.readBigInt64LE();
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : String(value);
  },
  toBuffer: (value: number | string) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes;
  },
  fromJSON: (value: unknown) => value,
  toJSON: (value: unknown) => value,
  isValid: (value: unknown) =>
    typeof value === "number" ? Number.isSafeInteger(value) : typeof value === "string" && /^-?\d{1,19}$/.test(value),
  compare: (a: number | string, b: number | string) => Number(BigInt(a) - BigInt(b)),
});
export const avroType = (schemaJson: string): avro.Type =>
  avro.Type.forSchema(JSON.parse(schemaJson) as avro.Schema, { registry: { long } });

/** Of a field that may be null, or text, or a compound: the compound's fields, by position. */
const compoundOf = (type: avro.Type): ReadonlyArray<avro.types.Field> | null => {
  const inner = avro.Type.isType(type, "union") ? (type as avro.types.UnwrappedUnionType).types : [type];
  const record = inner.find((member) => avro.Type.isType(member, "record"));
  return record === undefined ? null : (record as avro.types.RecordType).fields;
};
const bitsOf = (hex: string): ReadonlyArray<number> => {
  const found: number[] = [];
  let bits = BigInt(hex);
  for (let position = 0; bits > 0n; position++, bits >>= 1n) if ((bits & 1n) === 1n) found.push(position);
  return found;
};
const namesAt = (fields: ReadonlyArray<avro.types.Field>, hex: string): ReadonlyArray<string> =>
  bitsOf(hex).map((position) => {
    const field = fields[position];
    if (field === undefined) throw new RangeError(`a bitmap names field ${position}, of ${fields.length}`);
    return field.name;
  });

/**
 * The names behind bitmaps: `0x…` by the schema's order of fields, lowest bit first; `4-0x…` the parts of the compound at 4.
 * Throws on what does not fit the schema; names that are names stay.
 */
export const expandBitmaps = (type: avro.Type, list: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { fields } = type as avro.types.RecordType;
  return list.flatMap((item) => {
    const nested = /^(\d+)-(0x[0-9A-Fa-f]+)$/.exec(item);
    if (nested) {
      const parent = fields[Number(nested[1])];
      const parts = parent && compoundOf(parent.type);
      if (!parts) throw new RangeError(`${item}: field ${nested[1]} is no compound`);
      return namesAt(parts, nested[2]!).map((part) => `${parent.name}.${part}`);
    }
    if (/^0x[0-9A-Fa-f]+$/.test(item)) return namesAt(fields, item);
    return item === "0x" ? [] : [item];
  });
};

/** The change event as its JSON form: names for bitmaps, without the fields that hold nothing. */
export const jsonOfAvro = (type: avro.Type, payload: Buffer): Json => {
  const record: unknown = JSON.parse(JSON.stringify(type.fromBuffer(payload)));
  if (!isJson(record) || !isJson(record["ChangeEventHeader"])) throw new TypeError("no change event");
  const header: Record<string, unknown> = { ...record["ChangeEventHeader"] };
  for (const list of ["changedFields", "nulledFields", "diffFields"]) {
    if (Array.isArray(header[list])) header[list] = expandBitmaps(type, header[list] as ReadonlyArray<string>);
  }
  const filled = Object.entries(record).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(filled), ChangeEventHeader: header };
};

// ---------------------------------------------------------------- what a failure means

interface Unauthenticated {
  readonly _tag: "Unauthenticated";
  readonly detail: string;
}
/** With the token that was refused. */
type Refused = Unauthenticated & { readonly token: string };
const { status } = grpc;

const failureOf = (error: grpc.ServiceError, hadCursor: boolean): AnswerError | Unauthenticated => {
  const code = String(error.metadata?.get(errorCodeTrailer)[0] ?? "");
  const detail = [error.details || error.message, code].filter((part) => part !== "").join(" · ");
  if (error.code === status.UNAUTHENTICATED || code.endsWith("service.auth.error"))
    return { _tag: "Unauthenticated", detail };
  if (/replay.?id/i.test(`${code} ${error.details}`) && hadCursor) {
    const lost =
      "the stream no longer has the place where we stopped (Salesforce keeps 72 hours): the changes since are lost to it";
    const act = "poll from the beginning to read what changed, then subscribe without a cursor (EARLIEST)";
    return new RejectedFixable({ code: "REPLAY_ID", detail: `${lost}; ${act}. ${detail}` });
  }
  switch (error.code) {
    case status.PERMISSION_DENIED:
      return new RejectedFixable({ code: "permission", detail });
    case status.INVALID_ARGUMENT:
    case status.NOT_FOUND:
    case status.FAILED_PRECONDITION:
    case status.OUT_OF_RANGE:
      return new RejectedFixable({ code: code || "stream", detail });
    case status.UNIMPLEMENTED:
      return new Impossible({ code: "stream", detail });
    case status.RESOURCE_EXHAUSTED:
      return new Throttled({ detail, retryAfterMs: null });
    default:
      return new Transient({ detail: `the stream broke off: ${detail}` });
  }
};

// ---------------------------------------------------------------- the subscription

type Item =
  | { readonly _tag: "Response"; readonly response: FetchResponse }
  | { readonly _tag: "Failed"; readonly error: grpc.ServiceError }
  | { readonly _tag: "Ended" };

export interface StreamOf {
  readonly config: SalesforceConfig;
  readonly client: SalesforceClient;
  readonly inbound: Inbound;
}
/** Where the stream stands, and whether the token was renewed since it last said anything. */
interface Place {
  cursor: string | null;
  renewed: boolean;
}

const connect = (config: SalesforceConfig): grpc.Client => {
  const plain = config.pubsubUrl.startsWith("http://");
  const address = config.pubsubUrl.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  const credentials = plain ? grpc.credentials.createInsecure() : grpc.credentials.createSsl();
  return new grpc.Client(address, credentials, { "grpc.keepalive_time_ms": 60_000, "grpc.enable_retries": 0 });
};
type Method = grpc.MethodDefinition<unknown, unknown>;
const method = (name: string): Method => pubSubService[name] as Method;

/** Type and names by schema id; ids are fingerprints, so what was read once holds for ever. */
const makeSchemas = (wire: grpc.Client, metadata: grpc.Metadata, config: SalesforceConfig) => {
  const types = new Map<string, avro.Type>();
  return (id: string): Effect.Effect<avro.Type, AnswerError | Unauthenticated> => {
    const known = types.get(id);
    if (known) return Effect.succeed(known);
    const { path, requestSerialize, responseDeserialize } = method("GetSchema");
    const asked = Effect.async<string, grpc.ServiceError>((resume) => {
      const options = { deadline: Date.now() + config.timeoutMs };
      const call = wire.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { schema_id: id },
        metadata,
        options,
        (error, answer) =>
          resume(error ? Effect.fail(error) : Effect.succeed((answer as { schema_json: string }).schema_json)),
      );
      return Effect.sync(() => call.cancel());
    });
    return asked.pipe(
      Effect.mapError((error) => failureOf(error, false)),
      Effect.flatMap((schemaJson) =>
        Effect.try({
          try: () => avroType(schemaJson),
          catch: (cause) => new RejectedFixable({ code: "undecodable", detail: `schema ${id}: ${String(cause)}` }),
        }),
      ),
      Effect.tap((type) => Effect.sync(() => types.set(id, type))),
    );
  };
};

/** One connection, until it fails. */
const run = (
  { config, client, inbound }: StreamOf,
  place: Place,
  connection: string,
  deliver: (answer: PollAnswer) => Effect.Effect<void>,
): Effect.Effect<never, AnswerError | Refused> =>
  Effect.scoped(
    Effect.gen(function* () {
      const { token, tenant } = yield* client.session;
      if (tenant === null) {
        const detail = "the org's id is not known: set the tenant id";
        return yield* new RejectedFixable({ code: "tenant", detail });
      }
      const metadata = new grpc.Metadata();
      metadata.set("accesstoken", token);
      metadata.set("instanceurl", config.instanceUrl);
      metadata.set("tenantid", tenant);
      const wire = yield* Effect.acquireRelease(
        Effect.sync(() => connect(config)),
        (open) => Effect.sync(() => open.close()),
      );
      const items = yield* Queue.unbounded<Item>();
      const call = yield* Effect.acquireRelease(
        Effect.sync(() => {
          const { path, requestSerialize, responseDeserialize } = method("Subscribe");
          const opened = wire.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
          opened.on("data", (response: FetchResponse) => items.unsafeOffer({ _tag: "Response", response }));
          opened.on("error", (error: grpc.ServiceError) => items.unsafeOffer({ _tag: "Failed", error }));
          opened.on("end", () => items.unsafeOffer({ _tag: "Ended" }));
          return opened;
        }),
        (open) => Effect.sync(() => open.cancel()),
      );
      const hadCursor = place.cursor !== null;
      const failed = (failure: AnswerError | Unauthenticated): Effect.Effect<never, AnswerError | Refused> =>
        failure._tag === "Unauthenticated" ? Effect.fail({ ...failure, token }) : Effect.fail(failure);
      const schemaOf = makeSchemas(wire, metadata, config);
      const batch = config.streamBatch;
      call.write({
        topic_name: config.topic,
        replay_preset: hadCursor ? "CUSTOM" : "EARLIEST",
        replay_id: Buffer.from(place.cursor ?? "", "base64"),
        num_requested: batch,
      } satisfies FetchRequest);
      let outstanding = batch;

      const memberOf = (event: FetchResponse["events"][number]["event"]) =>
        Effect.gen(function* () {
          if (event === null) return null;
          const type = yield* Effect.catchAll(schemaOf(event.schema_id), failed);
          const told = Either.try({ try: () => jsonOfAvro(type, event.payload), catch: String });
          if (Either.isRight(told)) return told.right;
          // What does not read is kept as it came; whatever it said is asked for, with everything else.
          yield* Effect.logWarning(`salesforce: an event of the stream does not read: ${told.left}`);
          return { schemaId: event.schema_id, payload: event.payload.toString("base64") };
        });

      for (;;) {
        const item = yield* Queue.take(items).pipe(
          Effect.timeoutFail({
            duration: Duration.millis(config.streamSilenceMs),
            onTimeout: () => new Transient({ detail: `the stream was silent for ${config.streamSilenceMs} ms` }),
          }),
        );
        if (item._tag === "Failed") return yield* failed(failureOf(item.error, hadCursor));
        // An error comes after the end, when there is one.
        if (item._tag === "Ended") {
          const next = yield* Effect.timeoutOption(Queue.take(items), Duration.millis(100));
          if (next._tag === "Some" && next.value._tag === "Failed")
            return yield* failed(failureOf(next.value.error, hadCursor));
          return yield* new Transient({ detail: "the stream was ended by Salesforce" });
        }
        const { response } = item;
        const events = yield* Effect.forEach(response.events, ({ event }) => memberOf(event));
        const replayId = (response.events.at(-1)?.replay_id ?? response.latest_replay_id).toString("base64");
        const cursor = replayId === "" ? place.cursor : replayId;
        place.renewed = false;
        outstanding -= response.events.length;
        if (cursor !== null) {
          const body = new TextEncoder().encode(JSON.stringify({ replayId: cursor, events }));
          const decoded = inbound.decode(body, connection);
          const told = decoded._tag === "Events" ? decoded : { events: [], asks: ["*"] };
          const asks = told.asks === undefined ? {} : { asks: told.asks };
          yield* deliver({ body, events: told.events, cursor, more: false, ...asks });
          place.cursor = cursor;
        }
        if (outstanding <= batch / 2) {
          call.write({ topic_name: config.topic, num_requested: batch - outstanding });
          outstanding = batch;
        }
      }
    }),
  );

/** Runs until interrupted or it fails. A token that is refused is renewed once before anything else came of it. */
export const subscribe = (
  of: StreamOf,
  cursor: string | null,
  connection: string,
  deliver: (answer: PollAnswer) => Effect.Effect<void>,
): Effect.Effect<never, AnswerError> =>
  Effect.suspend(() => {
    const place: Place = { cursor, renewed: false };
    const again: Effect.Effect<never, AnswerError> = Effect.suspend(() => run(of, place, connection, deliver)).pipe(
      Effect.catchAll((failure): Effect.Effect<never, AnswerError> => {
        if (failure._tag !== "Unauthenticated") return Effect.fail(failure);
        if (place.renewed) return Effect.fail(new RejectedFixable({ code: "permission", detail: failure.detail }));
        place.renewed = true;
        return Effect.zipRight(of.client.forget(failure.token), again);
      }),
    );
    return again;
  });
