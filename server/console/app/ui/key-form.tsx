/** Asks for the API key, once for each tab. */
import { useState } from "preact/hooks";
import { reconnect } from "../live.ts";
import { setKey } from "../session.ts";

export const KeyForm = ({ why }: { readonly why: string }) => {
  const [key, setTyped] = useState("");
  const give = (event: Event): void => {
    event.preventDefault();
    if (key.trim() === "") return;
    setKey(key.trim());
    reconnect();
  };
  return (
    <main class="key-page" id="main">
      <form class="card key-form" onSubmit={give}>
        <h1>tieout</h1>
        <p>{why}</p>
        <label>
          API key
          <input
            type="password"
            name="key"
            autocomplete="off"
            spellcheck={false}
            value={key}
            onInput={(event) => setTyped(event.currentTarget.value)}
          />
        </label>
        <p class="soft">It is kept in this tab until the tab is closed, and sent to this server alone.</p>
        <button type="submit" class="primary" disabled={key.trim() === ""}>
          Open
        </button>
      </form>
    </main>
  );
};
