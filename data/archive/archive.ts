import type { Pixels } from '../../images/frame.js';

export const archiveFormats = ['zip', 'tar', 'tar.gz', 'cifar-10', 'cifar-100'] as const;
export type ArchiveFormat = (typeof archiveFormats)[number];

export type PictureContent =
  /** A file that claims to be a picture; nobody has looked inside. */
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  | { readonly kind: 'pixels'; readonly pixels: Pixels }
  /** The archive holds less of it, or something else, than it says. */
  | { readonly kind: 'damaged'; readonly reason: string };

export interface ArchivedPicture {
  /** As the archive names it. */
  readonly name: string;
  /** Its place among the labels. */
  readonly label: number;
  readonly content: PictureContent;
}

/** Labelled pictures in one file, checked as far as that is possible without reading the pictures. */
export interface Archive {
  readonly format: ArchiveFormat;
  /** How many `pictures` gives. */
  readonly count: number;
  /** Entries that belong to no class: hidden, links, or beside the class folders. */
  readonly passedOver: number;
  /** One after another, in the archive's order; nothing is read ahead. */
  pictures(): AsyncIterable<ArchivedPicture>;
}
