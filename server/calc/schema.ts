/** The JSON Schema of a calculator's input, from the schema that decodes it. *Pure.* */
import * as JSONSchema from "effect/JSONSchema";
import * as Schema from "effect/Schema";
import { type CalculatorName, formsOf } from "../../domain/reports/calculate.ts";
import { calculatorsTold } from "./names.ts";

/** Of one form, or of all that the calculator takes. */
export const inputSchema = (name: CalculatorName, form: string | null): object => {
  const forms = Object.entries(formsOf(name)).filter(([each]) => form === null || each === form);
  const schemas = forms.map(([each, { schema }]) =>
    schema.annotations({ title: forms.length === 1 ? `calc ${name}` : each }),
  );
  const whole = schemas.length === 1 ? schemas[0]! : Schema.Union(...schemas);
  const made = JSONSchema.make(whole.annotations({ title: `calc ${name}` }), { target: "jsonSchema2020-12" });
  return { ...made, description: calculatorsTold[name] };
};
