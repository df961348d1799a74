/**
 * Stripe's shapes as sent, only the fields read, absent and null alike, a reference expanded or not.
 * Each field is said twice: as a plain reader for the hot path and as an Effect Schema that documents it; a test holds them equal. *Pure.*
 */
import * as Schema from "effect/Schema";
import { exponentOf } from "../../domain/money.ts";

/** The content is not what the schema says: where, and why. Never leaves this folder. */
export class Misfit extends Error {
  path: string;
  readonly why: string;
  constructor(why: string, path = "") {
    super(why);
    this.path = path;
    this.why = why;
  }
  under(key: string | number): this {
    this.path = this.path === "" ? String(key) : `${key}.${this.path}`;
    return this;
  }
}

export const display = (value: unknown): string => {
  const text =
    value === undefined
      ? "nothing"
      : Array.isArray(value)
        ? "a list"
        : typeof value === "object" && value !== null
          ? "an object"
          : JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};
const misfit = (value: unknown, why: string): never => {
  throw new Misfit(`${display(value)} ${why}`);
};

// biome-ignore lint/suspicious/noExplicitAny: the encoded side is the vendor's
type Documented<A> = Schema.Schema<A, any>;
/** `absent`: what a missing or null field reads as; undefined when it must be there. */
export interface Field<A> {
  readonly read: (value: unknown) => A;
  readonly schema: () => Documented<A>;
  readonly absent: (() => A) | undefined;
}
// biome-ignore lint/suspicious/noExplicitAny: a record of fields of any type
type Fields = Readonly<Record<string, Field<any>>>;
export type Shape<F extends Fields> = { readonly [K in keyof F]: F[K] extends Field<infer A> ? A : never };

const must = <A>(read: (value: unknown) => A, schema: () => Documented<A>): Field<A> => ({
  read,
  schema,
  absent: undefined,
});

const nothing = (): null => null;
const maybe = <A>(field: Field<A>): Field<A | null> => {
  const inner = field.read;
  return {
    read: (value) => (value === undefined || value === null ? null : inner(value)),
    schema: () => Schema.NullOr(field.schema()),
    absent: nothing,
  };
};

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const struct = <F extends Fields>(fields: F): Field<Shape<F>> => {
  const keys = Object.keys(fields);
  const readers = keys.map((key) => fields[key]!.read);
  const build = (): Schema.Schema<Shape<F>, unknown> => {
    const properties: Record<string, Schema.Struct.Field> = {};
    for (const key of keys) {
      const field = fields[key]!;
      const { absent } = field;
      properties[key] = absent
        ? Schema.optionalWith(field.schema(), { nullable: true, default: absent })
        : field.schema();
    }
    return Schema.Struct(properties) as never;
  };
  return must((value) => {
    if (!isRecord(value)) return misfit(value, "is not an object");
    const out: Record<string, unknown> = {};
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      try {
        out[key] = readers[i]!(value[key]);
      } catch (cause) {
        throw cause instanceof Misfit ? cause.under(key) : cause;
      }
    }
    return out as Shape<F>;
  }, build);
};

const each = <A>(item: Field<A>): Field<ReadonlyArray<A>> => ({
  read: (value) => {
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) return misfit(value, "is not a list");
    const out: Array<A> = [];
    for (let i = 0; i < value.length; i++) {
      try {
        out.push(item.read(value[i]));
      } catch (cause) {
        throw cause instanceof Misfit ? cause.under(i) : cause;
      }
    }
    return out;
  },
  schema: () => Schema.Array(item.schema()),
  absent: () => [],
});

/** Stripe's list object; the pages beyond the first are not fetched. */
const list = <A>(item: Field<A>): Field<ReadonlyArray<A>> => {
  const page = struct({ data: each(item) });
  return {
    read: (value) => (value === undefined || value === null ? [] : page.read(value).data),
    schema: () =>
      Schema.transform(page.schema(), Schema.Array(Schema.typeSchema(item.schema())), {
        strict: true,
        decode: (read) => read.data,
        encode: (data) => ({ data }),
      }),
    absent: () => [],
  };
};

