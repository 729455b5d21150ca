import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import type { Frame } from '../../browser/worker-messages.js';
import { byId } from '../elements.js';
import { rgbImage } from '../rgb-image.js';

/** Below this the picture is enlarged with hard pixels instead of being blurred. */
const smallPicture = 128;

/** The picture with its centre square in the clear, and beside it the frame that goes into the graph. */
export class Stage {
  readonly #crop = byId('crop', HTMLDivElement);
  readonly #picture = byId('picture', HTMLImageElement);
  readonly #pictureCaption = byId('picture-caption', HTMLElement);
  readonly #canvas = byId('frame', HTMLCanvasElement);
  readonly #frameCaption = byId('frame-caption', HTMLElement);

  constructor() {
    this.#picture.addEventListener('load', () => this.#measured());
    this.#picture.addEventListener('error', () => {
      this.#crop.dataset.shape = 'unknown';
      this.#pictureCaption.textContent = `${this.#picture.alt} cannot be shown`;
    });
  }

  showPicture(name: string, url: string): void {
    if (this.#picture.src === url) return;
    this.#crop.removeAttribute('data-shape');
    this.#crop.style.removeProperty('--ratio');
    this.#pictureCaption.textContent = name;
    this.#picture.alt = name;
    this.#picture.src = url;
  }

  /** @param frame undefined while there is none; the canvas is then blank */
  showFrame(frame: Frame | undefined, metadata: ClassifierMetadata | undefined): void {
    // So small a canvas is better off without the GPU.
    const context = this.#canvas.getContext('2d', { willReadFrequently: true });
    if (frame === undefined || context === null) {
      context?.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
      this.#frameCaption.textContent = 'What the network gets';
      return;
    }
    const { width, height, rgb } = frame;
    this.#canvas.width = width;
    this.#canvas.height = height;
    context.putImageData(rgbImage(rgb, width, height), 0, 0);
    const crop = metadata?.preprocessing.crop;
    const inner = crop === undefined ? '' : `, of which it reads the middle ${crop.width} × ${crop.height}`;
    this.#frameCaption.textContent = `What the network gets: ${width} × ${height} pixels${inner}`;
    this.#canvas.setAttribute('aria-label', `The picture reduced to ${width} by ${height} pixels`);
  }

  #measured(): void {
    const { naturalWidth: width, naturalHeight: height } = this.#picture;
    this.#picture.toggleAttribute('data-small', Math.max(width, height) < smallPicture);
    this.#crop.dataset.shape = width >= height ? 'wide' : 'tall';
    this.#crop.style.setProperty('--ratio', String(width / height));
    this.#pictureCaption.textContent = `${this.#picture.alt}, ${width} × ${height}`;
  }
}
