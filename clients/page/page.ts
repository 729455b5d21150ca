import { toProblem } from '../browser/problem.js';
import { ApiKeys } from './api-keys.js';
import { Connection } from './connection.js';
import { CurrentPicture } from './current-picture.js';
import { downloadWithKey } from './download-link.js';
import { byId } from './elements.js';
import { ModelPicker } from './model-picker.js';
import { keepForOffline } from './offline.js';
import { problemBox } from './problem-box.js';
import type { PageContext, View } from './view.js';

/** The code of each view comes when the view is first shown. */
const views: Readonly<Record<string, (context: PageContext) => Promise<View>>> = {
  classify: async (context) => (await import('./classify/view.js')).openClassify(context),
  teach: async (context) => (await import('./teach/view.js')).openTeach(context),
  evaluate: async (context) => (await import('./evaluate/view.js')).openEvaluate(context),
  runs: async (context) => (await import('./runs/view.js')).openRuns(context),
  model: async (context) => (await import('./model/view.js')).openModel(context),
};

const absence =
  'The service is not there. Classify, Teach and Model work in this tab; Evaluate and Runs need it.';

const connection = new Connection(new URL(document.baseURI), new ApiKeys(), (isThere) => {
  byId('absence', HTMLElement).textContent = isThere ? '' : absence;
});
const models = new ModelPicker(connection);
const picture = new CurrentPicture();
const modelFile = byId('model-file', HTMLAnchorElement);
const opened = new Map<string, Promise<View>>();
let current = '';

/** `#/evaluate/ID` is the view `evaluate` with the path [ID]; what is no view is the first. */
function readAddress(): { name: string; path: readonly string[] } {
  const [name = '', ...path] = location.hash.replace(/^#\/?/, '').split('/').filter(Boolean);
  return Object.hasOwn(views, name) ? { name, path: path.map(decoded) } : { name: 'classify', path: [] };
}

/** A part of an address that somebody typed may be no encoded text. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

const rootOf = (name: string): HTMLElement => byId(`view-${name}`, HTMLElement);

function open(name: string): Promise<View> {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const view = views[name]!({ root: rootOf(name), models, picture, classify });
  opened.set(name, view);
  return view;
}

/** Takes pictures, and the visitor, to the view that classifies them. */
async function classify(pictures: readonly File[]): Promise<void> {
  location.hash = '#/classify';
  (await open('classify')).take?.(pictures);
}

/** Shows the view that the address names. Who went there by a link is taken to its beginning. */
async function show(by: 'load' | 'link'): Promise<void> {
  const { name, path } = readAddress();
  const before = current;
  current = name;
  for (const view of Object.keys(views)) {
    rootOf(view).hidden = view !== name;
    const link = document.querySelector(`nav a[href="#/${view}"]`);
    if (view === name) link?.setAttribute('aria-current', 'page');
    else link?.removeAttribute('aria-current');
  }
  document.title = `${name[0]!.toUpperCase()}${name.slice(1)} · kiln`;
  if (before !== name) hide(before);
  try {
    const view = await open(name);
    if (current !== name) return;
    view.show(path);
    if (by === 'link' && before !== name) rootOf(name).focus();
  } catch (error) {
    opened.delete(name); // a part that could not be fetched may be there next time
    const problem = toProblem(error, {
      code: 'PAGE_FAILED',
      message: 'This part of the page could not be loaded.',
    });
    const box = problemBox(problem, () => location.reload());
    rootOf(name).querySelector(':scope > .problem')?.remove();
    rootOf(name).append(box);
  }
}

/** Not waited for: a view whose code is still on its way must not hold up the next one. */
function hide(name: string): void {
  opened.get(name)?.then(
    (view) => {
      if (current !== name) view.hide?.();
    },
    () => undefined, // told when it was shown
  );
}

models.onChange(() => {
  modelFile.href = connection.url('model/file', { ...models.service.choice }).href;
});
downloadWithKey(modelFile, connection, () => `${models.service.choice?.model ?? 'model'}.onnx`);
addEventListener('hashchange', () => void show('link'));
void show('load');
models.load().catch(() => undefined); // the views say what is wrong with the service
keepForOffline(new URL(document.baseURI));
