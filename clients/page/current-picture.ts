/** A picture with the name that the visitor knows it by. */
export interface NamedPicture {
  readonly name: string;
  readonly file: Blob;
}

/** The picture that the visitor saw last, for the views that look at the same one. */
export class CurrentPicture {
  #current: NamedPicture | undefined;

  /** Undefined until one was shown. */
  get current(): NamedPicture | undefined {
    return this.#current;
  }

  show(picture: NamedPicture): void {
    this.#current = picture;
  }
}
