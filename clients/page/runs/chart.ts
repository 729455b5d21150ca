import { draw, drawingSize, type LineChart, type Reading } from '../../../train/report/line-chart.js';
import { element } from '../elements.js';

/** How far a key takes the reading, in parts of all readings; `step` is one. */
const keys: Readonly<Record<string, 'step back' | 'step on' | 'leap back' | 'leap on' | 'first' | 'last'>> = {
  ArrowLeft: 'step back',
  ArrowDown: 'step back',
  ArrowRight: 'step on',
  ArrowUp: 'step on',
  PageDown: 'leap back',
  PageUp: 'leap on',
  Home: 'first',
  End: 'last',
};

/**
 * The curves of a run, drawn as in its report.html. The pointer reads the values of a step, and so do the arrow keys: to
 * a screen reader the plot is a slider over the steps, whose value is what was measured there. What is being read stays
 * when the curves grow.
 */
export class Chart {
  readonly element: HTMLElement;
  readonly #legend = element('ul', { class: 'legend' });
  readonly #plot = element('div', { class: 'plot', role: 'slider', tabindex: '0' });
  readonly #caption = element('figcaption', {});
  readonly #none = element('p', { class: 'none' }, 'Nothing measured yet.');
  #summary = '';
  #readings: readonly Reading[] = [];
  /** The step that is being read. */
  #read: number | undefined;

  constructor(title: string) {
    this.element = element(
      'figure',
      { class: 'chart' },
      element('h3', {}, title),
      this.#none,
      this.#legend,
      this.#plot,
      this.#caption,
    );
    this.#plot.setAttribute('aria-label', title);
    this.#plot.addEventListener('pointermove', ({ clientX }) => this.#point(clientX));
    this.#plot.addEventListener('pointerleave', () => this.#end());
    this.#plot.addEventListener('focus', () => {
      if (this.#plot.matches(':focus-visible')) this.#readAt(this.#readings.length - 1);
    });
    this.#plot.addEventListener('blur', () => this.#end());
    this.#plot.addEventListener('keydown', (event) => this.#key(event));
  }

  show(chart: LineChart): void {
    const drawing = draw(chart);
    this.#readings = drawing?.readings ?? [];
    this.#summary = chart.summary;
    const nothing = drawing === undefined;
    this.#none.hidden = !nothing;
    this.#plot.hidden = nothing;
    this.#legend.hidden = nothing || drawing.series.length === 1;
    if (drawing !== undefined) {
      const { width, height } = drawingSize;
      const marks = drawing.marks.text; // escaped where it was made
      this.#plot.innerHTML = `<svg viewBox="0 0 ${width} ${height}" aria-hidden="true">${marks}</svg>`;
      const items = drawing.series.map(({ label, look }) => element('li', { class: look }, label));
      this.#legend.replaceChildren(...items);
      this.#plot.setAttribute('aria-valuemin', String(this.#readings[0]!.step));
      this.#plot.setAttribute('aria-valuemax', String(this.#readings.at(-1)!.step));
    }
    this.#tell();
  }

  #point(clientX: number): void {
    const { left, width } = this.#plot.getBoundingClientRect();
    const x = ((clientX - left) / width) * drawingSize.width;
    this.#readAt(nearest(this.#readings, (reading) => reading.x, x));
  }

  #key(event: KeyboardEvent): void {
    const move = keys[event.key];
    if (move === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const last = this.#readings.length - 1;
    const leap = Math.max(1, Math.round(last / 10));
    const now = this.#read === undefined ? last : this.#indexOf(this.#read);
    const to = {
      'step back': now - 1,
      'step on': now + 1,
      'leap back': now - leap,
      'leap on': now + leap,
      first: 0,
      last,
    }[move];
    this.#readAt(Math.min(last, Math.max(0, to)));
  }

  #readAt(index: number): void {
    this.#read = this.#readings[index]?.step;
    this.#tell();
  }

  #end(): void {
    this.#read = undefined;
    this.#tell();
  }

  #indexOf(step: number): number {
    return nearest(this.#readings, (reading) => reading.step, step);
  }

  /** What is being read, else what the curves come to. */
  #tell(): void {
    const reading = this.#read === undefined ? undefined : this.#readings[this.#indexOf(this.#read)];
    const cursor = this.#plot.querySelector('.cursor');
    if (reading === undefined) cursor?.setAttribute('visibility', 'hidden');
    else {
      cursor?.setAttribute('x1', String(reading.x));
      cursor?.setAttribute('x2', String(reading.x));
      cursor?.setAttribute('visibility', 'visible');
    }
    const now = reading ?? this.#readings.at(-1);
    this.#plot.setAttribute('aria-valuenow', String(now?.step ?? 0));
    this.#plot.setAttribute('aria-valuetext', now?.text ?? '');
    this.#caption.textContent = reading?.text ?? this.#summary;
  }
}

/** The index of the item whose place is nearest; -1 where there is none. */
function nearest<T>(items: readonly T[], placeOf: (item: T) => number, place: number): number {
  let found = -1;
  let distance = Number.POSITIVE_INFINITY;
  for (const [index, item] of items.entries()) {
    const away = Math.abs(placeOf(item) - place);
    if (away >= distance) continue;
    found = index;
    distance = away;
  }
  return found;
}
