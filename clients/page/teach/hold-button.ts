import { element } from '../elements.js';

/** From one picture to the next while the button is held, in ms. */
const period = 160;

/**
 * A button that acts at once when it is pressed, and again and again while it is held: with a pointer, or by the space bar
 * or Enter. A click that no finger or key makes, as of a screen reader, acts once.
 *
 * @param act awaited before it is called again; resolves with whether it is to be
 * @param onRelease called after the last act
 */
export function holdButton(
  text: string,
  act: () => Promise<boolean>,
  onRelease: () => void,
): HTMLButtonElement {
  const button = element('button', { type: 'button', class: 'primary hold' }, text);
  let held: AbortController | undefined;

  async function press(): Promise<void> {
    if (held !== undefined) return;
    held = new AbortController();
    const { signal } = held;
    button.toggleAttribute('data-held', true);
    do {
      const begun = performance.now();
      if (!(await act())) break;
      await new Promise((resolve) => setTimeout(resolve, begun + period - performance.now()));
    } while (!signal.aborted);
    onRelease();
  }

  function release(): void {
    held?.abort();
    held = undefined;
    button.toggleAttribute('data-held', false);
  }

  button.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    button.setPointerCapture(event.pointerId);
    void press();
  });
  for (const end of ['pointerup', 'pointercancel', 'lostpointercapture', 'blur'])
    button.addEventListener(end, release);
  const isKey = ({ key }: KeyboardEvent): boolean => key === ' ' || key === 'Enter';
  button.addEventListener('keydown', (event) => {
    if (!isKey(event)) return;
    event.preventDefault(); // no click follows
    if (!event.repeat) void press();
  });
  button.addEventListener('keyup', (event) => {
    if (!isKey(event)) return;
    event.preventDefault();
    release();
  });
  button.addEventListener('click', (event) => {
    if (event.detail !== 0) return; // the end of what the pointer began
    void press();
    release();
  });
  button.addEventListener('contextmenu', (event) => event.preventDefault()); // a long touch is meant here
  return button;
}
