/** The console begins here: the page of the address within the shell, and the stream for all of them. */
import { type ComponentType, render } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ApiFailure } from "./api.ts";
import { follow } from "./live.ts";
import { type PageEntry, pages } from "./pages.ts";
import type { PageProps } from "./paths.ts";
import { followLinks, place } from "./router.ts";
import { keyWanted } from "./session.ts";
import { KeyForm } from "./ui/key-form.tsx";
import { Shell } from "./ui/shell.tsx";
import { Empty, Failure, Loading } from "./ui/states.tsx";
import { Toasts } from "./ui/toast.tsx";

const sandbox = document.querySelector<HTMLMetaElement>('meta[name="tieout-sandbox"]')?.content === "yes";
const loaded = new Map<string, ComponentType<PageProps>>();

const Page = ({ page }: { readonly page: PageEntry }) => {
  const [, setArrived] = useState("");
  const [failed, setFailed] = useState<string | null>(null);
  const [round, setRound] = useState(0);
  const { parameters, search } = place.value;
  useEffect(() => {
    setFailed(null);
    document.title = `${page.title} · tieout`;
    if (loaded.has(page.name)) return;
    page.load().then(
      ({ default: component }) => {
        loaded.set(page.name, component);
        setArrived(page.name);
      },
      () => setFailed(page.name),
    );
  }, [page, round]);
  const Component = loaded.get(page.name);
  if (Component !== undefined) return <Component parameters={parameters} search={search} />;
  if (failed !== page.name) return <Loading what={page.title} rows={6} />;
  const detail =
    "Its code could not be fetched: the server is down, or was replaced by a newer one. Load the console anew.";
  const failure = new ApiFailure({ type: "page", status: 0, title: "This page did not come", detail });
  return <Failure failure={failure} retry={() => setRound(round + 1)} />;
};

const App = () => {
  if (keyWanted.value !== null) return <KeyForm why={keyWanted.value} />;
  const { page: name, path } = place.value;
  const page = pages.find((entry) => entry.name === name) ?? null;
  return (
    <Shell sandbox={sandbox}>
      {page === null ? (
        <Empty title={`Nothing is at ${path}`}>
          <p>
            <a href="/">Now</a> is where to begin.
          </p>
        </Empty>
      ) : (
        <Page key={page.name} page={page} />
      )}
      <Toasts />
    </Shell>
  );
};

followLinks();
void follow();
const root = document.getElementById("app")!;
root.replaceChildren();
render(<App />, root);
