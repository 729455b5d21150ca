import type { Camera } from '../camera.js';
import { CameraPlace } from '../camera-place.js';
import { element } from '../elements.js';
import { picturesInWords } from '../formats.js';
import { listenForPicks } from '../image-input.js';
import { bounds, type ExampleClass } from './collection.js';
import { holdButton } from './hold-button.js';
import { Thumbnails } from './thumbnails.js';

export interface ClassCardHandlers {
  readonly onName: (name: string) => void;
  readonly onRemoveClass: () => void;
  readonly onRemoveExample: (id: string) => void;
  readonly onFiles: (files: readonly File[]) => void;
  /** Takes what the camera shows now; resolves with whether another can be taken. */
  readonly onSnap: () => Promise<boolean>;
  /** The last picture was taken: the button was let go of, or no other could be taken. */
  readonly onSnapped: () => void;
}

/** One class: its name, the ways to its pictures, and the pictures so far. */
export class ClassCard {
  readonly element: HTMLElement;
  readonly #name = element('input', {
    type: 'text',
    'aria-label': 'Name of the class',
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: '60',
  });
  readonly #count = element('span', { class: 'details' });
  readonly #remove = element('button', { type: 'button', class: 'quiet' }, 'Remove');
  readonly #webcam = element('button', { type: 'button' }, 'Webcam');
  readonly #files = element('button', { type: 'button' }, 'Files');
  readonly #empty = element('p', { class: 'empty details' });
  readonly #thumbnails: Thumbnails;

  constructor(
    camera: Camera,
    { onName, onRemoveClass, onRemoveExample, onFiles, ...handlers }: ClassCardHandlers,
  ) {
    const hold = holdButton('Hold to take pictures', handlers.onSnap, handlers.onSnapped);
    const place = new CameraPlace(camera, { button: this.#webcam, content: [hold] });
    this.#thumbnails = new Thumbnails((id) => {
      onRemoveExample(id);
      if (this.#thumbnails.element.hidden) this.#files.focus();
    });
    const input = element('input', { type: 'file', accept: 'image/*', multiple: '', hidden: '' });
    listenForPicks(this.#files, input, onFiles);
    this.#name.addEventListener('input', () => onName(this.#name.value));
    this.#name.addEventListener('focus', () => this.#name.select());
    this.#remove.addEventListener('click', onRemoveClass);
    this.element = element(
      'section',
      { class: 'card class-card' },
      element('div', { class: 'class-head' }, this.#name, this.#remove),
      element('div', { class: 'class-ways' }, this.#webcam, this.#files, this.#count, input),
      place.element,
      this.#thumbnails.element,
      this.#empty,
    );
  }

  show({ name, examples }: ExampleClass, removable: boolean): void {
    const called = name.trim() || 'a class without a name';
    this.element.ariaLabel = called;
    if (this.#name.value !== name) this.#name.value = name;
    this.#remove.hidden = !removable && examples.length === 0;
    this.#remove.ariaLabel = `Remove ${called} and its pictures`;
    this.#webcam.ariaLabel = `Webcam for ${called}`;
    this.#files.ariaLabel = `Files for ${called}`;
    this.#count.textContent = picturesInWords(examples.length);
    this.#empty.textContent = `Drop pictures of it here, or paste them. At least ${bounds.examples.min}; twenty make a good start.`;
    this.#empty.hidden = examples.length > 0;
    this.#thumbnails.show(called, examples);
  }

  focus(): void {
    this.#name.focus();
  }

  /** Frees its pictures. */
  close(): void {
    this.element.remove();
    this.#thumbnails.close();
  }
}
