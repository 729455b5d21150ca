import { accuracyInWords } from '../accuracy.js';
import type { Camera } from '../camera.js';
import { element } from '../elements.js';
import { percent } from '../formats.js';
import { downloadForm } from './download-form.js';
import type { Frames } from './frames.js';
import type { Mistake, Taught } from './taught.js';
import { TryPanel } from './try-panel.js';

/** Of the mistakes, the surest. */
const shown = 12;

/** What came out: how good it is, what it got wrong, a place to try it, and the file. */
export class LessonPanel {
  readonly element: HTMLElement;
  readonly taught: Taught;
  readonly #try: TryPanel;
  readonly #urls: readonly string[];
  readonly #outdated = element('p', { class: 'details', role: 'status' });
  #downloaded = false;

  constructor(frames: Frames, camera: Camera, taught: Taught) {
    this.taught = taught;
    this.#try = new TryPanel(frames, camera, taught);
    const mistakes = taught.mistakes.slice(0, shown).map(mistakeFigure);
    this.#urls = mistakes.map(({ url }) => url);
    this.element = element(
      'section',
      { 'aria-labelledby': 'lesson-title', tabindex: '-1', class: 'lesson' },
      element('h2', { id: 'lesson-title' }, 'What it learned'),
      element('p', { class: 'figure-line' }, headline(taught)),
      this.#outdated,
      element(
        'div',
        { class: 'side-by-side' },
        this.#try.element,
        mistakeList(
          taught,
          mistakes.map(({ row }) => row),
        ),
      ),
      downloadForm(taught.lesson, () => {
        this.#downloaded = true;
      }),
    );
  }

  /** Whether leaving would lose it. */
  get isUnsaved(): boolean {
    return !this.#downloaded;
  }

  /** The pictures are no longer those it learned from. */
  markOutdated(): void {
    this.#outdated.textContent =
      'The classes or their pictures have changed since. Train again to count them in.';
  }

  /** Puts the picture to the test. */
  tryOut(picture: Blob): void {
    void this.#try.classify(picture);
  }

  close(): void {
    this.#try.close();
    this.element.remove();
    for (const url of this.#urls) URL.revokeObjectURL(url);
    this.taught.lesson.close().catch(() => undefined); // its worker may have ended already
  }
}

function headline({ lesson }: Taught): string {
  const { correct, count, interval } = lesson.heldOut;
  if (count === 0) return 'No picture was held out, so its accuracy is unknown.';
  return `${accuracyInWords(correct / count, interval, count, 'held-out pictures')} are right`;
}

function mistakeList({ lesson, mistakes }: Taught, rows: readonly HTMLElement[]): HTMLElement {
  const content =
    rows.length > 0
      ? element('ul', { class: 'mistakes' }, ...rows)
      : element(
          'p',
          { class: 'details' },
          lesson.heldOut.count > 0 ? 'None: all were right.' : 'There were none.',
        );
  return element(
    'section',
    { class: 'card', 'aria-labelledby': 'mistakes-title' },
    element('h3', { id: 'mistakes-title' }, 'Held-out pictures that it gets wrong'),
    element('p', { class: 'details' }, 'A fifth of your pictures was kept from it while it learned.'),
    content,
    ...(mistakes.length > shown
      ? [element('p', { class: 'details' }, `And ${mistakes.length - shown} more.`)]
      : []),
  );
}

function mistakeFigure({ thumbnail, label, takenFor, probability }: Mistake) {
  const url = URL.createObjectURL(thumbnail);
  const image = element('img', { src: url, alt: '', width: '72', height: '72' });
  const words = element(
    'span',
    {},
    label,
    element('br', {}),
    `taken for ${takenFor}, ${percent(probability)}`,
  );
  return { url, row: element('li', {}, image, words) };
}
