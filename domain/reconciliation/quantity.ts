/** Quantities as decimal text, added and compared exactly. *Pure.* */
import * as Schema from "effect/Schema";
import { Decimal, parse, toText, total } from "../rating/rational.ts";

const isDecimal = Schema.is(Decimal);

/** The sum; where one of them is no decimal, all of them, so that it equals nothing else. */
export const totalOf = (texts: ReadonlyArray<string>): string =>
  texts.every(isDecimal) ? toText(total(texts.map((text) => parse(text)))) : texts.join(" + ");

/** Ten with and without decimals is the same. */
export const sameQuantity = (a: string | number, b: string | number): boolean =>
  totalOf([String(a)]) === totalOf([String(b)]);
