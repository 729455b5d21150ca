import { toProblem } from '../browser/problem.js';
import type { Camera, CameraEnd, CameraUser } from './camera.js';
import { element } from './elements.js';
import { problemBox } from './problem-box.js';

export interface CameraPlaceParts {
  /** Brings the camera here, and puts it away. */
  readonly button: HTMLButtonElement;
  /** Beside the video while the camera runs. */
  readonly content: readonly HTMLElement[];
  /** The camera has come. `signal` aborts when it goes. */
  readonly onStart?: (signal: AbortSignal) => void;
}

const endings: Readonly<Record<CameraEnd, string | undefined>> = {
  stopped: undefined,
  moved: undefined,
  hidden: 'The camera was stopped because this tab was out of sight.',
  lost: 'The camera is gone: it was unplugged, or this page may not use it any more.',
};

/** A place that the camera comes to at the press of a button; it says in words why there is none. */
export class CameraPlace implements CameraUser {
  readonly element: HTMLElement;
  readonly #camera: Camera;
  readonly #parts: CameraPlaceParts;
  readonly #view = element('div', { class: 'camera' });
  readonly #running: HTMLElement;
  readonly #words = element('div', { role: 'status' });
  #round = new AbortController();

  constructor(camera: Camera, parts: CameraPlaceParts) {
    this.#camera = camera;
    this.#parts = parts;
    this.#running = element('div', { class: 'camera-place' }, this.#view, ...parts.content);
    this.element = element('div', {}, this.#running, this.#words);
    this.#rest();
    parts.button.addEventListener('click', () => {
      if (parts.button.ariaPressed === 'true') camera.stop();
      else void this.start();
    });
  }

  async start(): Promise<void> {
    this.#round = new AbortController();
    const { signal } = this.#round;
    this.#parts.button.ariaPressed = 'true';
    this.#say(element('p', { class: 'details' }, 'Waiting for the camera. The browser may ask you first.'));
    try {
      const comes = await this.#camera.start(this);
      if (!comes || signal.aborted) return;
      this.#view.append(this.#camera.video);
      await this.#camera.play();
      if (signal.aborted) return;
      this.#words.replaceChildren();
      this.#running.hidden = false;
      this.#parts.onStart?.(signal);
    } catch (error) {
      if (signal.aborted) return;
      this.#rest();
      this.#say(
        problemBox(toProblem(error, { code: 'CAMERA_FAILED', message: 'The camera gives no picture.' })),
      );
    }
  }

  onEnd(reason: CameraEnd): void {
    this.#rest();
    const words = endings[reason];
    if (words !== undefined) this.#say(element('p', { class: 'details' }, words));
  }

  #rest(): void {
    this.#round.abort();
    this.#parts.button.ariaPressed = 'false';
    this.#running.hidden = true;
    this.#words.replaceChildren();
    this.element.hidden = true;
  }

  /** In place of the camera. */
  #say(content: HTMLElement): void {
    this.element.hidden = false;
    this.#running.hidden = true;
    this.#words.replaceChildren(content);
  }
}
