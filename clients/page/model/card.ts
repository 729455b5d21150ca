import { describeNormalisation } from '../../../networks/network.js';
import { measuredAccuracy } from '../accuracy.js';
import { megabytes, wholeNumber } from '../formats.js';
import type { ModelAtHand } from '../model-at-hand.js';
import type { Inspection } from './inspector-messages.js';

const by = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  `${width} × ${height} pixels`;

/** Everything that the file says of itself, name by name. */
export function cardFacts(atHand: ModelAtHand, { metadata, bytes }: Inspection): Record<string, string> {
  const { network, training, dataset, frame, preprocessing, producer } = metadata;
  const took = training.seconds === null ? '' : `, ${wholeNumber(Math.round(training.seconds))} s`;
  return {
    Name: metadata.name,
    'Served as': servedAs(atHand),
    'Precision @ 1': measuredAccuracy(metadata),
    Network: `${network.name}, ${wholeNumber(network.parameters)} parameters`,
    'Multiply-adds': wholeNumber(network.multiplyAdds),
    Labels: metadata.labels.join(', '),
    Frame: `${by(frame)}; ${frame.rule}`,
    Preprocessing: `middle ${by(preprocessing.crop)}, ${describeNormalisation(preprocessing.normalise)}`,
    'Trained on': `${dataset.name}, ${dataset.trainedOn}, ${wholeNumber(dataset.count)} pictures`,
    Training: `recipe ${training.recipe}, ${wholeNumber(training.steps)} steps of ${training.batch}, seed ${training.seed}, ${training.weights} weights`,
    Machine: `${training.machine}${took}`,
    'Written by': `kiln ${producer.version}, commit ${producer.commit.slice(0, 12)}`,
    Numbers: metadata.precision?.kind ?? 'float32',
    Size: megabytes(bytes),
    sha256: atHand.digest,
  };
}

function servedAs(atHand: ModelAtHand): string {
  if (atHand.kind === 'kept') return 'kept from an earlier visit; the service is not there';
  return `${atHand.served.name}, version ${atHand.served.version}`;
}
