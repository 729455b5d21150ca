import { toProblem } from '../../browser/problem.js';
import { element } from '../elements.js';
import { wholeNumber } from '../formats.js';
import { problemBox } from '../problem-box.js';
import type { EvaluatedPicture, Evaluations, PictureQuery } from './evaluations.js';
import { pictureTile } from './picture-tile.js';

/** Pictures that come at once. */
const pageSize = 24;

const fallback = { code: 'PAGE_FAILED', message: 'The pictures cannot be shown.' };

export interface PictureGridOptions {
  readonly evaluations: Evaluations;
  /** Of the evaluation. */
  readonly id: string;
  readonly query: PictureQuery;
  /** Whether there is a way to those behind the first page. */
  readonly paged: boolean;
  /** A picture is chosen; where this fails, the grid says so. */
  readonly onOpen: (picture: EvaluatedPicture) => Promise<void>;
}

/** The pictures that a query finds, page after page. It loads the first by itself. */
export function pictureGrid({ evaluations, id, query, paged, onOpen }: PictureGridOptions): HTMLElement {
  const list = element('ul', { class: 'pictures' });
  const status = element('p', { class: 'details', role: 'status' });
  const more = element('button', { type: 'button' }, 'More');
  const absence = element('div', { role: 'alert' });
  const trouble = element('div', { role: 'alert' });
  const grid = element('div', {}, absence, list, trouble, element('div', { class: 'toolbar' }, more, status));
  more.hidden = true;

  /** Why pictures do not come is told once, in the words of the service. */
  let explained = false;
  async function explain(url: URL): Promise<void> {
    if (explained) return;
    explained = true;
    await evaluations.connection.open(url).catch((error) => {
      absence.replaceChildren(problemBox(toProblem(error, fallback)));
    });
  }

  async function open(picture: EvaluatedPicture): Promise<void> {
    trouble.replaceChildren();
    try {
      await onOpen(picture);
    } catch (error) {
      const unopened = { code: 'PAGE_FAILED', message: 'The picture could not be taken to Classify.' };
      trouble.replaceChildren(problemBox(toProblem(error, unopened), () => void open(picture)));
      trouble.scrollIntoView({ block: 'nearest' }); // it stands behind all the pictures
    }
  }

  async function load(): Promise<void> {
    more.disabled = true;
    trouble.replaceChildren();
    try {
      const offset = list.children.length;
      const { count, order, pictures } = await evaluations.pictures(id, query, { offset, limit: pageSize });
      const tiles = pictures.map((picture) => {
        const url = evaluations.pictureUrl(id, picture.index);
        return pictureTile(picture, {
          connection: evaluations.connection,
          url,
          onOpen: () => void open(picture),
          onMissing: () => void explain(url),
        });
      });
      list.append(...tiles);
      if (offset > 0) tiles[0]?.querySelector('button')?.focus();
      const shown = list.children.length;
      more.hidden = !paged || shown >= count;
      const other =
        order === query.order ? '' : ', in the data’s order: this evaluation kept no probabilities';
      status.textContent =
        count === 0 ? 'There are none.' : `${wholeNumber(shown)} of ${wholeNumber(count)}${other}`;
    } catch (error) {
      trouble.replaceChildren(problemBox(toProblem(error, fallback), () => void load()));
    } finally {
      more.disabled = false;
    }
  }

  more.addEventListener('click', () => void load());
  void load();
  return grid;
}
