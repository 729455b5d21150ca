import type { Tensor } from '@tensorflow/tfjs-core';
import { type Application, number, type Translation } from './application.js';
import { LaidOut } from './laid-out.js';

export const batchNorm: Translation = (application) => {
  const [x, bias, scale] = application.inputs;
  const { mean, variance } = application.tf.moments(x!.channelsLast, [0, 1, 2]);
  return normalised(application, x!, { mean, variance, bias: bias!, scale });
};

export const normalise: Translation = (application) => {
  const [x, mean, variance, bias, scale] = application.inputs;
  return normalised(application, x!, {
    mean: mean!.channelsFirst,
    variance: variance!.channelsFirst,
    bias: bias!,
    scale,
  });
};

interface Parameters {
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly bias: LaidOut;
  readonly scale: LaidOut | undefined;
}

/** Channels last, where a vector of one number a channel broadcasts by itself. */
function normalised(
  { tf, node }: Application,
  x: LaidOut,
  { mean, variance, bias, scale }: Parameters,
): LaidOut {
  const standard = tf.div(tf.sub(x.channelsLast, mean), tf.sqrt(tf.add(variance, number(node, 'epsilon'))));
  const scaled = scale === undefined ? standard : tf.mul(standard, scale.channelsFirst);
  return new LaidOut(tf, tf.add(scaled, bias.channelsFirst), 'channels last');
}
