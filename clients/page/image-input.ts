const filesOf = (transfer: DataTransfer | null): File[] => [...(transfer?.files ?? [])];

/** The file picker, opened by a button. */
export function listenForPicks(
  button: HTMLButtonElement,
  input: HTMLInputElement,
  onPictures: (pictures: File[]) => void,
): void {
  button.addEventListener('click', () => input.click());
  const take = (): void => {
    const pictures = [...(input.files ?? [])];
    input.value = ''; // the same file may be chosen again
    if (pictures.length > 0) onPictures(pictures);
  };
  input.addEventListener('change', take);
  take(); // what came before anybody listened
}

export interface DropHandlers {
  /** Whether pictures have a place to go; what is dropped or pasted otherwise is let go of. */
  readonly isWanted: () => boolean;
  /** @param at where they were dropped, or what had the focus when they were pasted */
  readonly onPictures: (pictures: File[], at: Element | null) => void;
  /** Something was dropped or pasted that holds no file. */
  readonly onNothing: (what: keyof typeof nothingCame) => void;
  /** A selector of the elements that are marked by `data-over` while files are held over them. Default: none. */
  readonly places?: string;
}

/** Said of a drop or a paste that holds no file. */
export const nothingCame = {
  drop: 'What was dropped holds no file.',
  paste: 'The clipboard holds no picture. Copy one and paste again.',
} as const;

const elementOf = (target: EventTarget | null): Element | null => (target instanceof Element ? target : null);

/** A paste into a text field is none of ours. */
const isEditable = (target: Element | null): boolean =>
  target?.closest('input, textarea, [contenteditable]') != null;

/**
 * A drop anywhere on the page, and a paste. What the files hold is not looked at here: their names and declared types
 * prove nothing.
 */
export function listenForDrops({ isWanted, onPictures, onNothing, places }: DropHandlers): void {
  document.addEventListener('paste', (event) => {
    const at = elementOf(event.target);
    if (!isWanted() || isEditable(at)) return;
    const pictures = filesOf(event.clipboardData);
    if (pictures.length > 0) {
      event.preventDefault();
      onPictures(pictures, at);
    } else onNothing('paste');
  });

  // Every element on the way enters and leaves: the drag is over the page while more have entered than left.
  let depth = 0;
  let marked: Element | null = null;
  const mark = (place: Element | null): void => {
    if (place === marked) return;
    marked?.removeAttribute('data-over');
    place?.setAttribute('data-over', '');
    marked = place;
  };
  const show = (): void => {
    if (isWanted()) document.body.toggleAttribute('data-dragging', depth > 0);
    if (depth === 0) mark(null);
  };
  document.addEventListener('dragenter', () => {
    depth += 1;
    show();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener('dragover', (event) => {
    event.preventDefault(); // without it the browser opens the file
    if (places !== undefined && isWanted()) mark(elementOf(event.target)?.closest(places) ?? null);
  });
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    show();
    if (!isWanted()) return;
    const pictures = filesOf(event.dataTransfer);
    if (pictures.length > 0) onPictures(pictures, elementOf(event.target));
    else onNothing('drop');
  });
}
