/**
 * What one event says, register by register: the whole object in one, or, from sources that send only what changed, each field
 * in a register of its own (`account/001#name`). *Pure.*
 */
import { blanks, type CanonicalEvent, kindOf, type ObjectData } from "./event.ts";
import type { Observation, StatusOrder } from "./register.ts";

/** A vendor's orders of status, by kind. */
export type Orders = Partial<Record<string, StatusOrder>>;

const mark = "#";

/** The field that a register is of; null for the register of a whole object. */
export const fieldOf = (cell: string): string | null => {
  if (!cell.includes(mark)) return null;
  const blank = blanks[kindOf(cell) as keyof typeof blanks] as Readonly<Record<string, unknown>> | undefined;
  if (blank === undefined) return null;
  const field = cell.slice(cell.lastIndexOf(mark) + 1);
  return field.length < cell.length && Object.hasOwn(blank, field) ? field : null;
};

/** The object that a register says something about. */
export const subjectOfCell = (cell: string): string => {
  const field = fieldOf(cell);
  return field === null ? cell : cell.slice(0, -(field.length + mark.length));
};

/** The order that a register goes by: of a whole object, or of the field `status`. */
export const orderOf = (orders: Orders, cell: string): StatusOrder | undefined => {
  const field = fieldOf(cell);
  return field === null || field === "status" ? orders[kindOf(cell)] : undefined;
};

export interface Said {
  /** The register's name within its party. */
  readonly cell: string;
  readonly observation: Observation<ObjectData>;
}

export const observationsOf = ({ subject, data, clock, fields }: CanonicalEvent): ReadonlyArray<Said> => {
  const { at, trust } = clock;
  if (fields === undefined) return [{ cell: subject, observation: { status: data.status, at, trust, data } }];
  const values = data as unknown as Readonly<Record<string, unknown>>;
  return fields.map((field) => ({
    cell: `${subject}${mark}${field}`,
    observation: {
      status: field === "status" ? data.status : "",
      at,
      trust,
      data: { value: values[field] ?? null } as unknown as ObjectData,
    },
  }));
};

/** The whole object as its fields show it; what was never said is what `blanks` has. */
export const composed = (
  subject: string,
  fields: ReadonlyArray<{ readonly cell: string; readonly observation: Observation<ObjectData> }>,
): Observation<ObjectData> => {
  const data: Record<string, unknown> = { ...blanks[kindOf(subject) as keyof typeof blanks] };
  let at = Number.NEGATIVE_INFINITY;
  let trust = 0;
  for (const { cell, observation } of fields) {
    data[fieldOf(cell)!] = (observation.data as unknown as { readonly value: unknown }).value;
    if (observation.at > at) at = observation.at;
    if (observation.trust > trust) trust = observation.trust;
  }
  return { status: String(data["status"]), at, trust, data: data as unknown as ObjectData };
};
