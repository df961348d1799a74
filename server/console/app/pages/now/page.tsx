/** What is broken that somebody must act on, and whether everything moves. */

import { useEffect } from "preact/hooks";
import { get } from "../../api.ts";
import { plural } from "../../format.ts";
import type { NowAnswer } from "../../live.ts";
import { missed, now } from "../../live.ts";
import type { PageProps } from "../../paths.ts";
import { go } from "../../router.ts";
import { Failure, Loading } from "../../ui/states.tsx";
import { useLoad } from "../../use-load.ts";
import { ExceptionsCard } from "./exceptions.tsx";
import { FaultsCard } from "./faults.tsx";
import { Funnel } from "./funnel.tsx";
import { Pipe } from "./pipe.tsx";

const verdict = ({ exceptions, faults, pipe, syncs }: NowAnswer): string => {
  const queues = [
    exceptions.total > 0 ? plural(exceptions.total, "exception") : null,
    faults.total > 0 ? plural(faults.total, "fault") : null,
  ].filter((part) => part !== null);
  if (queues.length > 0) return `${queues.join(" and ")} to act on`;
  if (pipe.head > pipe.position || (syncs["propagating"] ?? 0) > 0)
    return "Nothing to act on; changes are on their way";
  return "Nothing to act on, and every system agrees";
};

/** The address of the older page, which listed accounts here. */
const isOldList = (search: URLSearchParams): boolean =>
  ["q", "stage", "sync", "cursor"].some((name) => search.has(name));

export default function NowPage({ search }: PageProps) {
  useEffect(() => {
    if (isOldList(search)) go(`/search?${search}`, { replace: true });
  }, [search]);
  // The stream tells the same; asked for once, for keys that may not follow it.
  const asked = useLoad((signal) => get<NowAnswer>("/v1/now", {}, signal), [missed.value]);
  const told = now.value ?? asked.value;
  if (told === null)
    return asked.failure === null ? (
      <Loading what="how things stand" rows={8} />
    ) : (
      <Failure failure={asked.failure} retry={asked.reload} />
    );
  return (
    <>
      <div class="page-head">
        <h1>{verdict(told)}</h1>
        <p>
          {plural(told.accounts, "account")}
          {told.complete ? "" : ", still counting"} · entry {told.seq} of the journal
        </p>
      </div>
      <div class="now">
        <Pipe told={told} />
        <ExceptionsCard told={told.exceptions} />
        <FaultsCard told={told.faults} />
        <Funnel told={told} />
      </div>
    </>
  );
}
