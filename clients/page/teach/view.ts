import { requireSecureContext } from '../../browser/page-context.js';
import { toProblem } from '../../browser/problem.js';
import { Camera } from '../camera.js';
import { element } from '../elements.js';
import { picturesInWords } from '../formats.js';
import { listenForDrops } from '../image-input.js';
import { problemBox } from '../problem-box.js';
import type { PageContext, View } from '../view.js';
import { BaseModel } from './base-model.js';
import { ClassBoard } from './class-board.js';
import { Collection, type CollectionChange, missing } from './collection.js';
import { CollectionStore } from './collection-store.js';
import { confirm } from './confirm.js';
import { type FrameRule, Frames } from './frames.js';
import { LessonPanel } from './lesson-panel.js';
import { type LabelledExample, mistakesOf } from './taught.js';
import { type Training, TrainingPanel } from './training-panel.js';

/** Refusals that another try would not change. */
const final: ReadonlySet<string> = new Set(['CHECKPOINT_MISMATCH', 'CONTEXT_INSECURE', 'NETWORK_UNKNOWN']);

/** Classes of the visitor's own, taught to the service's model in this tab. Nothing but the model's file is asked for. */
export function openTeach({ root, models }: PageContext): View {
  const again = element('button', { type: 'button', class: 'quiet' }, 'Start again');
  const frames = new Frames(new URL('frame-worker.js', document.baseURI));
  const camera = new Camera();
  const board = new ClassBoard(frames, camera, again);
  const training = new TrainingPanel(train);
  const about = element('p', { class: 'details' });
  const trouble = element('div', {});
  const workshop = element('div', { class: 'workshop', hidden: '' }, board.element, training.element);

  let shown = false;
  let base = new BaseModel(models.service);
  let lesson: LessonPanel | undefined;
  let work:
    | { readonly collection: Collection; readonly store: CollectionStore; readonly rule: FrameRule }
    | undefined;

  root.append(
    element(
      'div',
      { class: 'teach-head' },
      element('h2', {}, 'Teach it what you like'),
      element(
        'p',
        {},
        'Name two to five things, show a few pictures of each, and train the network to tell them apart.',
      ),
      about,
      element(
        'p',
        { class: 'private' },
        'Nothing leaves this tab: pictures are taken, learned and classified here, and kept in this browser until you start again.',
      ),
    ),
    trouble,
    workshop,
  );

  /** The workshop for the chosen model. Pictures stay where it reads frames of the same size. */
  async function prepare(): Promise<void> {
    const chosen = base;
    trouble.replaceChildren();
    try {
      requireSecureContext();
      const { rule, card } = await chosen.facts;
      if (chosen !== base) return;
      const { height, width } = rule;
      const [name, labels] =
        card === undefined ? ['the model that this browser has kept', ''] : [card.name, ` ${card.labels}`];
      about.textContent = `It starts from what ${name} sees in ${width} × ${height} pixels, and gets a last layer of your classes in place of its${labels} labels.`;
      if (work?.rule.height !== height || work.rule.width !== width) await openCollection(rule);
      if (chosen !== base) return;
      workshop.hidden = false;
      showMissing();
      await chosen.teacher(); // what cannot be taught is refused before anybody has taken a picture
    } catch (error) {
      if (chosen !== base) return;
      workshop.hidden = true;
      const fallback = { code: 'PAGE_FAILED', message: 'The model cannot be taught here.' };
      const problem = toProblem(error, fallback);
      trouble.replaceChildren(problemBox(problem, final.has(problem.code) ? undefined : reopen));
    }
  }

  async function openCollection(rule: FrameRule): Promise<void> {
    const store = new CollectionStore(rule);
    const collection = new Collection(store, changed);
    work = { collection, store, rule };
    board.open(work);
    await collection.open();
  }

  function reopen(): void {
    training.cancel();
    if (base !== lesson?.taught.base) base.close();
    base = new BaseModel(models.service);
    void prepare();
  }

  function changed(change: CollectionChange): void {
    board.show(change);
    showMissing();
    lesson?.markOutdated();
  }

  function showMissing(): void {
    const { collection } = work!;
    training.showMissing(missing(collection.classes));
    again.hidden = collection.exampleCount === 0 && lesson === undefined;
  }

  async function train({ layers, signal, onStage, onProgress }: Training): Promise<void> {
    const { collection, rule } = work!;
    const used = base;
    const { classes } = collection;
    const labels = classes.map(({ name }) => name.trim());
    const examples = classes.flatMap(({ examples: own }, label) =>
      own.map((example): LabelledExample => ({ example, label })),
    );
    camera.stop();
    onStage('Loading the network…');
    const teacher = await used.teacher();
    signal.throwIfAborted();
    onStage(`Looking at ${picturesInWords(examples.length)}…`);
    const pictures = examples.map(({ example, label }) => ({ frame: example.frame, label }));
    const taught = await teacher.teach(labels, pictures, { layers, signal, onProgress });
    const heldOut = taught.heldOutIndices.map((index) => examples[index]!);
    try {
      const mistakes = await mistakesOf(taught, heldOut);
      signal.throwIfAborted();
      closeLesson();
      lesson = new LessonPanel(frames, camera, { lesson: taught, base: used, rule, mistakes });
    } catch (error) {
      void taught.close();
      throw error;
    }
    if (collection.classes !== classes) lesson.markOutdated();
    workshop.append(lesson.element);
    again.hidden = false;
    if (shown) lesson.element.focus();
  }

  function closeLesson(): void {
    lesson?.close();
    if (lesson !== undefined && lesson.taught.base !== base) lesson.taught.base.close();
    lesson = undefined;
  }

  again.addEventListener('click', async () => {
    const question = 'Start again? Your classes, their pictures and what was taught here are deleted.';
    if (!(await confirm(question, 'Delete and start again'))) return;
    camera.stop();
    training.reset();
    closeLesson();
    await work?.collection.clear();
    board.focus();
  });
  listenForDrops({
    isWanted: () => shown && !workshop.hidden,
    places: '.class-card, .try-card',
    onPictures: (files, at) => {
      if (at !== null && lesson?.element.contains(at)) lesson.tryOut(files[0]!);
      else board.take(files, at);
    },
    onNothing: (what) => board.sayNothingCame(what),
  });
  addEventListener('beforeunload', (event) => {
    const lost = work !== undefined && !work.store.keeps && work.collection.exampleCount > 0;
    if (lost || lesson?.isUnsaved || training.isRunning) event.preventDefault();
  });
  models.onChange(reopen);
  void prepare();
  return {
    show() {
      shown = true;
    },
    hide() {
      shown = false;
      camera.stop();
    },
  };
}
