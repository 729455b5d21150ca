import Type, { type Static } from 'typebox';
import type { Answer, Answers } from './answers.js';

export const pictureOrders = ['confident', 'unsure', 'dataset'] as const;
export type PictureOrder = (typeof pictureOrders)[number];

const probability = (description: string) =>
  Type.Union([Type.Number({ minimum: 0, maximum: 1 }), Type.Null()], { description });

/** One picture of an evaluation, and what the model took it for. */
const evaluatedPicture = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Its place among the evaluation’s pictures.' }),
  name: Type.Union([Type.String(), Type.Null()], {
    description: 'Its file in the archive or folder; null where pictures are no files.',
  }),
  true: Type.String({ description: 'Its label.' }),
  predicted: Type.Union([Type.String(), Type.Null()], {
    description: 'null where the model’s answer was not finite.',
  }),
  probability: Type.Object(
    { true: probability('Of its label.'), predicted: probability('Of the predicted label.') },
    { description: 'null in evaluations of an earlier kiln, which did not keep them.' },
  ),
  available: Type.Boolean({
    description:
      'Whether the picture can be had: of an archive some are kept; of a dataset all are read again, as long as it is there.',
  }),
});
export type EvaluatedPicture = Static<typeof evaluatedPicture>;

export const pictureList = Type.Object({
  count: Type.Integer({ minimum: 0, description: 'Pictures that are asked for, on all pages.' }),
  order: Type.Enum([...pictureOrders], {
    description: '`dataset` in evaluations that have no probabilities, whatever was asked for.',
  }),
  pictures: Type.Array(evaluatedPicture),
});
export type PictureList = Static<typeof pictureList>;

/** Which pictures; every condition holds. Classes by number. */
export interface PictureFilter {
  readonly label?: number | undefined;
  readonly predicted?: number | undefined;
  readonly wrong?: boolean | undefined;
}

/** The places of the pictures asked for, and the order in which they are. Those that are equal are in the data's order. */
export function selectPictures(
  answers: Answers,
  { label, predicted, wrong }: PictureFilter,
  asked: PictureOrder,
): { readonly order: PictureOrder; readonly places: readonly number[] } {
  const matches = (answer: Answer): boolean =>
    (label === undefined || answer.label === label) &&
    (predicted === undefined || answer.predicted === predicted) &&
    (wrong === undefined || (answer.label !== answer.predicted) === wrong);
  const found: { place: number; confidence: number | undefined }[] = [];
  for (let place = 0; place < answers.count; place += 1) {
    const answer = answers.at(place);
    if (answer === undefined || !matches(answer)) continue;
    found.push({ place, confidence: answer.probability?.predicted });
  }
  const order = answers.probabilityBytes === undefined ? 'dataset' : asked;
  if (order !== 'dataset') {
    const sign = order === 'confident' ? -1 : 1;
    const rank = (confidence: number | undefined) =>
      confidence === undefined ? Number.POSITIVE_INFINITY : sign * confidence; // those without come last
    found.sort((a, b) => rank(a.confidence) - rank(b.confidence) || a.place - b.place);
  }
  return { order, places: found.map(({ place }) => place) };
}
