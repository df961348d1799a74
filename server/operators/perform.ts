/** An act from being asked for to being done: prepared by the engine, written to the journal, and answered as things stand then. */
import type { Json } from "../../domain/canonical.ts";
import type { Host, Sight } from "../host/host.ts";
import type { ActRequest, Prepared, Refused } from "./act.ts";
import { entriesOf } from "./entries.ts";
import type { Acted } from "./prepare.ts";

export interface Performed {
  readonly status: "done";
  readonly answer: Json;
  /** The same request was taken in before. */
  readonly repeated: boolean;
}

/** Rejects with a HostFailure. */
export const perform = async (
  host: Pick<Host, "ask" | "accept">,
  now: () => number,
  request: ActRequest,
  sight: Sight | null = null,
): Promise<Performed | Refused> => {
  const { id, hash } = request;
  const prepared = (await host.ask({ name: "prepareAct", request }, sight)) as unknown as Prepared;
  if (prepared.status === "refused") return prepared;
  if (prepared.status === "answered") return { status: "done", answer: prepared.answer, repeated: false };
  let repeated = prepared.status === "repeated";
  if (prepared.status === "ready") {
    const at = Math.max(now(), prepared.notBefore);
    const [first] = await host.accept(entriesOf(prepared.notes, request, at));
    repeated = first?._tag === "Duplicate";
  }
  const acted = (await host.ask({ name: "acted", id, hash }, sight)) as unknown as Acted;
  if (acted.status === "refused") return acted;
  return { status: "done", answer: acted.answer, repeated };
};
