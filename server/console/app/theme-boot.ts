/** Before the first paint: what somebody chose on this machine, so that no light page flashes in a dark room. A script of its own. */
const chosen = localStorage.getItem("tieout.theme");
if (chosen === "light" || chosen === "dark") document.documentElement.dataset["theme"] = chosen;

export {};
