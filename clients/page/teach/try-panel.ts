import type { Prediction } from '../../../runtime/top-predictions.js';
import type { PictureSource } from '../../browser/picture-source.js';
import { toProblem } from '../../browser/problem.js';
import { bars } from '../bars.js';
import type { Camera } from '../camera.js';
import { CameraPlace } from '../camera-place.js';
import { element } from '../elements.js';
import { percent } from '../formats.js';
import { listenForPicks } from '../image-input.js';
import { LiveAnswers } from '../live-answers.js';
import { problemBox } from '../problem-box.js';
import type { Frames } from './frames.js';
import type { Taught } from './taught.js';

/** What was taught, put to the test: by the camera, or by a file. */
export class TryPanel {
  readonly element: HTMLElement;
  readonly #frames: Frames;
  readonly #camera: Camera;
  readonly #taught: Taught;
  readonly #answer = element('div', { class: 'tried', role: 'status', hidden: '' });
  #url: string | undefined;
  /** Of the answer that is to be shown: one that comes after something else was asked for is not. */
  #turn = 0;

  constructor(frames: Frames, camera: Camera, taught: Taught) {
    this.#frames = frames;
    this.#camera = camera;
    this.#taught = taught;
    const webcam = element('button', { type: 'button' }, 'Webcam');
    const file = element('button', { type: 'button' }, 'File');
    const input = element('input', { type: 'file', accept: 'image/*', hidden: '' });
    const live = new LiveAnswers(async () => {
      const begun = performance.now();
      const predictions = await this.#ask(camera.video);
      return { predictions, ms: performance.now() - begun };
    });
    const place = new CameraPlace(camera, {
      button: webcam,
      content: [live.element],
      onStart: (signal) => {
        this.#clear();
        void live.run(signal);
      },
    });
    listenForPicks(file, input, ([picture]) => void this.classify(picture!));
    this.element = element(
      'section',
      { class: 'card try-card', 'aria-labelledby': 'try-title' },
      element('h3', { id: 'try-title' }, 'Try it'),
      element('p', { class: 'details' }, 'Show it something, or drop a picture here.'),
      element('div', { class: 'class-ways' }, webcam, file, input),
      place.element,
      this.#answer,
    );
  }

  /** Shows the picture with what it is taken for. */
  async classify(picture: Blob): Promise<void> {
    this.#camera.stop();
    this.#clear();
    const turn = this.#turn;
    this.#answer.hidden = false;
    try {
      const { frame, thumbnail } = await this.#frames.withThumbnail(picture, this.#taught.rule);
      const predictions = await this.#classifyFrame(frame);
      if (turn !== this.#turn) return;
      const best = predictions.reduce((a, b) => (b.probability > a.probability ? b : a));
      this.#url = URL.createObjectURL(thumbnail);
      const alt = `The picture: ${best.label}, ${percent(best.probability)}`;
      this.#answer.replaceChildren(element('img', { src: this.#url, alt }), bars(predictions));
    } catch (error) {
      if (turn !== this.#turn) return;
      const fallback = { code: 'PAGE_FAILED', message: 'The picture could not be classified.' };
      this.#answer.replaceChildren(problemBox(toProblem(error, fallback)));
    }
  }

  close(): void {
    this.#camera.stop();
    this.#clear();
  }

  async #ask(source: PictureSource): Promise<Prediction[]> {
    return this.#classifyFrame(await this.#frames.frame(source, this.#taught.rule));
  }

  /** In the order of the classes: bars that change places cannot be followed. */
  async #classifyFrame(frame: Uint8Array): Promise<Prediction[]> {
    const { lesson } = this.#taught;
    const probabilities = await lesson.classify(frame, 1); // [1, labels]
    return lesson.labels.map((label, index) => ({ label, index, probability: probabilities[index]! }));
  }

  #clear(): void {
    this.#turn += 1;
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
    this.#answer.replaceChildren();
    this.#answer.hidden = true;
  }
}
