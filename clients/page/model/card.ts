import { measuredAccuracy } from '../accuracy.js';
import { wholeNumber } from '../formats.js';
import type { ServedModel } from '../service.js';

const by = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  `${width} × ${height} pixels`;

/** Everything that the file says of itself, name by name. */
export function cardFacts({ name, version, digest, bytes, metadata }: ServedModel): Record<string, string> {
  const { network, training, dataset, frame, preprocessing, producer } = metadata;
  const took = training.seconds === null ? '' : `, ${wholeNumber(Math.round(training.seconds))} s`;
  return {
    Name: metadata.name,
    'Served as': `${name}, version ${version}`,
    'Precision @ 1': measuredAccuracy(metadata),
    Network: `${network.name}, ${wholeNumber(network.parameters)} parameters`,
    'Multiply-adds': wholeNumber(network.multiplyAdds),
    Labels: metadata.labels.join(', '),
    Frame: `${by(frame)}; ${frame.rule}`,
    Preprocessing: `middle ${by(preprocessing.crop)}, ${preprocessing.normalise}`,
    'Trained on': `${dataset.name}, ${dataset.trainedOn}, ${wholeNumber(dataset.count)} pictures`,
    Training: `recipe ${training.recipe}, ${wholeNumber(training.steps)} steps of ${training.batch}, seed ${training.seed}, ${training.weights} weights`,
    Machine: `${training.machine}${took}`,
    'Written by': `kiln ${producer.version}, commit ${producer.commit.slice(0, 12)}`,
    Size: `${(bytes / 1e6).toFixed(2)} MB`,
    sha256: digest,
  };
}
