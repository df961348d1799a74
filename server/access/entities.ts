/** Which connections are of which legal entity, as the configuration says. *Pure.* */
import { defaultEntity } from "../../domain/periods.ts";
import type { ServerConfig } from "../config/config.ts";

export const entitiesOf = ({
  connections,
}: Pick<ServerConfig, "connections">): ReadonlyMap<string, ReadonlyArray<string>> => {
  const found = new Map<string, string[]>();
  for (const { name, entity = defaultEntity } of connections) found.set(entity, [...(found.get(entity) ?? []), name]);
  return found;
};
