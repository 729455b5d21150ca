import { element } from '../elements.js';
import { Chart } from './chart.js';
import { type Compared, lossChart, precisionChart, rateChart, speedChart } from './curves.js';
import { ValuesTable } from './values-table.js';

/** The curves of a run: loss, precision, learning rate and speed, and the same as a table. */
export class Charts {
  readonly element: HTMLElement;
  readonly #log = element('input', { type: 'checkbox' });
  readonly #loss = new Chart('Loss');
  readonly #precision = new Chart('Precision @ 1 on validation');
  readonly #rate = new Chart('Learning rate');
  readonly #speed = new Chart('Speed');
  readonly #values = new ValuesTable();
  #shown: Compared | undefined;

  /** @param beside what else belongs to the curves' controls */
  constructor(beside: HTMLElement) {
    this.#log.checked = true;
    this.#log.addEventListener('change', () => this.#drawLoss());
    const logarithmic = element('label', { class: 'tick' }, this.#log, 'Loss on a logarithmic scale');
    const charts = [this.#loss, this.#precision, this.#rate, this.#speed].map((chart) => chart.element);
    this.element = element(
      'section',
      { 'aria-label': 'Curves' },
      element('div', { class: 'toolbar' }, logarithmic, beside),
      element('div', { class: 'charts' }, ...charts),
      this.#values.element,
    );
  }

  show(compared: Compared): void {
    this.#shown = compared;
    this.#drawLoss();
    this.#precision.show(precisionChart(compared));
    this.#rate.show(rateChart(compared));
    this.#speed.show(speedChart(compared));
    this.#values.show(compared.rows);
  }

  #drawLoss(): void {
    if (this.#shown !== undefined)
      this.#loss.show(lossChart(this.#shown, this.#log.checked ? 'log' : 'linear'));
  }
}
