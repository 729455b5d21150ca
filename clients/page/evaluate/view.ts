import { toProblem } from '../../browser/problem.js';
import { downloadLink } from '../download-link.js';
import { element } from '../elements.js';
import { problemBox } from '../problem-box.js';
import type { PageContext, View } from '../view.js';
import { addressOf, cellOf } from './cell-address.js';
import { comparisonPanel } from './comparison-panel.js';
import { EvaluationPanel } from './evaluation-panel.js';
import { type DoneEvaluation, type EvaluatedPicture, Evaluations } from './evaluations.js';
import { orderForm } from './order-form.js';
import { PastTable } from './past-table.js';

const fallback = { code: 'PAGE_FAILED', message: 'The evaluations cannot be shown.' };

/** Evaluations by the service: a new one, the one that the address names, and those so far. */
export function openEvaluate({ root, models, classify }: PageContext): View {
  const { connection } = models.service;
  const evaluations = new Evaluations(connection);
  const panel = new EvaluationPanel({
    evaluations,
    onCell(id, cell) {
      location.hash = addressOf(id, cell);
    },
    onOpen: classifyAgain,
  });
  const place = element('div', { id: 'evaluation' });
  const compare = element('button', { type: 'button' }, 'Compare two');
  let chosen: readonly string[] = [];
  const past = new PastTable((ids) => {
    chosen = ids;
    compare.disabled = ids.length !== 2;
  });
  compare.addEventListener('click', () => {
    location.hash = `#/evaluate/compare/${chosen.join('/')}`;
  });

  root.append(
    section('new', 'Evaluate the model', orderForm(evaluations, models, started)),
    place,
    section(
      'past',
      'So far',
      past.element,
      element(
        'div',
        { class: 'toolbar' },
        compare,
        downloadLink(connection, 'evaluations.csv', 'All as CSV'),
      ),
    ),
  );

  let following = new AbortController();
  /** What is on show was started here: the visitor is at the form, and stays there. */
  let startedHere: string | undefined;

  function started({ id }: { readonly id: string }): void {
    startedHere = id;
    location.hash = addressOf(id, undefined);
  }

  async function classifyAgain({ id }: DoneEvaluation, { index, name }: EvaluatedPicture): Promise<void> {
    const response = await connection.open(evaluations.pictureUrl(id, index));
    const called = name?.split('/').at(-1) ?? `picture-${index}.png`;
    await classify([new File([await response.blob()], called, { type: 'image/png' })]);
  }

  async function follow(id: string, path: readonly string[], signal: AbortSignal): Promise<void> {
    let shown = false;
    for await (const view of evaluations.follow(id, signal)) {
      if (signal.aborted) return;
      panel.show(view);
      if (!shown) put(panel.element, id !== startedHere);
      shown = true;
    }
    const cell = cellOf(path);
    if (cell !== undefined) panel.openCell(cell);
    await list();
  }

  async function list(): Promise<void> {
    past.show(await evaluations.list());
  }

  /** @param take whether the visitor is taken there */
  function put(content: HTMLElement, take: boolean): void {
    place.replaceChildren(content);
    if (take) content.focus();
  }

  async function open(path: readonly string[], signal: AbortSignal): Promise<void> {
    const [first, ...others] = path;
    const [a, b] = others;
    try {
      if (first === undefined) place.replaceChildren();
      await list();
      if (signal.aborted) return; // the visitor has gone on
      if (first === 'compare' && a !== undefined && b !== undefined) {
        const content = comparisonPanel(await evaluations.compare(a, b));
        if (!signal.aborted) put(content, true);
      } else if (first !== undefined) await follow(first, others, signal);
    } catch (error) {
      if (!signal.aborted)
        place.replaceChildren(problemBox(toProblem(error, fallback), () => void open(path, signal)));
    }
  }

  return {
    show(path) {
      const [id = '', ...rest] = path;
      if (place.contains(panel.element) && panel.holds(id)) return panel.openCell(cellOf(rest));
      following.abort();
      following = new AbortController();
      void open(path, following.signal);
    },
    hide() {
      following.abort();
    },
  };
}

function section(id: string, title: string, ...content: HTMLElement[]): HTMLElement {
  return element(
    'section',
    { 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    ...content,
  );
}
