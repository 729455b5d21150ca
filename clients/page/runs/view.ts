import { toProblem } from '../../browser/problem.js';
import { element } from '../elements.js';
import { problemBox } from '../problem-box.js';
import type { PageContext, View } from '../view.js';
import { followRun, wait } from './follow.js';
import { RunPanel } from './run-panel.js';
import { type RunSummary, Runs } from './runs.js';
import { RunsTable } from './runs-table.js';

const fallback = { code: 'PAGE_FAILED', message: 'The runs cannot be shown.' };

/** From one look at the list to the next, in ms. */
const listPause = 5000;

/** The training runs that the service knows, and the one that the address names: `#/runs/NAME/OTHER`. */
export function openRuns({ root, models }: PageContext): View {
  const runs = new Runs(models.service.connection);
  const place = element('div', { id: 'run' });
  const table = new RunsTable();
  const none = howToTrain();
  const listPlace = element('div', {});
  root.append(
    place,
    element(
      'section',
      { 'aria-labelledby': 'runs-title' },
      element('h2', { id: 'runs-title' }, 'Training runs'),
      listPlace,
    ),
  );

  let showing = new AbortController();
  let panel: RunPanel | undefined;
  let besides: string | undefined;
  let known: readonly RunSummary[] = [];

  async function list(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        known = await runs.list(signal);
        table.show(known);
        panel?.offer(known, besides);
        const content = known.length === 0 ? none : table.element;
        if (content.parentElement !== listPlace) listPlace.replaceChildren(content);
      } catch (error) {
        if (signal.aborted) return;
        // One that has the visitor's attention is told by the panel.
        if (panel === undefined) listPlace.replaceChildren(problemBox(toProblem(error, fallback)));
      }
      await wait(listPause, signal);
    }
  }

  async function follow(name: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const seen of followRun(runs, name, signal)) {
        if (signal.aborted) return;
        if (panel?.name !== name) put(new RunPanel(runs, name, goBeside));
        if (seen.kind === 'current') panel?.show(seen.run, seen.rows);
        else panel?.showStale(seen.problem);
      }
    } catch (error) {
      if (signal.aborted) return;
      panel = undefined;
      place.replaceChildren(problemBox(toProblem(error, fallback), () => void follow(name, signal)));
    }
  }

  /** The other run's curves; without them, those of the first stand alone. */
  async function followBeside(other: string, signal: AbortSignal): Promise<void> {
    try {
      for await (const seen of followRun(runs, other, signal))
        if (!signal.aborted && seen.kind === 'current') panel?.showBeside({ name: other, rows: seen.rows });
    } catch {
      if (!signal.aborted) panel?.showBeside(undefined);
    }
  }

  function put(next: RunPanel): void {
    panel = next;
    next.offer(known, besides);
    place.replaceChildren(next.element);
    next.element.focus();
  }

  function goBeside(other: string | undefined): void {
    const names = [panel!.name, ...(other === undefined ? [] : [other])];
    location.hash = `#/runs/${names.map(encodeURIComponent).join('/')}`;
  }

  return {
    show(path) {
      showing.abort();
      showing = new AbortController();
      const { signal } = showing;
      const [name, other] = path;
      besides = other;
      if (name === undefined || panel?.name !== name) {
        panel = undefined;
        place.replaceChildren();
      }
      panel?.showBeside(undefined);
      void list(signal);
      if (name !== undefined) void follow(name, signal);
      if (other !== undefined) void followBeside(other, signal);
    },
    hide() {
      showing.abort();
    },
  };
}

function howToTrain(): HTMLElement {
  return element(
    'div',
    { class: 'empty' },
    element('p', {}, 'There is no run in the folder that the service looks at. This begins one:'),
    element('pre', {}, element('code', {}, 'npx kiln train --dataset shapes')),
    element(
      'p',
      { class: 'details' },
      'The service looks at runs/ where it was started; kiln serve --runs DIR names another folder.',
    ),
  );
}
