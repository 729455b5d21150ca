import type { ClassifierMetadata } from '../../runtime/metadata.js';
import { element } from './elements.js';
import { percent, wholeNumber } from './formats.js';

export interface ModelFacts {
  readonly metadata: ClassifierMetadata;
  readonly digest: string;
  /** Where it runs: the service's provider, and the tab's once it is ready. */
  readonly runsOn: string;
}

function accuracy({ evaluation }: ClassifierMetadata): string {
  if (evaluation === null) return 'not measured';
  const [low, high] = evaluation.interval;
  const of = `${wholeNumber(evaluation.count)} ${evaluation.split} images`;
  return `${percent(evaluation.precisionAt1)} (95 % interval ${percent(low)} to ${percent(high)}) of ${of}`;
}

/** The card's facts as a description list. */
export function showModel(list: HTMLDListElement, { metadata, digest, runsOn }: ModelFacts): void {
  const { network, training } = metadata;
  const facts = {
    Name: metadata.name,
    'Precision @ 1': accuracy(metadata),
    Parameters: wholeNumber(network.parameters),
    'Multiply-adds': wholeNumber(network.multiplyAdds),
    Labels: metadata.labels.join(', '),
    Trained: `${metadata.dataset.name}, recipe ${training.recipe}, ${wholeNumber(training.steps)} steps, seed ${training.seed}`,
    'Runs on': runsOn,
    sha256: digest.slice(0, 12),
  };
  list.replaceChildren(
    ...Object.entries(facts).map(([name, value]) =>
      element('div', {}, element('dt', {}, name), element('dd', {}, value)),
    ),
  );
}
