import { roleOf, type Value } from '../onnx/graph.js';
import { add, div, matMul, mul, reduceSum, reshape, sqrt, sub } from '../onnx/operators/index.js';
import { sizeOf } from '../onnx/shape.js';

/** How gradients become new weights. Every rate below is multiplied by the step's learning rate. */
export type Optimizer =
  /** w ← w − lr·g */
  | { readonly kind: 'sgd' }
  /** v ← m·v + g; w ← w − lr·(g + m·v) with Nesterov's look-ahead (Sutskever et al. 2013), else w − lr·v */
  | { readonly kind: 'momentum'; readonly momentum: number; readonly nesterov: boolean }
  /**
   * Matrices move along the nearest orthogonal matrix to their Nesterov momentum (Jordan et al. 2024, "Muon: an
   * optimizer for hidden layers"), all else and the last layer by Nesterov momentum itself.
   */
  | {
      readonly kind: 'muon';
      readonly momentum: number;
      /** Rate of the orthogonalised matrices, relative to the learning rate. */
      readonly matrixRate: number;
      /**
       * What keeps these matrices from growing, before each move: a number is a decoupled decay,
       * w ← w·(1 − lr·matrixRate·matrixDecay); `normalise` gives w the norm √rows back, whatever the rate.
       */
      readonly matrixDecay: number | 'normalise';
      /** Names of matrices that move as vectors do: the last layer. */
      readonly excluded: readonly string[];
      /** How what is no matrix moves. Default: with `momentum` and the learning rate. */
      readonly vectors?: PlainMotion;
      /** How what is excluded moves. Default: with `momentum` and the learning rate. */
      readonly last?: PlainMotion;
    };

/** Nesterov momentum at its own rate: g ← g + decay / rate · w; v ← m·v + g; w ← w − lr·rate·(g + m·v). */
export interface PlainMotion {
  readonly momentum: number;
  /** Relative to the learning rate. */
  readonly rate: number;
  /** Share of the weights that a step at learning rate 1 takes away, but for the momentum. */
  readonly decay: number;
}

/** Whether a step keeps a second tensor for a parameter. */
export function keepsMomentum(parameter: Value, optimizer: Optimizer): boolean {
  return optimizer.kind !== 'sgd' && roleOf(parameter).kind === 'trained';
}

export interface ParameterUpdate {
  readonly weights: Value;
  readonly momentum: Value | undefined;
}

/** Adds one parameter's update to the graph. `learningRate` is a float32 scalar. */
export function update(
  optimizer: Optimizer,
  name: string,
  weights: Value,
  gradient: Value,
  momentum: Value | undefined,
  learningRate: Value,
): ParameterUpdate {
  if (optimizer.kind === 'sgd' || momentum === undefined) {
    return { weights: sub(weights, mul(gradient, learningRate)), momentum: undefined };
  }
  if (optimizer.kind === 'momentum') {
    const velocity = add(mul(momentum, optimizer.momentum), gradient);
    const direction = optimizer.nesterov ? add(gradient, mul(velocity, optimizer.momentum)) : velocity;
    return { weights: sub(weights, mul(direction, learningRate)), momentum: velocity };
  }
  const plain = { momentum: optimizer.momentum, rate: 1, decay: 0 };
  if (optimizer.excluded.includes(name)) {
    return moved(weights, gradient, momentum, learningRate, optimizer.last ?? plain);
  }
  if (!isMatrix(weights)) {
    return moved(weights, gradient, momentum, learningRate, optimizer.vectors ?? plain);
  }
  const velocity = add(mul(momentum, optimizer.momentum), gradient);
  const direction = add(gradient, mul(velocity, optimizer.momentum));
  const rate = mul(learningRate, optimizer.matrixRate);
  const kept =
    optimizer.matrixDecay === 'normalise'
      ? mul(weights, div(Math.sqrt(weights.size(0)), sqrt(reduceSum(mul(weights, weights)))))
      : mul(weights, sub(1, mul(rate, optimizer.matrixDecay)));
  return { weights: sub(kept, mul(orthogonalised(direction), rate)), momentum: velocity };
}

function moved(
  weights: Value,
  gradient: Value,
  momentum: Value,
  learningRate: Value,
  motion: PlainMotion,
): ParameterUpdate {
  const pull = motion.decay === 0 ? gradient : add(gradient, mul(weights, motion.decay / motion.rate));
  const velocity = add(mul(momentum, motion.momentum), pull);
  const direction = add(pull, mul(velocity, motion.momentum));
  const rate = motion.rate === 1 ? learningRate : mul(learningRate, motion.rate);
  return { weights: sub(weights, mul(direction, rate)), momentum: velocity };
}

/** Locally connected weights are no matrix but one for each place. */
function isMatrix({ rank }: Value): boolean {
  return rank === 2 || rank === 4;
}

/** Coefficients of the quintic iteration, from the same source: they push singular values towards 1 fastest. */
const [a, b, c] = [3.4445, -4.775, 2.0315];
const iterations = 3;

/**
 * The nearly orthogonal factor of x, taken as a matrix [first axis, all others]: filters × (channels · kernel) of a
 * convolution, inputs × outputs of a fully connected layer.
 */
function orthogonalised(x: Value): Value {
  const [rows, ...rest] = x.dims;
  const columns = sizeOf(rest);
  const tall = rows! > columns;
  let m = reshape(x, [rows!, columns]);
  m = div(m, add(sqrt(reduceSum(mul(m, m))), 1e-7));
  for (let iteration = 0; iteration < iterations; iteration += 1) {
    // The smaller of the two Gram matrices: [min, min] with min = min(rows, columns).
    const gram = tall ? matMul(m, m, { transposeA: true }) : matMul(m, m, { transposeB: true });
    const polynomial = add(mul(gram, b), mul(matMul(gram, gram), c));
    m = add(mul(m, a), tall ? matMul(m, polynomial) : matMul(polynomial, m));
  }
  // A layer with more outputs than inputs moves further, as its source scales it.
  const [outputs, inputs] = rest.length === 1 ? [columns, rows!] : [rows!, columns];
  return reshape(mul(m, Math.sqrt(Math.max(1, outputs / inputs))), x.dims);
}
