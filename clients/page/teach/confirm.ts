import { element } from '../elements.js';

/**
 * Asks before something is lost. The browser's own dialogue: it takes the focus, gives it back, and Escape says no.
 *
 * @param yes what the button says that does it
 */
export function confirm(question: string, yes: string): Promise<boolean> {
  const words = element('p', { id: 'confirm-question' }, question);
  const no = element('button', { value: '' }, 'Keep everything');
  const buttons = element(
    'div',
    { class: 'actions' },
    no,
    element('button', { value: 'yes', class: 'primary' }, yes),
  );
  const form = element('form', { method: 'dialog' }, words, buttons);
  const dialog = element('dialog', { 'aria-labelledby': words.id }, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
  });
}
