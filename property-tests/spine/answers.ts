/** Writes docs/answers.md: what each answer of each vendor led to, by really running it. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { document, table } from "./answers-table.ts";

writeFileSync(fileURLToPath(new URL("../../docs/answers.md", import.meta.url)), document(await table()));
