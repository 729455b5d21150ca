import { PageError } from '../browser/problem.js';
import { byId } from './elements.js';
import { smallNumber } from './formats.js';
import { HistoryStrip } from './history-strip.js';
import { listenForImages } from './image-input.js';
import { type ModelFacts, showModel } from './model-card.js';
import { type Ask, type Picture, Pictures } from './pictures.js';
import { compare } from './predictions.js';
import { showSide, sideInWords } from './result-card.js';
import { drawSample } from './sample.js';
import { type ServedModel, Service } from './service.js';
import { Stage } from './stage.js';
import { TabLoader, type TabState } from './tab-loader.js';

const service = new Service(new URL(document.baseURI));
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

const askService: Ask = async (file) => {
  const { digest, predictions, timing } = await service.classify(file, served?.metadata.labels.length);
  const { queueMs, decodeMs, inferenceMs, roundTripMs } = timing;
  const times = { Queue: queueMs, Decoding: decodeMs, Inference: inferenceMs, 'Round trip': roundTripMs };
  return { digest, predictions, times };
};

const askTab: Ask = async (file, onFrame) => {
  const classifier = await tab.load();
  try {
    const { digest, predictions, timing } = await classifier.classify(file, onFrame);
    return { digest, predictions, times: { Decoding: timing.decodeMs, Inference: timing.inferenceMs } };
  } catch (error) {
    if (error instanceof PageError && error.problem.code === 'WORKER_FAILED') tab.drop();
    throw error;
  }
};

const pictures = new Pictures({ service: askService, tab: askTab }, (picture) => {
  if (picture.id === selected) show(picture);
  showHistory();
});

const strip = new HistoryStrip(byId('history', HTMLElement).querySelector('ol')!, (id) => select(id));

const tab = new TabLoader({
  service,
  workerUrl: new URL('classifier-worker.js', document.baseURI),
  onServed(model) {
    served = model;
    const { metadata, digest, runtime } = model;
    showFacts({ metadata, digest, runsOn: `${runtime.provider} in the service` });
  },
  onState: showTabState,
});

function showFacts(facts: ModelFacts): void {
  byId('model', HTMLElement).hidden = false;
  showModel(byId('model', HTMLElement).querySelector('dl')!, facts);
}

function showTabState(state: TabState): void {
  const text = byId('model-state-text', HTMLElement);
  const progress = byId('model-progress', HTMLProgressElement);
  byId('model-state', HTMLElement).dataset.state = state.kind;
  progress.hidden = state.kind !== 'loading';
  switch (state.kind) {
    case 'loading':
      text.textContent = 'Loading the model into this tab…';
      if (state.total === undefined) progress.removeAttribute('value');
      else progress.value = state.received / state.total;
      break;
    case 'ready': {
      const { metadata, digest, threads } = state.classifier.model;
      text.textContent = `${metadata.name} is ready`;
      const here = `WebAssembly with ${threads === 1 ? 'one thread' : `${threads} threads`} in this tab`;
      showFacts({ metadata, digest, runsOn: `${served?.runtime.provider ?? '?'} in the service, ${here}` });
      break;
    }
    case 'failed':
      text.textContent = `This tab has no model: ${state.problem.message}`;
      break;
  }
}

function agreementOf({ service, tab, file }: Picture): { kind: string; text: string } {
  if (service.kind === 'failed' || tab.kind === 'failed') return { kind: 'none', text: '' };
  if (service.kind !== 'done' || tab.kind !== 'done') return { kind: 'waiting', text: 'Asking both…' };
  const found = compare(service, tab, file.type === 'image/png' ? 'lossless' : 'lossy');
  if (found.kind === 'models-differ') {
    return { kind: found.kind, text: 'The service and this tab hold different models. Reload the page.' };
  }
  const difference = `the largest difference between two probabilities is ${smallNumber(found.maxDifference)}`;
  if (found.kind === 'agree') return { kind: found.kind, text: `They agree: ${difference}.` };
  const extent = found.sameTop ? 'They name the same label with different certainty' : 'They disagree';
  return { kind: found.kind, text: `${extent}: ${difference}.` };
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
  const items = pictures.all.map(({ id, name, url, service, tab }) => {
    const side = service.kind === 'done' ? service : tab;
    const waitingStill = [service.kind, tab.kind].some((kind) => kind === 'waiting' || kind === 'working');
    const fallback = waitingStill ? '…' : 'no answer';
    return { id, name, url, caption: (side.kind === 'done' && side.predictions[0]?.label) || fallback };
  });
  byId('history', HTMLElement).hidden = items.length < 2;
  strip.show(items, selected);
}

function select(id: number): void {
  const picture = pictures.find(id);
  if (picture === undefined) return;
  selected = id;
  show(picture);
  showHistory();
}

function take(files: readonly File[]): void {
  const added = pictures.add(files);
  notice.textContent =
    files.length > added.length ? `Of ${files.length} pictures the first ${added.length} were taken.` : '';
  if (added[0] !== undefined) select(added[0].id);
}

listenForImages(
  { pick: byId('pick', HTMLButtonElement), file: byId('file', HTMLInputElement) },
  {
    onPictures: take,
    onNothing(what) {
      notice.textContent =
        what === 'drop'
          ? 'What was dropped holds no file.'
          : 'The clipboard holds no picture. Copy one and paste again.';
    },
  },
);
byId('sample', HTMLButtonElement).addEventListener('click', async () => take([await drawSample()]));
tab.load().catch(() => undefined); // shown by onState; the next picture tries again
