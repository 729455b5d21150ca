import { element } from '../elements.js';
import { cellInWords } from './confusion-table.js';
import type { Cell, DoneEvaluation, EvaluatedPicture, Evaluations, PictureOrder } from './evaluations.js';
import { pictureGrid } from './picture-grid.js';

const orders = {
  confident: 'the surest first',
  unsure: 'the least sure first',
  dataset: 'as the data has them',
} as const satisfies Record<PictureOrder, string>;

interface CellPanelOptions {
  readonly evaluations: Evaluations;
  readonly view: DoneEvaluation;
  readonly cell: Cell;
  readonly onOpen: (picture: EvaluatedPicture) => Promise<void>;
  readonly onClose: () => void;
}

/** The pictures behind one cell of the confusion matrix. Escape closes it. */
export function cellPanel({ evaluations, view, cell, onOpen, onClose }: CellPanelOptions): HTMLElement {
  const order = element('select', { name: 'order' });
  for (const [value, text] of Object.entries(orders)) order.append(element('option', { value }, text));
  const close = element('button', { type: 'button' }, 'Close');
  const place = element('div', {});
  const panel = element(
    'section',
    { id: 'cell', 'aria-labelledby': 'cell-title', tabindex: '-1' },
    element(
      'div',
      { class: 'toolbar' },
      element('h3', { id: 'cell-title' }, cellInWords(cell, countOf(view, cell))),
      element('label', {}, 'Order ', order),
      close,
    ),
    place,
  );

  const show = (): void => {
    const query = { ...cell, order: order.value as PictureOrder }; // its options are no others
    place.replaceChildren(pictureGrid({ evaluations, id: view.id, query, paged: true, onOpen }));
  };
  order.addEventListener('change', show);
  close.addEventListener('click', onClose);
  panel.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    onClose();
  });
  show();
  return panel;
}

/** 0 for labels that the evaluation does not know: the service says so in its own words. */
function countOf({ result }: DoneEvaluation, cell: Cell): number {
  const place = (name: string) => result.perClass.findIndex(({ label }) => label === name);
  return result.confusion[place(cell.true)]?.[place(cell.predicted)] ?? 0;
}
