/** The simulated Pub/Sub API: a real gRPC server on loopback that sends the org's change events as Avro, bitmaps and all. */
import * as grpc from "@grpc/grpc-js";
import { isJson, type Json } from "./schema.ts";
import type { Tokens } from "./simulator-http.ts";
import { objects, replayBytes, type StreamEvent } from "./simulator-state.ts";
import { avroType, errorCodeTrailer, type FetchRequest, pubSubService } from "./stream.ts";

const records = {
  address: { type: "record", name: "Address", parts: ["Street", "City", "State", "PostalCode", "Country"] },
  name: { type: "record", name: "Switchable_PersonName", parts: ["Salutation", "FirstName", "LastName"] },
} as const;
const avroOf = (type: string): unknown => {
  if (type === "number") return ["null", "double"];
  if (type === "date" || type === "datetime") return ["null", "long"];
  if (type !== "address" && type !== "name") return ["null", "string"];
  const { name, parts } = records[type];
  const record = {
    type: "record",
    name,
    fields: parts.map((part) => ({ name: part, type: ["null", "string"], default: null })),
  };
  return type === "name" ? ["null", "string", record] : ["null", record];
};
const list = { type: "array", items: "string" };
const changeTypes = "CREATE UPDATE DELETE UNDELETE GAP_CREATE GAP_UPDATE GAP_DELETE GAP_UNDELETE GAP_OVERFLOW".split(
  " ",
);

/** The Avro schema of an object's change events: the header first, then its fields. */
export const changeEventSchema = (object: string): string =>
  JSON.stringify({
    name: `${object.replace(/__c$/, "__")}ChangeEvent`,
    type: "record",
    fields: [
      {
        name: "ChangeEventHeader",
        type: {
          type: "record",
          name: "ChangeEventHeader",
          fields: [
            { name: "entityName", type: "string" },
            { name: "recordIds", type: list },
            { name: "changeType", type: { type: "enum", name: "ChangeType", symbols: changeTypes } },
            { name: "changeOrigin", type: "string" },
            { name: "transactionKey", type: "string" },
            { name: "sequenceNumber", type: "int" },
            { name: "commitTimestamp", type: "long" },
            { name: "commitNumber", type: "long" },
            { name: "commitUser", type: "string" },
            { name: "nulledFields", type: list },
            { name: "diffFields", type: list },
            { name: "changedFields", type: list },
          ],
        },
      },
      ...Object.entries(objects[object]?.fields ?? {}).map(([name, { type }]) => ({
        name,
        type: avroOf(type),
        default: null,
      })),
    ],
  });

const hexOf = (positions: ReadonlyArray<number>): string => {
  const bits = positions.reduce((all, position) => all | (1n << BigInt(position)), 0n);
  const digits = bits.toString(16).toUpperCase();
  return `0x${digits.length % 2 === 0 ? digits : `0${digits}`}`;
};
/** Names to bitmaps: the whole fields first, then one bitmap for each compound. */
const bitmapsOf = (object: string, names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const fields = Object.entries(objects[object]?.fields ?? {});
  const whole: number[] = [];
  const parts = new Map<number, number[]>();
  for (const name of names) {
    const [top = "", part] = name.split(".");
    const index = fields.findIndex(([field]) => field === top);
    const type = fields[index]?.[1].type;
    // The header stands at 0.
    if (part === undefined) whole.push(index + 1);
    else if (type === "address" || type === "name")
      parts.set(index + 1, [
        ...(parts.get(index + 1) ?? []),
        (records[type].parts as ReadonlyArray<string>).indexOf(part),
      ]);
  }
  if (names.length === 0) return [];
  return [hexOf(whole), ...[...parts].map(([at, positions]) => `${at}-${hexOf(positions)}`)];
};

const types = new Map<string, ReturnType<typeof avroType>>();
const typeOf = (object: string) => {
  const known = types.get(object) ?? avroType(changeEventSchema(object));
  types.set(object, known);
  return known;
};
const epoch = (value: string): number => Date.parse(value.replace(/([+-]\d\d)(\d\d)$/, "$1:$2"));

/** Dates as epoch milliseconds, every field there, null where the event holds nothing. */
const payloadOf = (event: Json): Buffer => {
  const header = event["ChangeEventHeader"] as Json;
  const object = String(header["entityName"]);
  const names = (key: string) => bitmapsOf(object, header[key] as ReadonlyArray<string>);
  const lists = { changedFields: names("changedFields"), nulledFields: names("nulledFields"), diffFields: [] };
  const fields = Object.entries(objects[object]?.fields ?? {}).map(([name, { type }]) => {
    const value = event[name] ?? null;
    if ((type === "date" || type === "datetime") && typeof value === "string") return [name, epoch(value)];
    if (!isJson(value) || (type !== "address" && type !== "name")) return [name, value];
    return [name, Object.fromEntries(records[type].parts.map((part) => [part, value[part] ?? null]))];
  });
  const user = { commitUser: "005000000000001AAA", sequenceNumber: 1 };
  return typeOf(object).toBuffer({
    ChangeEventHeader: { ...user, ...header, ...lists },
    ...Object.fromEntries(fields),
  });
};

export interface StreamSource {
  readonly after: (replayId: number | null) => ReadonlyArray<StreamEvent> | null;
  readonly latest: () => number;
  readonly onEvent: (listener: () => void) => () => void;
}
export interface StreamServing {
  readonly stream: StreamSource;
  readonly tokens: Tokens;
  readonly tenant: string;
}
export interface StreamServer {
  /** `http://127.0.0.1:port`, as the configuration takes it. */
  readonly url: string;
  readonly port: number;
  readonly close: () => void;
}