const idPattern = /^[^\p{Cc}\p{Zl}\p{Zp}]{1,255}$/u;
const isId = (value: unknown): value is string => typeof value === "string" && idPattern.test(value);
const IdSchema = Schema.String.pipe(Schema.pattern(idPattern));
const id = must(
  (value) => (isId(value) ? value : misfit(value, "is not an id")),
  () => IdSchema,
);
const ref = maybe(
  must(
    (value) => {
      const named = isRecord(value) ? value["id"] : value;
      return isId(named) ? named : misfit(value, "is not an id, nor an object with one");
    },
    () =>
      Schema.transform(Schema.Union(IdSchema, Schema.Struct({ id: IdSchema })), IdSchema, {
        strict: true,
        decode: (named) => (typeof named === "string" ? named : named.id),
        encode: (named) => named,
      }),
  ),
);
const text = maybe(
  must(
    (value) => (typeof value === "string" ? value : misfit(value, "is not text")),
    () => Schema.String,
  ),
);
const flag = maybe(
  must(
    (value) => (typeof value === "boolean" ? value : misfit(value, "is not true or false")),
    () => Schema.Boolean,
  ),
);
/** Adding zero turns -0 into 0. */
const amount = maybe(
  must(
    (value) =>
      Number.isSafeInteger(value) ? (value as number) + 0 : misfit(value, "is not a whole number of minor units"),
    () =>
      Schema.transform(Schema.Number.pipe(Schema.filter((n) => Number.isSafeInteger(n))), Schema.Number, {
        strict: true,
        decode: (n) => n + 0,
        encode: (n) => n,
      }),
  ),
);
/** The last second that a date can hold, either way. */
const lastSecond = 8_640_000_000_000;
const isSecond = (value: unknown): value is number =>
  Number.isInteger(value) && Math.abs(value as number) <= lastSecond;
/** Seconds since the epoch as sent; read as milliseconds. */
const seconds = maybe(
  must(
    (value) => (isSecond(value) ? value * 1000 + 0 : misfit(value, "is not a time in whole seconds")),
    () =>
      Schema.transform(Schema.Number.pipe(Schema.filter(isSecond)), Schema.Number, {
        strict: true,
        decode: (n) => n * 1000 + 0,
        encode: (n) => n / 1000,
      }),
  ),
);
/** Upper-cased; one of ISO 4217's active codes. */
const currency = maybe(
  must(
    (value) => {
      const code = typeof value === "string" ? value.toUpperCase() : "";
      return exponentOf(code) === null ? misfit(value, "is not an ISO 4217 currency") : code;
    },
    () =>
      Schema.transform(
        Schema.String.pipe(Schema.filter((code) => exponentOf(code.toUpperCase()) !== null)),
        Schema.String,
        { strict: true, decode: (code) => code.toUpperCase(), encode: (code) => code },
      ),
  ),
);
const decimalPattern = /^-?\d+(\.\d+)?$/;
const decimal = maybe(
  must(
    (value) =>
      typeof value === "string" && decimalPattern.test(value) ? value : misfit(value, "is not a decimal in digits"),
    () => Schema.String.pipe(Schema.pattern(decimalPattern)),
  ),
);
/** Values are looked at one by one, by who needs them. */
const metadata = maybe(
  must<Readonly<Record<string, unknown>>>(
    (value) => (isRecord(value) ? value : misfit(value, "is not an object")),
    () => Schema.Record({ key: Schema.String, value: Schema.Unknown }),
  ),
);

const base = { id, object: text, created: seconds, metadata };
/** An object that older bodies may only name: then it says nothing here. */
const expanded = <A>(whole: Field<A>): Field<A | null> => ({
  read: (value) => (value === undefined || value === null || typeof value === "string" ? null : whole.read(value)),
  schema: () =>
    Schema.transform(
      Schema.Union(Schema.NullOr(Schema.String), whole.schema()),
      Schema.NullOr(Schema.typeSchema(whole.schema())),
      {
        strict: true,
        decode: (value) => (typeof value === "string" ? null : value),
        encode: (value) => value,
      },
    ) as never,
  absent: nothing,
});
const recurring = maybe(struct({ interval: text, interval_count: amount, usage_type: text, meter: ref }));
const period = maybe(struct({ start: seconds, end: seconds }));
const lineParent = maybe(struct({ subscription: ref, proration: flag }));
const taxes = each(struct({ amount }));
const value = maybe(struct({ currency, value: amount }));

