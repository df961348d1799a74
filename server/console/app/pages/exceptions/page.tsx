/** What the systems cannot settle by themselves (finance's) and what is wrong with the pipes (engineers'): two queues, never mixed. */
import { plural } from "../../format.ts";
import { now } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { withSearch } from "../../router.ts";
import { Exceptions } from "./exceptions.tsx";
import { Faults } from "./faults.tsx";

export default function ExceptionsPage({ search }: PageProps) {
  const isFaults = search.get("queue") === "faults";
  const told = now.value;
  const clean = {
    ...Object.fromEntries([...search.keys()].map((name) => [name, null])),
  };
  return (
    <>
      <div class="page-head">
        <h1>{isFaults ? "Faults" : "Exceptions"}</h1>
        <p>
          {isFaults
            ? "What is wrong with the pipes: for engineers."
            : "Where the systems cannot agree by themselves: for finance."}
        </p>
      </div>
      <nav class="tabs" aria-label="Queues">
        <a href={withSearch(clean)} {...(isFaults ? {} : { "aria-current": "page" as const })}>
          Finance: {told === null ? "exceptions" : plural(told.exceptions.total, "exception")}
        </a>
        <a href={withSearch({ ...clean, queue: "faults" })} {...(isFaults ? { "aria-current": "page" as const } : {})}>
          Engineers: {told === null ? "faults" : plural(told.faults.total, "fault")}
        </a>
      </nav>
      {isFaults ? <Faults search={search} /> : <Exceptions search={search} />}
    </>
  );
}
