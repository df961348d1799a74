/** A connection of the configuration file with its secrets found: what its adapter and the engine are told. */
import * as Either from "effect/Either";
import * as Redacted from "effect/Redacted";
import { defaultDocuments, defaultNames } from "../../adapters/salesforce/layer.ts";
import { makeConfig as stripeDefaults } from "../../adapters/stripe/layer.ts";
import type { ConnectionRules } from "../../domain/rules.ts";
import { type Found, findSecret, type Places, type SecretRef, splitSecrets } from "../secrets.ts";
import type { ConnectionSettings, Vendor } from "../systems.ts";
import type { FileConnection } from "./vendors.ts";

export interface ConnectionConfig {
  readonly name: string;
  readonly vendor: Vendor;
  /** What may go out to it. */
  readonly rules: ConnectionRules;
  /** The team that its exceptions go to. */
  readonly owner: string | null;
  /** The legal entity that the system belongs to; absent: the default one. */
  readonly entity?: string;
  /** Webhooks a minute; null or absent: no limit. */
  readonly ratePerMinute?: number | null;
  /** Its addresses may be in a private network. */
  readonly allowPrivate?: boolean;
  /** Each is tried. */
  readonly webhookSecrets: ReadonlyArray<Redacted.Redacted<string>>;
  /** Null in the sandbox, whose simulators have no address before they run. */
  readonly settings: Redacted.Redacted<ConnectionSettings> | null;
}

/** The version of the API that the adapter was written against. */
const stripeVersion = stripeDefaults({ connection: "", apiKey: "" }).apiVersion;

export const readConnection = (
  name: string,
  connection: FileConnection,
  places: Places,
): Either.Either<ConnectionConfig, ReadonlyArray<string>> => {
  const problems: string[] = [];
  const need = (where: string, ref: SecretRef): Redacted.Redacted<string> => {
    const found: Found = findSecret(ref, places);
    if (found.ok) return found.value;
    problems.push(`connections.${name}.${where}: ${found.reason}`);
    return Redacted.make("");
  };
  const webhookSecrets = connection.webhookSecrets.flatMap((ref, i) => splitSecrets(need(`webhookSecrets.${i}`, ref)));
  const settings = settingsOf(name, connection, (where, ref) => Redacted.value(need(where, ref)));
  if (problems.length > 0) return Either.left(problems);
  const { vendor, mode, rows, holdInverses, startAt, owner, entity, ratePerMinute, allowPrivate } = connection;
  const rules = { mode, rows, holdInverses, startAt };
  const rim = { owner, entity, ratePerMinute, allowPrivate };
  return Either.right({ name, vendor, rules, ...rim, webhookSecrets, settings: Redacted.make(settings) });
};

const settingsOf = (
  name: string,
  connection: FileConnection,
  secret: (where: string, ref: SecretRef) => string,
): ConnectionSettings => {
  if (connection.vendor === "stripe") {
    const { api } = connection;
    if (api === null) return { vendor: "stripe", connection: name, api };
    const { apiVersion = stripeVersion, ...rest } = api;
    return {
      vendor: "stripe",
      connection: name,
      api: { ...rest, apiVersion, apiKey: secret("api.apiKey", api.apiKey) },
    };
  }
  if (connection.vendor === "cloudevents")
    return { vendor: "cloudevents", connection: name, api: null, roles: connection.roles };
  if (connection.vendor === "salesforce") return salesforceSettings(name, connection, secret);
  const { api } = connection;
  if (api === null) return { vendor: "netsuite", connection: name, api };
  const auth =
    api.auth.type === "bearer"
      ? { ...api.auth, token: secret("api.auth.token", api.auth.token) }
      : { ...api.auth, privateKey: secret("api.auth.privateKey", api.auth.privateKey) };
  return { vendor: "netsuite", connection: name, api: { ...api, auth } };
};

const salesforceSettings = (
  name: string,
  { api }: Extract<FileConnection, { readonly vendor: "salesforce" }>,
  secret: (where: string, ref: SecretRef) => string,
): ConnectionSettings => {
  if (api === null) return { vendor: "salesforce", connection: name, api };
  const auth =
    api.auth.type === "bearer"
      ? { ...api.auth, token: secret("api.auth.token", api.auth.token) }
      : { ...api.auth, privateKey: secret("api.auth.privateKey", api.auth.privateKey) };
  const { account, opportunity, cpqQuote, order, contract } = api.names;
  const over = <N extends object>(usual: N | null, own: object | null | undefined): N | null =>
    own === null || usual === null ? null : { ...usual, ...own };
  const names = {
    account: { ...defaultNames.account, ...account },
    opportunity: over(defaultNames.opportunity, opportunity),
    cpqQuote: over(defaultNames.cpqQuote, cpqQuote),
    order: over(defaultNames.order, order),
    contract: over(defaultNames.contract, contract),
  };
  const documents = {
    externalId: api.documents.externalId ?? defaultDocuments.externalId,
    subscription: { ...defaultDocuments.subscription, ...api.documents.subscription },
    invoice: { ...defaultDocuments.invoice, ...api.documents.invoice },
  };
  return { vendor: "salesforce", connection: name, api: { ...api, auth, names, documents } };
};
