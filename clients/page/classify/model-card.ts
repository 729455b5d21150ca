import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import { measuredAccuracy } from '../accuracy.js';
import { factGroups } from '../facts.js';
import { wholeNumber } from '../formats.js';

export interface ModelFacts {
  readonly metadata: ClassifierMetadata;
  readonly digest: string;
  /** Where it runs: the service's provider, and the tab's once it is ready. */
  readonly runsOn: string;
}

/** The card's facts as a description list. */
export function showModel(list: HTMLDListElement, { metadata, digest, runsOn }: ModelFacts): void {
  const { network, training } = metadata;
  const facts = {
    Name: metadata.name,
    'Precision @ 1': measuredAccuracy(metadata),
    Parameters: wholeNumber(network.parameters),
    'Multiply-adds': wholeNumber(network.multiplyAdds),
    Labels: metadata.labels.join(', '),
    Trained: `${metadata.dataset.name}, recipe ${training.recipe}, ${wholeNumber(training.steps)} steps, seed ${training.seed}`,
    'Runs on': runsOn,
    sha256: digest.slice(0, 12),
  };
  list.replaceChildren(...factGroups(facts));
}
