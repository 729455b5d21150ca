import type { CurrentPicture } from './current-picture.js';
import type { ModelPicker } from './model-picker.js';

/** What every view is given. */
export interface PageContext {
  readonly root: HTMLElement;
  readonly models: ModelPicker;
  readonly picture: CurrentPicture;
  /** Takes pictures, and the visitor, to the view that classifies them. */
  classify(pictures: readonly File[]): Promise<void>;
}

/** A part of the page that is loaded when it is first asked for, and stays. */
export interface View {
  /** @param path what stands behind the view's name in the address, decoded */
  show(path: readonly string[]): void;
  /** Another view hands pictures over. */
  take?(pictures: readonly File[]): void;
  /** Another view takes its place. */
  hide?(): void;
}
