// The page: starts it, and shows the view that the address asks for.
import { render } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import 'uplot/dist/uPlot.min.css';
import './page.css';
import { Fleet } from './fleet.ts';
import { Header } from './header.tsx';
import { useRoute, useStore } from './hooks.ts';
import { Overview } from './overview.tsx';
import { OVERVIEW } from './route.ts';
import { TargetPage } from './target-page.tsx';

function Page() {
  const route = useRoute();
  const fleet = useMemo(() => new Fleet(), []);
  const view = useStore(fleet);
  const isOverview = route.view === 'overview';
  const backTo = useRef(OVERVIEW);
  if (isOverview) backTo.current = route;
  const [selected, setSelected] = useState<string>();
  // One stream at a time: a server has room for so many, and a browser opens six at most.
  useEffect(() => (isOverview ? fleet.follow() : fleet.glance()), [fleet, isOverview]);
  useEffect(() => {
    document.title = isOverview ? 'Setpoint' : `${route.namespace}/${route.name} · Setpoint`;
  }, [route]);
  return isOverview ? (
    <>
      <Header controller={view.controller} status={view.status} rows={view.rows} />
      <Overview route={route} view={view} selected={selected} onSelect={setSelected} />
    </>
  ) : (
    <TargetPage key={`${route.namespace}/${route.name}`} route={route} fleet={view} backTo={backTo.current} />
  );
}

const root = document.getElementById('page');
if (!root) throw new Error('index.html has no element of the id "page"');
render(<Page />, root);
