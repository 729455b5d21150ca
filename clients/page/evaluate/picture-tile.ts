import type { Connection } from '../connection.js';
import { element } from '../elements.js';
import { percent } from '../formats.js';
import type { EvaluatedPicture } from './evaluations.js';

interface TileOptions {
  readonly connection: Connection;
  readonly url: URL;
  readonly onOpen: () => void;
  /** The service does not have it after all. */
  readonly onMissing: () => void;
}

/** One picture, what it is and what it was taken for; a button that opens it. */
export function pictureTile(picture: EvaluatedPicture, options: TileOptions): HTMLLIElement {
  const { index, name, true: label, predicted, probability } = picture;
  const right = label === predicted;
  const lines = right
    ? [line('answer', 'is', label, probability.true)]
    : [
        line('answer', 'as', predicted ?? 'nothing', probability.predicted),
        line('label', 'is', label, probability.true),
      ];
  const called = name ?? `picture ${index}`;
  const caption = element('span', { class: 'name', title: called }, called.split('/').at(-1)!);
  const place = picture.available ? frame(picture, called, options) : missing('not kept');
  return element('li', { class: right ? 'right' : 'wrong' }, place, ...lines, caption);
}

function frame(
  picture: EvaluatedPicture,
  called: string,
  { connection, url, onOpen, onMissing }: TileOptions,
) {
  const image = element('img', { alt: '', loading: 'lazy', decoding: 'async', width: '96', height: '96' });
  const button = element(
    'button',
    { type: 'button', class: 'picture', 'aria-label': `Classify ${called}, ${inWords(picture)}` },
    image,
  );
  image.addEventListener(
    'error',
    () => {
      button.replaceWith(missing('not there'));
      onMissing();
    },
    { once: true },
  );
  button.addEventListener('click', onOpen);
  void load(image, connection, url);
  return button;
}

/** An image of its own cannot carry a key. */
async function load(image: HTMLImageElement, connection: Connection, url: URL): Promise<void> {
  if (Object.keys(connection.headers).length === 0) {
    image.src = url.href;
    return;
  }
  try {
    const file = URL.createObjectURL(await (await connection.open(url)).blob());
    for (const end of ['load', 'error'])
      image.addEventListener(end, () => URL.revokeObjectURL(file), { once: true });
    image.removeAttribute('loading'); // it has come
    image.src = file;
  } catch {
    image.dispatchEvent(new Event('error'));
  }
}

const missing = (why: string) => element('span', { class: 'picture missing' }, why);

function line(kind: string, word: string, label: string, probability: number | null): HTMLElement {
  const made = element(
    'span',
    { class: kind },
    element('span', {}, `${word} `, element('b', {}, label)),
    ' ',
  );
  if (probability !== null) made.append(element('span', { class: 'percent' }, percent(probability)));
  return made;
}

/** "cat taken for dog with 97.1 %" */
function inWords({ true: label, predicted, probability }: EvaluatedPicture): string {
  const sure = probability.predicted === null ? '' : ` with ${percent(probability.predicted)}`;
  const what = label === predicted ? `${label} found` : `${label} taken for ${predicted ?? 'nothing'}`;
  return `${what}${sure}`;
}
