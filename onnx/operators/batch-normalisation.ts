import type { Backward, Value } from '../graph.js';
import { defineOperator, type None } from '../operator.js';
import { knownPlacesFirst } from '../places-first.js';
import { formatShape, shapeMismatch, sizeOf } from '../shape.js';
import { add, div, mul, sqrt, sub } from './elementwise.js';
import { expand, reshape } from './layout.js';
import { reduceMean } from './reduction.js';

/** What a normalisation does beside subtracting and dividing. */
export interface BatchNormOptions {
  /** γ, [channels]. Default: none, a factor of 1 that is not trained. */
  readonly scale?: Value;
  /** β, [channels] */
  readonly bias: Value;
  /** Added to the variance; greater than 0. */
  readonly epsilon: number;
}

/** Over the batch and the places of each channel, each [channels]. */
export interface BatchStatistics {
  readonly mean: Value;
  /** The mean of squared distances: what a batch is normalised by. */
  readonly variance: Value;
  /** The same times n / (n − 1), n values a channel: what PyTorch's running variance is the moving average of. */
  readonly unbiasedVariance: Value;
}

/**
 * Batch normalisation by the batch's own statistics, as a training step does it: γ · (x − mean) / √(variance + ε) + β
 * for each channel (Ioffe and Szegedy, "Batch Normalization", arXiv 1502.03167). The gradient goes through the
 * statistics; their values are `batchStatistics(x)`, which costs nothing beside this.
 *
 * @param x [batch, channels, height, width]
 */
export function batchNorm(x: Value, { scale, bias, epsilon }: BatchNormOptions): Value {
  return batchNormOperator(scale === undefined ? [x, bias] : [x, bias, scale], { epsilon })[0]!;
}

/**
 * Mean and variance of each channel. No gradient is meant to flow through them.
 *
 * @param x [batch, channels, height, width], two values a channel at least; sizes known
 */
export function batchStatistics(x: Value): BatchStatistics {
  requireImages('batchStatistics', x);
  const count = valuesPerChannel(x);
  if (count < 2) throw shapeMismatch('batchStatistics', 'two values a channel at least', x.shape);
  const { mean, variance } = moments(x);
  return { mean, variance, unbiasedVariance: mul(variance, count / (count - 1)) };
}

const batchNormOperator = defineOperator<{ readonly epsilon: number }>({
  name: 'batchNorm',
  infer: ([x, ...parameters]) => {
    requireChannels('batchNorm', x!, parameters);
    return [{ dtype: 'float32', shape: x!.shape }];
  },
  // With x̂ = (x − mean) / σ: dx = γ/σ · (dy − mean(dy) − x̂ · mean(dy · x̂)), dβ = Σdy, dγ = Σ dy · x̂.
  gradient: ({ inputs: [x, , scale], attributes: { epsilon } }, dy): readonly Backward[] => {
    const { centred, variance } = moments(x!);
    const inverse = inverseDeviation(variance, epsilon);
    const shift = channelMean(dy);
    const slope = mul(channelMean(mul(dy, centred)), inverse); // mean(dy · x̂)
    return [
      () => {
        const explained = channelAffine(centred, mul(slope, inverse), shift);
        return mul(sub(dy, explained), asColumn(scaled(inverse, scale)));
      },
      () => mul(shift, valuesPerChannel(x!)),
      () => mul(slope, valuesPerChannel(x!)),
    ];
  },
  lower: ([x, bias, scale], { epsilon }) => {
    const { centred, variance } = moments(x!);
    return [channelAffine(centred, scaled(inverseDeviation(variance, epsilon), scale), bias!)];
  },
});

/** What a trained network normalises by: running statistics in place of a batch's. */
export interface NormaliseOptions extends BatchNormOptions {
  /** [channels] */
  readonly mean: Value;
  /** [channels] */
  readonly variance: Value;
}

/**
 * Batch normalisation by given statistics, as inference does it: γ · (x − mean) / √(variance + ε) + β. The
 * statistics receive no gradient.
 *
 * @param x [batch, channels, height, width]
 */
