/** Which fields hold personal data: marked once, where the field is declared. Who may not see them gets a mask in their place. *Pure.* */
import type * as Schema from "effect/Schema";
import type * as AST from "effect/SchemaAST";

const mark = Symbol.for("tieout/personal");

/** The name of a person or a contact, an address, or bytes that may hold either. */
export const personal = <S extends Schema.Annotable.All>(schema: S): Schema.Annotable.Self<S> =>
  schema.annotations({ [mark]: true });

export const isPersonal = (ast: AST.Annotated): boolean => ast.annotations[mark] === true;

/** The names of the marked fields of these structs, for content whose shape nobody states. */
export const personalNames = (structs: ReadonlyArray<Schema.Struct<Schema.Struct.Fields>>): ReadonlySet<string> =>
  new Set(
    structs.flatMap(({ fields }) =>
      Object.entries(fields)
        .filter(([, field]) => isPersonal(field.ast as AST.AST))
        .map(([name]) => name),
    ),
  );

/** In the place of what is not shown. */
export const hidden = "•••";
