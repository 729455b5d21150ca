import { toProblem } from '../../browser/problem.js';
import type { Lesson } from '../../browser/teaching/teacher.js';
import { saveFile } from '../download-link.js';
import { element } from '../elements.js';
import { problemBox } from '../problem-box.js';

/** A name that is the same in every shell and file system. */
const namePattern = '[A-Za-z0-9][A-Za-z0-9._\\-]{0,59}';

/** "My mug", "the cat" → "my-mug-the-cat" */
export function nameFrom(labels: readonly string[]): string {
  const name = labels
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return name || 'my-classes';
}

/** Where the lesson becomes a file. */
export function downloadForm(lesson: Lesson, onDownloaded: () => void): HTMLFormElement {
  const name = element('input', {
    type: 'text',
    value: nameFrom(lesson.labels),
    pattern: namePattern,
    required: '',
  });
  name.title = 'Letters, digits, dots, hyphens and underscores';
  name.spellcheck = false;
  name.autocomplete = 'off';
  const command = element('code', {});
  const trouble = element('div', { role: 'alert' });
  const showCommand = (): void => {
    command.textContent = `npx kiln serve ${name.value}.onnx`;
  };
  name.addEventListener('input', showCommand);
  showCommand();
  const form = element(
    'form',
    { class: 'order', 'aria-label': 'Download' },
    element('label', {}, 'Name of the file', name),
    element('button', { type: 'submit', class: 'primary' }, 'Download the ONNX file'),
    element('p', { class: 'details' }, 'It is a kiln file like any other. Serve it by ', command),
    trouble,
  );
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    trouble.replaceChildren();
    try {
      const model = new Uint8Array(await lesson.model(name.value));
      saveFile(`${name.value}.onnx`, new Blob([model], { type: 'application/octet-stream' }));
      onDownloaded();
    } catch (error) {
      const fallback = { code: 'PAGE_FAILED', message: 'The file could not be written.' };
      trouble.replaceChildren(problemBox(toProblem(error, fallback)));
    }
  });
  return form;
}
