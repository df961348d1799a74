/**
 * Names and addresses as numbers: the fold has to know which of them are the same, and nobody has to read them for that. One value is
 * one number throughout an answer, so that what was equal stays equal and what differed still differs. *Pure.*
 */
import type { Json } from "../../domain/canonical.ts";
import { dataSchemas } from "../../domain/event.ts";
import { personalNames } from "../../domain/personal.ts";

const names = personalNames(Object.values(dataSchemas) as never);

/** A register of one field has its name after the object's: `account/001#name`. */
const isOfPersonalField = (cell: string): boolean =>
  cell.includes("#") && names.has(cell.slice(cell.lastIndexOf("#") + 1));

export interface Pseudonyms {
  /** With every value of a personal field replaced; what was given before keeps its number. `cell`: the register that it is. */
  readonly cover: <A extends Json>(value: A, cell?: string) => A;
  /** What a text in such a field became, by the text. */
  readonly given: ReadonlyMap<string, string>;
}

/** `plain`: ids that stand where a name is missing; they are no names. */
export const makePseudonyms = (plain: ReadonlySet<string>): Pseudonyms => {
  const given = new Map<string, string>();
  const number = (text: string): string => {
    if (plain.has(text)) return text;
    const known = given.get(text);
    if (known !== undefined) return known;
    const made = `•${given.size + 1}•`;
    given.set(text, made);
    return made;
  };
  /** `inRegister`: of one personal field, where it is called `value`. */
  const cover = (value: Json, isPersonal: boolean, inRegister: boolean): Json => {
    if (typeof value === "string") return isPersonal ? number(value) : value;
    if (value === null || typeof value !== "object") return value;
    if (Array.isArray(value)) return value.map((inner: Json) => cover(inner, isPersonal, inRegister));
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => [
        name,
        inner === undefined
          ? null
          : cover(inner, names.has(name) || (inRegister && name === "value"), inRegister || isOfPersonalField(name)),
      ]),
    );
  };
  return { cover: (value, cell = "") => cover(value, false, isOfPersonalField(cell)) as never, given };
};
