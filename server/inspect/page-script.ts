/**
 * What the page does in the browser, as text: nothing before a button is pressed; then a WebSocket to this server, a list of what came,
 * and, only if that was the button, every message on to the hosted inspector's origin and no other.
 */

export const hostedOrigin = "https://stately.ai";
export const hostedPage = `${hostedOrigin}/inspect`;
/** How long the hosted page may take to say that it listens. Milliseconds. */
const patienceMs = 15_000;
/** Lines of the list, and messages kept for a hosted page that does not listen yet. */
const mostLines = 500;

export const pageScript = `"use strict";
(() => {
  const hostedOrigin = ${JSON.stringify(hostedOrigin)};
  const hostedPage = ${JSON.stringify(hostedPage)};
  const by = (id) => document.getElementById(id);
  const say = (text) => { by("status").textContent = text; };
  const chosen = new Set(new URLSearchParams(location.search).getAll("account"));
  let socket = null, frame = null, listening = false, kept = [], regions = new Map(), timer = 0;

  const headers = () => (by("key").value ? { authorization: "Bearer " + by("key").value } : {});
  const choose = (id, on) => {
    if (on) chosen.add(id); else chosen.delete(id);
    by("chosen").textContent = chosen.size === 0 ? "none yet" : [...chosen].join(", ");
  };
  const list = async () => {
    const query = by("q").value.trim();
    const answer = await fetch("/v1/accounts?limit=100" + (query ? "&q=" + encodeURIComponent(query) : ""), { headers: headers() });
    const body = await answer.json();
    const into = by("accounts");
    into.replaceChildren();
    if (!answer.ok) return say("The list of accounts was refused: " + (body.detail || answer.status));
    for (const { id, name, stage } of body.items) {
      const label = document.createElement("label"), box = document.createElement("input");
      box.type = "checkbox";
      box.checked = chosen.has(id);
      box.addEventListener("change", () => choose(id, box.checked));
      label.append(box, " " + name + " ", Object.assign(document.createElement("small"), { textContent: stage + " " + id }));
      into.append(label);
    }
    if (body.items.length === 0) into.textContent = "no account";
  };

  const line = (message) => {
    const row = document.createElement("li");
    const at = new Date(Number(message.createdAt)).toISOString().slice(11, 23);
    let text = message.type;
    if (message.type === "@xstate.event") text = message.event.type + (message.event.count ? " × " + message.event.count : "");
    else {
      const before = regions.get(message.sessionId) || {}, after = message.snapshot.value || {};
      regions.set(message.sessionId, after);
      const moved = Object.keys(after).filter((region) => before[region] !== after[region])
        .map((region) => region + " " + (before[region] ? before[region] + " → " : "") + after[region]);
      text = (message.type === "@xstate.actor" ? "account " : "") + (message.snapshot.context || {}).account + ": " + (moved.join(", ") || "no region moved") +
        (message.snapshot.status === "active" ? "" : " (" + message.snapshot.status + ": " + message.event.type + ")");
    }
    row.textContent = at + "  " + message.sessionId + "  " + text;
    by("events").prepend(row);
    if (by("events").children.length > ${mostLines}) by("events").lastChild.remove();
  };

  const forward = (message) => {
    if (frame === null) return;
    if (listening) return frame.contentWindow.postMessage(message, hostedOrigin);
    kept.push(message);
    if (kept.length > ${mostLines}) kept.splice(kept.findIndex((one) => one.type !== "@xstate.actor"), 1);
  };
  addEventListener("message", (event) => {
    if (frame === null || event.origin !== hostedOrigin || event.source !== frame.contentWindow) return;
    if (!event.data || event.data.type !== "@statelyai.connected") return;
    clearTimeout(timer);
    listening = true;
    say("Connected: the events below also go to " + hostedOrigin + ".");
    for (const message of kept.splice(0)) frame.contentWindow.postMessage(message, hostedOrigin);
  });

  const disconnect = (text) => {
    clearTimeout(timer);
    if (socket !== null) { socket.onclose = null; socket.close(); socket = null; }
    if (frame !== null) { frame.remove(); frame = null; }
    listening = false;
    kept = [];
    for (const id of ["here", "hosted"]) by(id).disabled = false;
    by("stop").disabled = true;
    say(text);
  };
  const connect = (outside) => {
    if (chosen.size === 0) return say("Choose at least one account first.");
    disconnect("");
    by("events").replaceChildren();
    regions = new Map();
    if (outside) {
      frame = document.createElement("iframe");
      frame.title = "Stately Inspector";
      frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-popups allow-forms");
      frame.referrerPolicy = "no-referrer";
      frame.src = hostedPage;
      by("frame").append(frame);
      timer = setTimeout(() => say("The hosted inspector does not answer: nothing was sent to it so far. The events are listed below."), ${patienceMs});
    }
    const target = new URL("/inspect", location.href);
    target.protocol = target.protocol.replace("http", "ws");
    for (const id of chosen) target.searchParams.append("account", id);
    const key = by("key").value;
    const encoded = btoa(String.fromCharCode(...new TextEncoder().encode(key))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
    socket = new WebSocket(target, key ? ["tieout.inspect", "tieout.key." + encoded] : ["tieout.inspect"]);
    socket.onopen = () => say(outside ? "Watching; waiting for the hosted inspector." : "Watching; nothing leaves this browser.");
    socket.onmessage = (event) => { const message = JSON.parse(event.data); line(message); forward(message); };
    socket.onclose = (event) => { socket = null; disconnect("Disconnected" + (event.reason ? ": " + event.reason : event.code === 1006 ? ": refused, or the server is gone" : "") + "."); };
    for (const id of ["here", "hosted"]) by(id).disabled = true;
    by("stop").disabled = false;
  };

  by("find").addEventListener("submit", (event) => { event.preventDefault(); list().catch((error) => say(String(error))); });
  by("here").addEventListener("click", () => connect(false));
  by("hosted").addEventListener("click", () => connect(true));
  by("stop").addEventListener("click", () => disconnect("Disconnected."));
  choose("", false);
  list().catch((error) => say(String(error)));
})();
`;
