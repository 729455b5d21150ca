export interface ImageInputElements {
  /** Opens the file picker. */
  readonly pick: HTMLButtonElement;
  readonly file: HTMLInputElement;
}

export interface ImageInputHandlers {
  /** Whether pictures have a place to go; what is dropped or pasted otherwise is let go of. */
  readonly isWanted: () => boolean;
  readonly onPictures: (pictures: File[]) => void;
  /** Something was dropped or pasted that holds no file. */
  readonly onNothing: (what: 'drop' | 'paste') => void;
}

const filesOf = (transfer: DataTransfer | null): File[] => [...(transfer?.files ?? [])];

/** A paste into a text field is none of ours. */
const isEditable = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, [contenteditable]') !== null;

/**
 * Three ways in: the picker, a drop anywhere on the page, a paste. What the files hold is not looked at here:
 * their names and declared types prove nothing.
 */
export function listenForImages(
  { pick, file }: ImageInputElements,
  { isWanted, onPictures, onNothing }: ImageInputHandlers,
): void {
  pick.addEventListener('click', () => file.click());
  file.addEventListener('change', () => {
    const pictures = [...(file.files ?? [])];
    file.value = ''; // the same file may be chosen again
    if (pictures.length > 0) onPictures(pictures);
  });

  document.addEventListener('paste', (event) => {
    if (!isWanted() || isEditable(event.target)) return;
    const pictures = filesOf(event.clipboardData);
    if (pictures.length > 0) {
      event.preventDefault();
      onPictures(pictures);
    } else onNothing('paste');
  });

  // Every element on the way enters and leaves: the drag is over the page while more have entered than left.
  let depth = 0;
  const show = (): void => {
    document.body.toggleAttribute('data-dragging', depth > 0 && isWanted());
  };
  document.addEventListener('dragenter', () => {
    depth += 1;
    show();
  });
  document.addEventListener('dragleave', () => {
    depth = Math.max(0, depth - 1);
    show();
  });
  document.addEventListener('dragover', (event) => event.preventDefault()); // without it the browser opens the file
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    depth = 0;
    show();
    if (!isWanted()) return;
    const pictures = filesOf(event.dataTransfer);
    if (pictures.length > 0) onPictures(pictures);
    else onNothing('drop');
  });
}
