import { element } from '../elements.js';
import { wide } from '../wide.js';
import { cellPanel } from './cell-panel.js';
import { buttonOf, confusionTable } from './confusion-table.js';
import type { Cell, DoneEvaluation, EvaluatedPicture, Evaluations } from './evaluations.js';
import { pictureGrid } from './picture-grid.js';

export interface EvaluatedPicturesOptions {
  readonly evaluations: Evaluations;
  readonly view: DoneEvaluation;
  readonly onOpen: (picture: EvaluatedPicture) => Promise<void>;
  /** The visitor opens a cell, or closes the one that is open. */
  readonly onCell: (cell: Cell | undefined) => void;
}

/** The confusion matrix, the pictures of the cell that is open, and the worst mistakes. */
export class EvaluatedPictures {
  readonly elements: readonly HTMLElement[];
  readonly #options: EvaluatedPicturesOptions;
  readonly #table: HTMLTableElement;
  readonly #place = element('div', {});
  #button: HTMLButtonElement | undefined;

  constructor(options: EvaluatedPicturesOptions) {
    const { evaluations, view, onOpen, onCell } = options;
    this.#options = options;
    this.#table = confusionTable(view.result, onCell);
    const query = { wrong: true, order: 'confident' } as const;
    this.elements = [
      wide('Confusion matrix', this.#table),
      this.#place,
      element(
        'section',
        { 'aria-labelledby': 'worst-title' },
        element('h3', { id: 'worst-title' }, 'Worst mistakes'),
        element('p', { class: 'details' }, 'Wrong answers that the model was surest of.'),
        pictureGrid({ evaluations, id: view.id, query, paged: false, onOpen }),
      ),
    ];
  }

  /** Shows the pictures of a cell and takes the visitor there; without a cell, back to where they came from. */
  open(cell: Cell | undefined): void {
    this.#button?.setAttribute('aria-expanded', 'false');
    if (cell === undefined) {
      this.#place.replaceChildren();
      this.#button?.focus();
      this.#button = undefined;
      return;
    }
    const { evaluations, view, onOpen, onCell } = this.#options;
    const panel = cellPanel({ evaluations, view, cell, onOpen, onClose: () => onCell(undefined) });
    this.#place.replaceChildren(panel);
    this.#button = buttonOf(this.#table, cell);
    this.#button?.setAttribute('aria-expanded', 'true');
    panel.focus();
  }
}
