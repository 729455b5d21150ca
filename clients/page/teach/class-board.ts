import type { Camera } from '../camera.js';
import { element } from '../elements.js';
import { picturesInWords } from '../formats.js';
import { nothingCame } from '../image-input.js';
import { PageError } from '../page-error.js';
import { ClassCard } from './class-card.js';
import { bounds, type Collection, type CollectionChange } from './collection.js';
import { confirm } from './confirm.js';
import type { FrameRule, Frames } from './frames.js';

export interface Board {
  readonly collection: Collection;
  readonly rule: FrameRule;
}

/** The cards of all classes, and every way by which a picture gets into one. */
export class ClassBoard {
  readonly element: HTMLElement;
  readonly #frames: Frames;
  readonly #camera: Camera;
  readonly #list = element('div', { class: 'classes' });
  readonly #more = element('button', { type: 'button' }, 'Another class');
  readonly #notice = element('p', { class: 'details', role: 'status' });
  readonly #cards = new Map<string, ClassCard>();
  #board: Board | undefined;

  /** @param again the button that begins anew */
  constructor(frames: Frames, camera: Camera, again: HTMLButtonElement) {
    this.#frames = frames;
    this.#camera = camera;
    this.element = element(
      'section',
      { class: 'board', 'aria-label': 'Classes' },
      this.#list,
      element('div', { class: 'toolbar' }, this.#more, this.#notice, again),
    );
    this.#more.addEventListener('click', () => {
      this.#board?.collection.addClass();
      [...this.#cards.values()].at(-1)?.focus();
    });
  }

  /** Shows another collection. */
  open(board: Board): void {
    for (const card of this.#cards.values()) card.close();
    this.#cards.clear();
    this.#board = board;
    this.show({ kind: 'classes' });
  }

  show(change: CollectionChange): void {
    const { classes } = this.#board!.collection;
    if (change.kind === 'classes') {
      for (const [id, card] of this.#cards) {
        if (classes.some((one) => one.id === id)) continue;
        card.close();
        this.#cards.delete(id);
      }
    }
    for (const one of classes) {
      if (change.kind === 'class' && change.id !== one.id) continue;
      const card = this.#cards.get(one.id) ?? this.#add(one.id);
      card.show(one, classes.length > bounds.classes.min);
    }
    this.#more.hidden = classes.length >= bounds.classes.max;
  }

  /** @param at where they were dropped, or what had the focus */
  take(files: readonly File[], at: Element | null): void {
    void this.#take(this.#classAt(at), files);
  }

  sayNothingCame(what: keyof typeof nothingCame): void {
    this.#say(nothingCame[what]);
  }

  /** To the first class. */
  focus(): void {
    [...this.#cards.values()][0]?.focus();
  }

  #add(id: string): ClassCard {
    let taken = 0;
    let refused: string | undefined;
    const collection = (): Collection => this.#board!.collection;
    const card = new ClassCard(this.#camera, {
      onName: (name) => collection().rename(id, name),
      onRemoveClass: () => void this.#remove(id),
      onRemoveExample: (example) => collection().remove(id, example),
      onFiles: (files) => void this.#take(id, files),
      onSnap: async () => {
        refused = await this.#snap(id);
        if (refused !== undefined) return false;
        taken += 1;
        return true;
      },
      onSnapped: () => {
        const name = collection().find(id)?.name;
        const words = taken > 0 ? `${picturesInWords(taken)} of ${name} taken.` : '';
        if (name !== undefined) this.#say(`${words} ${refused ?? ''}`);
        taken = 0;
      },
    });
    this.#cards.set(id, card);
    this.#list.append(card.element);
    return card;
  }

  async #remove(id: string): Promise<void> {
    const { collection } = this.#board!;
    const { name, examples } = collection.find(id)!;
    const question = `Remove ${name} and its ${picturesInWords(examples.length)}?`;
    if (examples.length > 0 && !(await confirm(question, 'Remove'))) return;
    this.#camera.stop();
    collection.removeClass(id);
    this.#say(`${name} was removed.`);
    this.focus();
  }

  /** The class under the pointer or the focus; else the first that has no pictures, or the last. */
  #classAt(at: Element | null): string {
    for (const [id, card] of this.#cards) if (at !== null && card.element.contains(at)) return id;
    const { classes } = this.#board!.collection;
    return (classes.find(({ examples }) => examples.length === 0) ?? classes.at(-1)!).id;
  }

  /** @returns why no picture was taken; undefined where one was */
  async #snap(id: string): Promise<string | undefined> {
    const { collection, rule } = this.#board!;
    try {
      const framed = await this.#frames.withThumbnail(this.#camera.video, rule);
      return collection.add(id, framed) ? undefined : full;
    } catch (error) {
      return reasonOf(error);
    }
  }

  async #take(id: string, files: readonly File[]): Promise<void> {
    const { collection, rule } = this.#board!;
    const name = collection.find(id)?.name;
    const refused: string[] = [];
    let taken = 0;
    for (const [index, file] of files.entries()) {
      if (files.length > 1)
        this.#say(`Reading picture ${index + 1} of ${files.length} for ${name}…`, 'quietly');
      try {
        const framed = await this.#frames.withThumbnail(file, rule);
        if (collection.find(id) === undefined) return; // it was removed meanwhile
        if (!collection.add(id, framed)) {
          refused.push(full);
          break;
        }
        taken += 1;
      } catch (error) {
        refused.push(`${file.name}: ${reasonOf(error)}`);
      }
    }
    const others = refused.length > 3 ? ` And ${refused.length - 3} more.` : '';
    this.#say(`${picturesInWords(taken)} of ${name} added. ${refused.slice(0, 3).join(' ')}${others}`);
  }

  /** @param how a screen reader does not hear what is said quietly */
  #say(text: string, how: 'aloud' | 'quietly' = 'aloud'): void {
    this.#notice.ariaLive = how === 'aloud' ? 'polite' : 'off';
    this.#notice.textContent = text.trim();
  }
}

const full = `A class takes ${bounds.examples.max} pictures at most.`;

const reasonOf = (error: unknown): string =>
  error instanceof PageError ? error.message : 'The picture could not be read.';
