import type { PictureSource } from '../../browser/picture-source.js';
import type { Frame, TabAnswer } from '../../browser/worker-messages.js';
import { byId } from '../elements.js';
import { listenForDrops, listenForPicks, nothingCame } from '../image-input.js';
import { PageError } from '../page-error.js';
import type { ServedModel } from '../service.js';
import { TabLoader } from '../tab-loader.js';
import type { PageContext, View } from '../view.js';
import { agreementOf } from './agreement.js';
import { HistoryStrip } from './history-strip.js';
import { showModel } from './model-card.js';
import { type Ask, type Picture, Pictures } from './pictures.js';
import { showSide, sideInWords } from './result-card.js';
import { drawSample } from './sample.js';
import { Stage } from './stage.js';
import { showTabState } from './tab-state.js';
import { openWebcam } from './webcam.js';

/** Pictures of the visitor, classified by the service and by the same file in this tab. */
export function openClassify({ models, picture: current }: PageContext): View {
  const stage = new Stage();
  const cards = {
    service: byId('service-card', HTMLElement).querySelector('.body')!,
    tab: byId('tab-card', HTMLElement).querySelector('.body')!,
  };
  const agreement = byId('agreement', HTMLParagraphElement);
  const announcement = byId('announcement', HTMLParagraphElement);
  const notice = byId('notice', HTMLParagraphElement);

  let served: ServedModel | undefined;
  let selected: number | undefined;
  let shown = false;
  let tab = openTab();

  const askService: Ask = async (file) => {
    const top = served?.metadata.labels.length;
    const { digest, predictions, timing } = await models.service.classify(file, top);
    const { queueMs, decodeMs, inferenceMs, roundTripMs } = timing;
    const times = { Queue: queueMs, Decoding: decodeMs, Inference: inferenceMs, 'Round trip': roundTripMs };
    return { digest, predictions, times };
  };

  async function classifyHere(picture: PictureSource, onFrame?: (frame: Frame) => void): Promise<TabAnswer> {
    const asked = tab;
    const classifier = await asked.load();
    try {
      return await classifier.classify(picture, onFrame);
    } catch (error) {
      if (asked !== tab) return classifyHere(picture, onFrame); // another model was chosen meanwhile
      if (error instanceof PageError && error.problem.code === 'WORKER_FAILED') asked.drop();
      throw error;
    }
  }

  const askTab: Ask = async (file, onFrame) => {
    const { digest, predictions, timing } = await classifyHere(file, onFrame);
    return { digest, predictions, times: { Decoding: timing.decodeMs, Inference: timing.inferenceMs } };
  };

  const pictures = new Pictures({ service: askService, tab: askTab }, (picture) => {
    if (picture.id === selected) show(picture);
    showHistory();
  });
  const strip = new HistoryStrip(byId('history', HTMLElement).querySelector('ol')!, select);

  /** The tab as the chosen model. What it tells once another was chosen is no longer shown. */
  function openTab(): TabLoader {
    const isCurrent = (): boolean => tab === opened;
    const opened: TabLoader = new TabLoader({
      service: models.service,
      workerUrl: new URL('classifier-worker.js', document.baseURI),
      onServed(model) {
        if (!isCurrent()) return;
        served = model;
        showFacts(model, `${model.runtime.provider} in the service`);
      },
      onState(state) {
        if (!isCurrent()) return;
        showTabState(state);
        if (state.kind !== 'ready') return;
        const { model } = state.classifier;
        const threads = model.threads === 1 ? 'one thread' : `${model.threads} threads`;
        const there = served === undefined ? '' : `${served.runtime.provider} in the service, `;
        showFacts(model, `${there}WebAssembly with ${threads} in this tab`);
      },
    });
    return opened;
  }

  function showFacts({ metadata, digest }: Pick<ServedModel, 'metadata' | 'digest'>, runsOn: string): void {
    const section = byId('model', HTMLElement);
    section.hidden = false;
    showModel(section.querySelector('dl')!, { metadata, digest, runsOn });
  }

  function show(picture: Picture): void {
    byId('result', HTMLElement).hidden = false;
    stage.showPicture(picture.name, picture.url);
    stage.showFrame(picture.frame, served?.metadata);
    showSide(cards.service, picture.service, () => pictures.ask(picture, 'service'));
    showSide(cards.tab, picture.tab, () => pictures.ask(picture, 'tab'));
    const { kind, text } = agreementOf(picture);
    agreement.dataset.kind = kind;
    agreement.textContent = text;
    const settled = [picture.service, picture.tab].every(
      (side) => side.kind === 'done' || side.kind === 'failed',
    );
    const words = [sideInWords('the service', picture.service), sideInWords('this tab', picture.tab)];
    announcement.textContent = settled ? `${picture.name}: ${words.join('; ')}. ${text}` : '';
  }

  function showHistory(): void {
    const items = pictures.all.map(({ id, name, url, service, tab: here }) => {
      const side = service.kind === 'done' ? service : here;
      const waiting = [service.kind, here.kind].some((kind) => kind === 'waiting' || kind === 'working');
      const fallback = waiting ? '…' : 'no answer';
      return { id, name, url, caption: (side.kind === 'done' && side.predictions[0]?.label) || fallback };
    });
    byId('history', HTMLElement).hidden = items.length < 2;
    strip.show(items, selected);
  }

  function select(id: number): void {
    const picture = pictures.find(id);
    if (picture === undefined) return;
    selected = id;
    current.show(picture);
    show(picture);
    showHistory();
  }

  function take(files: readonly File[]): void {
    const added = pictures.add(files);
    notice.textContent =
      files.length > added.length ? `Of ${files.length} pictures the first ${added.length} were taken.` : '';
    if (added[0] !== undefined) select(added[0].id);
  }

  /** Shown by onState; the next picture tries again. */
  const load = (): void => void tab.load().catch(() => undefined);

  const webcam = openWebcam({
    async ask(video) {
      const { predictions, timing } = await classifyHere(video);
      return { predictions: predictions.slice(0, 5), ms: timing.decodeMs + timing.inferenceMs };
    },
    onKeep: (picture) => take([picture]),
  });
  listenForPicks(byId('pick', HTMLButtonElement), byId('file', HTMLInputElement), take);
  listenForDrops({
    isWanted: () => shown,
    onPictures: take,
    onNothing(what) {
      notice.textContent = nothingCame[what];
    },
  });
  byId('sample', HTMLButtonElement).addEventListener('click', async () => take([await drawSample()]));
  // Until here a click would have been for nothing.
  for (const id of ['pick', 'webcam', 'sample']) byId(id, HTMLButtonElement).disabled = false;
  models.onChange(() => {
    tab.drop();
    tab = openTab();
    load();
    pictures.askAgain();
  });
  load();
  return {
    take,
    show() {
      shown = true;
    },
    hide() {
      shown = false;
      webcam.stop();
    },
  };
}
