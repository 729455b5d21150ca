import { KilnError } from '../../../errors/errors.js';
import type { ClassifierMetadata } from '../../../runtime/metadata.js';
import type { TeachingOptions, TeachingPicture } from './teacher.js';

/**
 * @throws OPTION_INVALID for labels, epochs, seeds and layers that cannot be; SHAPE_MISMATCH for a picture that is not of
 *   the model's frame; DATASET_UNUSABLE for a class without a picture, or a picture without a class
 */
export function requireTeachable(
  { height, width }: ClassifierMetadata['frame'],
  labels: readonly string[],
  pictures: readonly TeachingPicture[],
  { layers, epochs = 1, seed = 0 }: TeachingOptions,
): void {
  requireOption('at least two classes', String(labels.length), labels.length >= 2);
  requireOption(
    'a name for each class',
    'an empty one',
    labels.every((label) => label.trim() !== ''),
  );
  const repeated = labels.find((label, index) => labels.indexOf(label) !== index);
  requireOption('each class once', `${repeated} twice`, repeated === undefined);
  requireOption('last or all as layers', String(layers), layers === 'last' || layers === 'all');
  requireOption('a whole number from 1 as epochs', String(epochs), Number.isInteger(epochs) && epochs >= 1);
  requireOption('a whole number below 2^32 as seed', String(seed), seed >>> 0 === seed);
  const counts = new Int32Array(labels.length);
  for (const { frame, label } of pictures) {
    if (frame.length !== height * width * 3) {
      throw new KilnError('SHAPE_MISMATCH', {
        message: "A picture is not of the model's frame.",
        expected: `uint8 [${height}, ${width}, 3]`,
        received: `${frame.length} bytes`,
      });
    }
    requirePictures(`labels below ${labels.length}`, String(label), counts[label] !== undefined);
    counts[label]! += 1;
  }
  const empty = counts.indexOf(0);
  requirePictures('a picture of each class', `none of ${labels[empty]}`, empty === -1);
}

function requireOption(expected: string, received: string, holds: boolean): void {
  if (!holds) throw new KilnError('OPTION_INVALID', { expected, received });
}

function requirePictures(expected: string, received: string, holds: boolean): void {
  if (holds) return;
  const message = 'These pictures do not make a dataset.';
  throw new KilnError('DATASET_UNUSABLE', { message, expected, received });
}
