/** Ids of what bears something out, each leading to where it is shown: an object's account, a command, the chain down to the bytes. */
import { addressOf } from "../api.ts";
import { Icon } from "./icon.tsx";

const isCommand = (id: string): boolean => /^cmd_[0-9a-f]{32}$/.test(id);

/** `stripe:invoice/in_1` → `stripe:in_1`: what the search and the explanation take. */
export const foreignId = (id: string): string => id.replace(/^([^:]+):[a-z_]+\//, "$1:");

/** Of those that `/v1/explain` tells of. */
const explained = new Set([
  ...["invoice", "posting", "payment", "refund", "credit_note", "dispute", "dispute_funds"],
  ...["subscription", "contract", "quote"],
]);
/** What `/v1/explain` calls it; null: it explains nothing of that kind. */
const kindOf = (id: string): string | null => {
  if (isCommand(id)) return "command";
  const kind = /^[^:]+:([a-z_]+)\//.exec(id)?.[1] ?? null;
  return kind !== null && explained.has(kind) ? kind : null;
};

export const explainHref = (id: string): string | null => {
  const kind = kindOf(id);
  return kind === null ? null : addressOf("/explain", { kind, id: isCommand(id) ? id : foreignId(id) });
};

export const Evidence = ({ ids }: { readonly ids: ReadonlyArray<string> }) => (
  <ul class="evidence">
    {ids.map((id) => {
      const href = isCommand(id) ? addressOf("/commands", { key: id }) : addressOf("/search", { q: foreignId(id) });
      const explain = explainHref(id);
      return (
        <li key={id}>
          <a href={href} class="mono">
            {id}
          </a>{" "}
          {explain !== null && (
            <a href={explain} class="why">
              <Icon name="link" /> why
            </a>
          )}
        </li>
      );
    })}
  </ul>
);

/** Where a refusal is put right that lacks something of the target: there everything that waits for it is sent again by itself. */
export const MappingHint = ({ target }: { readonly target: string }) => (
  <p class="soft">
    Does it refer to something that {target} does not have?{" "}
    <a href={addressOf("/connections", { map: target })}>Set a mapping in {target}</a>: what lacked it is sent again.
  </p>
);
