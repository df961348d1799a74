/** The canonical events as JSON Schemas, by `dataschema`: what adapters of every age have written to a journal. *Pure.* */
import type * as Schema from "effect/Schema";
import { CanonicalEvent, dataSchemas } from "../../domain/event.ts";
import { Components, type Node } from "./json-schema.ts";

/**
 * What a kind's data was before its present version, under the `dataschema` that it had (`tieout/invoice/1`). Journals hold
 * events of it: the schema stays here, as it was, and the domain goes on taking it.
 */
const earlier: Readonly<Record<string, Schema.Schema.Any>> = {};

const versionOf = (kind: string): number =>
  1 + Object.keys(earlier).filter((name) => name.startsWith(`tieout/${kind}/`)).length;

const schemaOf = (schema: Schema.Schema.Any): Node => new Components().add(schema);

export const eventSchemas = (): Readonly<Record<string, Node>> => {
  const envelope = schemaOf(CanonicalEvent) as { readonly properties: Node };
  return {
    // The data has a schema of its own, named by `dataschema`.
    "tieout/event/1": { ...envelope, properties: { ...envelope.properties, data: { type: "object" } } },
    ...Object.fromEntries(
      Object.entries(dataSchemas).map(([kind, schema]) => [`tieout/${kind}/${versionOf(kind)}`, schemaOf(schema)]),
    ),
    ...Object.fromEntries(Object.entries(earlier).map(([name, schema]) => [name, schemaOf(schema)])),
  };
};
