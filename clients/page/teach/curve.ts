import { element, svgElement } from '../elements.js';

/** Of the drawing, in its own units. */
const size = { width: 300, height: 80, margin: 4 };

export interface CurveOptions {
  /** Of what the curve shows: a class of the style sheet. */
  readonly name: string;
  readonly title: string;
  /** The value at the upper edge; the largest so far where there is none. The lower edge is zero. */
  readonly max?: number;
  readonly format: (value: number) => string;
}

/** One figure from epoch to epoch, drawn small, with its last value in words. */
export class Curve {
  readonly element: HTMLElement;
  readonly #options: CurveOptions;
  readonly #line = svgElement('polyline', { fill: 'none' });
  readonly #end = svgElement('circle', { r: '3' });
  readonly #drawing: SVGElement;
  readonly #value = element('strong', {});

  constructor(options: CurveOptions) {
    this.#options = options;
    const { width, height, margin } = size;
    const y = String(height - margin);
    this.#drawing = svgElement(
      'svg',
      { viewBox: `0 0 ${width} ${height}`, role: 'img', class: `lesson-curve ${options.name}` },
      svgElement('line', { x1: '0', x2: String(width), y1: y, y2: y }),
      this.#line,
      this.#end,
    );
    const caption = element('figcaption', {}, `${options.title} `, this.#value);
    this.element = element('figure', { class: 'lesson-figure' }, caption, this.#drawing);
  }

  /**
   * @param values one an epoch, so far; at least one
   * @param epochs how many there will be
   */
  show(values: readonly number[], epochs: number): void {
    const { width, height, margin } = size;
    const { max = Math.max(...values), title, format } = this.#options;
    const points = values.map((value, index) => {
      const x = margin + ((width - 2 * margin) * index) / Math.max(1, epochs - 1);
      const y = height - margin - (height - 2 * margin) * (max === 0 ? 0 : value / max);
      return [x.toFixed(1), y.toFixed(1)] as const;
    });
    this.#line.setAttribute('points', points.map((point) => point.join(',')).join(' '));
    const [x, y] = points.at(-1)!;
    this.#end.setAttribute('cx', x);
    this.#end.setAttribute('cy', y);
    const last = format(values.at(-1)!);
    this.#value.textContent = last;
    const from = `${title}: from ${format(values[0]!)} to ${last} in ${values.length} epochs`;
    this.#drawing.setAttribute('aria-label', from);
  }
}