const customer = struct({ ...base, deleted: flag, name: text, email: text, currency });
const subscription = struct({
  ...base,
  customer: ref,
  status: text,
  start_date: seconds,
  cancel_at: seconds,
  cancel_at_period_end: flag,
  canceled_at: seconds,
  ended_at: seconds,
  current_period_end: seconds,
  trial_end: seconds,
  items: list(
    struct({
      id: ref,
      quantity: amount,
      current_period_end: seconds,
      price: expanded(struct({ id: ref, product: ref, currency, unit_amount_decimal: decimal, recurring })),
    }),
  ),
});
const invoicePayment = struct({
  ...base,
  status: text,
  invoice: ref,
  currency,
  amount_paid: amount,
  payment: maybe(struct({ payment_intent: ref, charge: ref, payment_record: ref })),
});
const invoice = struct({
  ...base,
  deleted: flag,
  customer: ref,
  status: text,
  number: text,
  currency,
  total: amount,
  tax: amount,
  total_tax_amounts: maybe(taxes),
  total_taxes: maybe(taxes),
  starting_balance: amount,
  ending_balance: amount,
  subscription: ref,
  parent: maybe(struct({ subscription_details: maybe(struct({ subscription: ref })) })),
  issuer: maybe(struct({ type: text, account: ref })),
  lines: list(
    struct({
      id: ref,
      amount,
      quantity: amount,
      pricing: maybe(
        struct({ unit_amount_decimal: decimal, price_details: maybe(struct({ price: ref, product: ref })) }),
      ),
      price: maybe(struct({ id: ref, product: ref, unit_amount_decimal: decimal, recurring })),
      period,
      proration: flag,
      subscription: ref,
      parent: maybe(struct({ subscription_item_details: lineParent, invoice_item_details: lineParent })),
    }),
  ),
  period_start: seconds,
  period_end: seconds,
  due_date: seconds,
  status_transitions: maybe(
    struct({ finalized_at: seconds, paid_at: seconds, voided_at: seconds, marked_uncollectible_at: seconds }),
  ),
  paid_out_of_band: flag,
  amount_paid: amount,
  payment_intent: ref,
  charge: ref,
  payments: list(invoicePayment),
});
const creditNote = struct({
  ...base,
  customer: ref,
  invoice: ref,
  status: text,
  number: text,
  currency,
  amount,
  total: amount,
  type: text,
  pre_payment_amount: amount,
  effective_at: seconds,
});
const refund = struct({ ...base, status: text, currency, amount, charge: ref, customer: ref });
const charge = struct({
  ...base,
  customer: ref,
  status: text,
  captured: flag,
  refunded: flag,
  currency,
  amount,
  amount_captured: amount,
  invoice: ref,
  payment_intent: ref,
  refunds: list(refund),
});
const paymentIntent = struct({
  ...base,
  customer: ref,
  status: text,
  invoice: ref,
  latest_charge: ref,
  charges: list(struct({ id })),
});
const paymentRecord = struct({
  ...base,
  customer_details: maybe(struct({ customer: ref })),
  amount: value,
  amount_requested: value,
  amount_guaranteed: value,
  amount_failed: value,
  amount_canceled: value,
  amount_refunded: value,
});
const dispute = struct({
  ...base,
  status: text,
  currency,
  amount,
  charge: ref,
  balance_transactions: each(struct({ amount, created: seconds })),
});
const product = struct({ ...base, deleted: flag, active: flag, name: text });
const price = struct({
  ...base,
  deleted: flag,
  active: flag,
  product: ref,
  currency,
  unit_amount: amount,
  unit_amount_decimal: decimal,
  recurring,
});

const payout = struct({
  ...base,
  status: text,
  amount,
  currency,
  arrival_date: seconds,
  automatic: flag,
  /** What the bank carries, where it says so. */
  trace_id: maybe(struct({ value: text })),
});
const balanceTransaction = struct({
  ...base,
  status: text,
  type: text,
  amount,
  fee: amount,
  net: amount,
  currency,
  source: ref,
});

/** By Stripe's own word for the object (`object` in the body). */
export const shapes = {
  customer,
  subscription,
  invoice,
  invoice_payment: invoicePayment,
  credit_note: creditNote,
  refund,
  charge,
  payment_intent: paymentIntent,
  payment_record: paymentRecord,
  dispute,
  product,
  price,
  payout,
  balance_transaction: balanceTransaction,
} as const;
export type ObjectName = keyof typeof shapes;
export type Read<N extends ObjectName> = ReturnType<(typeof shapes)[N]["read"]>;
