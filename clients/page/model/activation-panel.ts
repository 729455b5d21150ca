import { toProblem } from '../../browser/problem.js';
import { drawSample } from '../classify/sample.js';
import type { CurrentPicture, NamedPicture } from '../current-picture.js';
import { element } from '../elements.js';
import { problemBox } from '../problem-box.js';
import { activationFigure, figureId } from './activation-figure.js';
import type { Scaling } from './activation-map.js';
import type { Activation } from './inspector-messages.js';

export interface ActivationPanelOptions {
  readonly picture: CurrentPicture;
  /** The model's. */
  readonly labels: readonly string[];
  /** What every layer gives for a picture. */
  readonly run: (picture: Blob) => Promise<readonly Activation[]>;
}

const scalings = {
  map: 'each map by its own largest value',
  layer: 'all maps of a layer alike',
} as const satisfies Record<Scaling, string>;

/** What every layer makes of the picture that was last shown in Classify. The model is run when it is asked for. */
export class ActivationPanel {
  readonly element: HTMLElement;
  readonly #options: ActivationPanelOptions;
  readonly #place = element('div', { class: 'maps', tabindex: '-1' });
  readonly #state = element('p', { class: 'details', role: 'status' });
  readonly #thumbnail = element('img', { alt: '', width: '64', height: '64' });
  readonly #name = element('span', {});
  readonly #show = element('button', { type: 'button', class: 'primary' }, 'Show the maps');
  readonly #sample = element('button', { type: 'button' }, 'Draw me a sample');
  readonly #scaling = element(
    'select',
    {},
    ...Object.entries(scalings).map(([value, text]) => element('option', { value }, text)),
  );
  /** The picture whose maps are on show, or on their way until `drawn`. */
  #asked: { readonly picture: NamedPicture; readonly drawn: Promise<void> } | undefined;
  #shown: readonly Activation[] = [];

  constructor(options: ActivationPanelOptions) {
    this.#options = options;
    this.element = element(
      'div',
      { class: 'activations' },
      element('div', { class: 'toolbar' }, this.#thumbnail, this.#name, this.#show, this.#sample),
      element(
        'p',
        { class: 'details' },
        'Black is 0 and white the largest value; where a layer gives negative values too, the middle grey is 0.',
      ),
      element('label', { class: 'scaling', hidden: '' }, 'Brightness: ', this.#scaling),
      this.#state,
      this.#place,
    );
    this.#show.addEventListener('click', () => void this.show());
    this.#sample.addEventListener('click', () => void this.#drawAndShow());
    this.#scaling.addEventListener('change', () => void this.#draw());
    this.refresh();
  }

  /** To be called when the visitor comes back, perhaps with another picture; maps that were asked for are then its. */
  refresh(): void {
    const { current } = this.#options.picture;
    this.#show.hidden = current === undefined || this.#asked !== undefined;
    this.#thumbnail.hidden = current === undefined;
    this.#sample.hidden = current !== undefined;
    this.#name.textContent = current?.name ?? 'No picture has been shown in Classify yet.';
    if (current === undefined) return;
    const url = URL.createObjectURL(current.file);
    this.#thumbnail.onload = this.#thumbnail.onerror = () => URL.revokeObjectURL(url);
    this.#thumbnail.src = url;
    if (this.#asked !== undefined && this.#asked.picture !== current) void this.show();
  }

  /** Shows the maps, and takes the visitor to those of a layer. */
  async show(layer?: string): Promise<void> {
    const { current } = this.#options.picture;
    if (current === undefined) return this.#drawAndShow(layer);
    if (this.#asked?.picture !== current) this.#asked = { picture: current, drawn: this.#run(current) };
    await this.#asked.drawn;
    if (layer === undefined) return;
    const figure = document.getElementById(figureId(layer));
    figure?.scrollIntoView();
    figure?.focus({ preventScroll: true });
  }

  async #drawAndShow(layer?: string): Promise<void> {
    const file = await drawSample();
    this.#options.picture.show({ name: file.name, file });
    this.refresh();
    await this.show(layer);
  }

  async #run(picture: NamedPicture): Promise<void> {
    if (this.element.contains(document.activeElement)) this.#place.focus({ preventScroll: true }); // its button goes
    this.#show.hidden = true;
    this.#state.textContent = 'Running the model in this tab…';
    this.#place.setAttribute('aria-busy', 'true');
    try {
      const activations = await this.#options.run(picture.file);
      if (this.#asked?.picture !== picture) return;
      this.#shown = activations;
      await this.#draw();
      this.#state.textContent = `${activations.length} layers of ${picture.name}, computed in this tab.`;
    } catch (error) {
      if (this.#asked?.picture !== picture) return;
      this.#asked = undefined;
      this.#state.textContent = '';
      const fallback = { code: 'PAGE_FAILED', message: 'The maps could not be shown.' };
      this.#place.replaceChildren(problemBox(toProblem(error, fallback), () => void this.show()));
    } finally {
      if (this.#asked?.picture === picture || this.#asked === undefined)
        this.#place.removeAttribute('aria-busy');
    }
  }

  /** Layer by layer, each in a task of its own. */
  async #draw(): Promise<void> {
    const activations = this.#shown;
    const scaling = this.#scaling.value as Scaling; // its options' values
    this.#scaling.parentElement!.hidden = false;
    const figures: HTMLElement[] = [];
    for (const activation of activations) {
      figures.push(activationFigure(activation, { labels: this.#options.labels, scaling }));
      await new Promise((resolve) => setTimeout(resolve));
    }
    if (this.#shown === activations) this.#place.replaceChildren(...figures);
  }
}
