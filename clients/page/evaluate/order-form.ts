import type { SplitName } from '../../../data/dataset.js';
import type { DatasetName } from '../../../data/registry.js';
import { toProblem } from '../../browser/problem.js';
import { element } from '../elements.js';
import type { ModelPicker } from '../model-picker.js';
import { problemBox } from '../problem-box.js';
import type { Evaluations, EvaluationView, Order } from './evaluations.js';

const datasets = {
  cifar10: 'CIFAR-10',
  cifar100: 'CIFAR-100',
  'cifar100-coarse': 'CIFAR-100, coarse labels',
  svhn: 'SVHN',
  shapes: 'Shapes, drawn on the spot',
  folder: 'The service’s folder of pictures',
} as const satisfies Record<DatasetName, string>;

const splits = ['test', 'validation', 'train', 'train+validation'] as const satisfies readonly SplitName[];

const archive = 'archive';

/** Where an evaluation is ordered: of a dataset that the service has, or of an archive from here. */
export function orderForm(
  evaluations: Evaluations,
  models: ModelPicker,
  onStarted: (view: EvaluationView) => void,
): HTMLFormElement {
  const source = element('select', { name: 'source' });
  for (const [value, text] of Object.entries(datasets)) source.append(element('option', { value }, text));
  source.append(element('option', { value: archive }, 'An archive of mine'));
  const split = element('select', { name: 'split' }, ...splits.map((name) => element('option', {}, name)));
  const file = element('input', { type: 'file', name: 'file', accept: '.zip,.tar,.gz,.tgz,.bin' });
  const limit = element('input', { type: 'number', name: 'limit', min: '1', step: '1', placeholder: 'all' });
  const start = element('button', { type: 'submit', class: 'primary' }, 'Start');
  const trouble = element('div', { role: 'alert' });
  const splitField = element('label', {}, 'Split', split);
  const fileField = element('label', {}, 'Archive', file);
  const hint = element(
    'p',
    { class: 'details', id: 'archive-hint' },
    'A zip or tar(.gz) with a folder for each label, or a file of CIFAR-10 or CIFAR-100 records. The service keeps some of ' +
      'its pictures, wrong answers first, in the size that the network sees.',
  );
  file.setAttribute('aria-describedby', hint.id);
  const form = element(
    'form',
    { class: 'order', 'aria-label': 'A new evaluation' },
    element('label', {}, 'Pictures', source),
    splitField,
    fileField,
    element('label', {}, 'How many', limit),
    start,
    hint,
    trouble,
  );

  const showFields = (): void => {
    const own = source.value === archive;
    splitField.hidden = own;
    fileField.hidden = !own;
    hint.hidden = !own;
    file.required = own;
  };
  let touched = false;
  source.addEventListener('change', () => {
    touched = true;
    trouble.replaceChildren();
    showFields();
  });
  showFields();
  const suggest = (): void =>
    void trainedOn(models).then(
      (name) => {
        if (name !== undefined && !touched) source.value = name;
      },
      () => undefined, // the list below says what is wrong with the service
    );
  models.onChange(suggest);
  suggest();

  const order = (): Order => {
    const common = {
      choice: models.service.choice,
      limit: limit.value === '' ? undefined : limit.valueAsNumber,
    };
    const [chosen] = file.files ?? [];
    if (source.value === archive && chosen !== undefined)
      return { kind: 'archive', archive: chosen, ...common };
    return { kind: 'dataset', dataset: source.value, split: split.value, ...common };
  };

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    trouble.replaceChildren();
    start.disabled = true;
    start.textContent = source.value === archive ? 'Sending…' : 'Starting…';
    try {
      onStarted(await evaluations.start(order()));
    } catch (error) {
      const fallback = { code: 'PAGE_FAILED', message: 'The evaluation could not be started.' };
      trouble.replaceChildren(problemBox(toProblem(error, fallback)));
    } finally {
      start.disabled = false;
      start.textContent = 'Start';
    }
  });
  return form;
}

/** The dataset whose labels the model has, where it is one of the list. */
async function trainedOn({ service }: ModelPicker): Promise<string | undefined> {
  const { metadata } = await service.model();
  return Object.hasOwn(datasets, metadata.dataset.name) ? metadata.dataset.name : undefined;
}