const topics = new Map([
  ["/data/ChangeEvents", null],
  ...Object.keys(objects).map((object) => [`/data/${object.replace(/__c$/, "__")}ChangeEvent`, object] as const),
] as ReadonlyArray<readonly [string, string | null]>);

/** At most so many events an answer. */
const answerLimit = 50;
const failure = (code: grpc.status, details: string, errorCode: string): Partial<grpc.ServiceError> => {
  const metadata = new grpc.Metadata();
  metadata.set(errorCodeTrailer, `sfdc.platform.eventbus.grpc.${errorCode}`);
  return { code, details, metadata };
};

export const serveStream = async (
  { stream, tokens, tenant }: StreamServing,
  { port = 0, keepAliveMs = 60_000 }: { readonly port?: number; readonly keepAliveMs?: number },
): Promise<StreamServer> => {
  const refusal = (metadata: grpc.Metadata): Partial<grpc.ServiceError> | null => {
    const told = (key: string) => String(metadata.get(key)[0] ?? "");
    const isKnown = tokens.knows(told("accesstoken")) && told("tenantid") === tenant && told("instanceurl") !== "";
    if (isKnown) return null;
    return failure(grpc.status.UNAUTHENTICATED, "Authentication exception occurred", "service.auth.error");
  };

  const subscribe = (call: grpc.ServerDuplexStream<FetchRequest, unknown>): void => {
    const refused = refusal(call.metadata);
    if (refused) {
      call.emit("error", refused);
      return;
    }
    let object: string | null = null;
    let place: number | null = null;
    let wanted = 0;
    let started = false;
    const waiting = (): ReadonlyArray<StreamEvent> =>
      (stream.after(place) ?? []).filter(
        ({ event }) => object === null || (event["ChangeEventHeader"] as Json)["entityName"] === object,
      );
    const send = (): void => {
      while (started && wanted > 0) {
        const due = waiting().slice(0, Math.min(wanted, answerLimit));
        if (due.length === 0) return;
        wanted -= due.length;
        place = due.at(-1)!.replayId;
        call.write({
          events: due.map(({ replayId, event }) => ({
            event: {
              id: `${replayId}`,
              schema_id: String((event["ChangeEventHeader"] as Json)["entityName"]),
              payload: payloadOf(event),
            },
            replay_id: replayBytes(replayId),
          })),
          latest_replay_id: replayBytes(stream.latest()),
          rpc_id: "1",
          pending_num_requested: wanted,
        });
      }
    };
    const alive = setInterval(() => {
      if (!started || waiting().length > 0) return;
      place = stream.latest();
      call.write({ events: [], latest_replay_id: replayBytes(place), rpc_id: "1", pending_num_requested: wanted });
    }, keepAliveMs);
    const stop = stream.onEvent(send);
    const end = (): void => {
      clearInterval(alive);
      stop();
    };
    const fail = (why: Partial<grpc.ServiceError>): void => {
      end();
      call.emit("error", why);
    };
    call.on("cancelled", end);
    call.on("close", end);
    call.on("end", () => {
      end();
      call.end();
    });
    call.on("data", (request: FetchRequest) => {
      if (!started) {
        const known = topics.get(request.topic_name);
        if (known === undefined)
          return fail(failure(grpc.status.NOT_FOUND, `topic ${request.topic_name} not found`, "topic.not.found"));
        object = known;
        const bytes = Buffer.from(request.replay_id);
        if (request.replay_preset === "LATEST") place = stream.latest();
        if (request.replay_preset === "CUSTOM") {
          place = bytes.length === 8 ? Number(bytes.readBigUInt64BE()) : -1;
          if (stream.after(place) === null) {
            const details = "The Replay ID validation failed. Ensure that the Replay ID is valid.";
            return fail(
              failure(grpc.status.INVALID_ARGUMENT, details, "subscription.fetch.replayid.validation.failed"),
            );
          }
        }
        started = true;
      }
      if (request.num_requested <= 0 || request.num_requested > 100)
        return fail(
          failure(
            grpc.status.INVALID_ARGUMENT,
            "num_requested is 1 to 100",
            "subscription.fetch.requested.events.limit",
          ),
        );
      wanted += request.num_requested;
      send();
    });
  };

  type Unary = grpc.handleUnaryCall<Json, unknown>;
  const getSchema: Unary = (call, answer) => {
    const object = String(call.request["schema_id"]);
    if (!Object.hasOwn(objects, object))
      return answer(failure(grpc.status.NOT_FOUND, `schema ${object} not found`, "schema.not.found"));
    const refused = refusal(call.metadata);
    if (refused) return answer(refused);
    answer(null, { schema_json: changeEventSchema(object), schema_id: object, rpc_id: "1" });
  };
  const getTopic: Unary = (call, answer) => {
    const topic_name = String(call.request["topic_name"]);
    const refused = refusal(call.metadata);
    if (refused) return answer(refused);
    if (!topics.has(topic_name))
      return answer(failure(grpc.status.NOT_FOUND, `topic ${topic_name} not found`, "topic.not.found"));
    const schema_id = topics.get(topic_name) ?? "";
    answer(null, { topic_name, tenant_guid: tenant, can_publish: false, can_subscribe: true, schema_id, rpc_id: "1" });
  };

  const server = new grpc.Server();
  server.addService(pubSubService, { Subscribe: subscribe, GetSchema: getSchema, GetTopic: getTopic });
  const bound = await new Promise<number>((resolve, reject) =>
    server.bindAsync(`127.0.0.1:${port}`, grpc.ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    ),
  );
  return { url: `http://127.0.0.1:${bound}`, port: bound, close: () => server.forceShutdown() };
};