export function normalise(x: Value, { mean, variance, bias, scale, epsilon }: NormaliseOptions): Value {
  const parameters = scale === undefined ? [mean, variance, bias] : [mean, variance, bias, scale];
  return normaliseOperator([x, ...parameters], { epsilon })[0]!;
}

const normaliseOperator = defineOperator<{ readonly epsilon: number }>({
  name: 'normalise',
  infer: ([x, ...parameters]) => {
    requireChannels('normalise', x!, parameters);
    return [{ dtype: 'float32', shape: x!.shape }];
  },
  gradient: ({ inputs: [x, mean, variance, , scale], attributes: { epsilon } }, dy) => {
    const inverse = inverseDeviation(variance!, epsilon);
    return [
      () => mul(dy, asColumn(scaled(inverse, scale))),
      undefined,
      undefined,
      () => mul(channelMean(dy), valuesPerChannel(x!)),
      () => mul(mul(channelMean(mul(dy, sub(x!, asColumn(mean!)))), inverse), valuesPerChannel(x!)),
    ];
  },
  lower: ([x, mean, variance, bias, scale], { epsilon }) => [
    batchNormalization([x!, scale ?? filled(mean!, 1), bias!, mean!, variance!], { epsilon })[0]!,
  ],
});

/** ONNX's operator in its inference form; its training form does not run on the CUDA provider. */
const batchNormalization = defineOperator<{ readonly epsilon: number }>({
  name: 'batchNormalization',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: ({ epsilon }) => ({ type: 'BatchNormalization', floats: { epsilon } }),
});

/** x · factor + summand with one number of each a channel. */
function channelAffine(x: Value, factor: Value, summand: Value): Value {
  return channelAffineOperator([x, factor, summand], {})[0]!;
}

const channelAffineOperator = defineOperator<None>({
  name: 'channelAffine',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  lower: ([x, factor, summand]) => {
    if (knownPlacesFirst(x!) !== undefined) return [add(mul(x!, asColumn(factor!)), asColumn(summand!))];
    // BatchNormalization with mean 0 and variance 1 is the only operator of ONNX that does both in one pass over x.
    const [zeros, ones] = [filled(factor!, 0), filled(factor!, 1)];
    return batchNormalization([x!, factor!, summand!, zeros, ones], { epsilon: 0 });
  },
});

/**
 * The variance comes from centred values: E[x²] − E[x]² would save one pass and lose all digits where a mean is large
 * beside its deviation.
 */
function moments(x: Value) {
  const mean = channelMean(x);
  const centred = sub(x, asColumn(mean));
  return { mean, centred, variance: channelMean(mul(centred, centred)) };
}

/** Places first, then the batch: short sums of short sums are exacter, and on CPU quicker, than one over all three axes. */
function channelMean(x: Value): Value {
  return reduceMean(reduceMean(x, [2, 3]), [0]);
}

function inverseDeviation(variance: Value, epsilon: number): Value {
  return div(1, sqrt(add(variance, epsilon)));
}

function scaled(value: Value, scale: Value | undefined): Value {
  return scale === undefined ? value : mul(value, scale);
}

/** [channels] → [1, channels, 1, 1], which broadcasts against images. */
function asColumn(value: Value): Value {
  return reshape(value, [1, value.size(0), 1, 1]);
}

/** As many copies of a number as `like` [channels] has elements. */
function filled(like: Value, value: number): Value {
  return expand(reshape(like.graph.scalar(value), [1]), like.shape);
}

function valuesPerChannel(x: Value): number {
  return sizeOf([x.size(0), x.size(2), x.size(3)]);
}

function requireImages(operator: string, x: Value): void {
  if (x.rank !== 4) throw shapeMismatch(operator, 'images of rank 4', x.shape);
}

function requireChannels(operator: string, x: Value, parameters: readonly Value[]): void {
  requireImages(operator, x);
  const odd = parameters.find(({ rank, shape }) => rank !== 1 || shape[0] !== x.shape[1]);
  if (odd !== undefined) {
    throw shapeMismatch(operator, `one number a channel, ${formatShape([x.shape[1]!])}`, x.shape, odd.shape);
  }
}
