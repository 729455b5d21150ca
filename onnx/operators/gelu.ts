import type { Value } from '../graph.js';
import { defineOperator, elementwise, type None } from '../operator.js';
import { add, exp, mul, sub } from './elementwise.js';

/**
 * x · Φ(x), Φ being the distribution function of the standard normal distribution (Hendrycks and Gimpel, "Gaussian
 * Error Linear Units", arXiv 1606.08415): the exact form, not the one by tanh.
 */
export function gelu(x: Value): Value {
  return geluOperator([x], {})[0]!;
}

const geluOperator = defineOperator<None>({
  name: 'gelu',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  // Φ(x) + x · Φ′(x), and x · Φ′(x) = u · exp(−u²) / √π for u = x / √2. The lowered graph has u and Φ from the forward
  // pass; the factor 1 / √π is a summand of the exponent, which saves a pass over the tensor.
  gradient: ({ inputs: [x] }, dy) => [
    () => {
      const u = mul(x!, Math.SQRT1_2);
      const slope = mul(u, exp(sub(-Math.log(Math.PI) / 2, mul(u, u))));
      return mul(dy, add(normalDistribution(x!), slope));
    },
  ],
  lower: ([x]) => [mul(x!, normalDistribution(x!))],
});

/** Φ(x) = (1 + erf(x / √2)) / 2 */
function normalDistribution(x: Value): Value {
  return halfOfOnePlus([erf([mul(x, Math.SQRT1_2)], {})[0]!], {})[0]!;
}

const erf = defineOperator<None>({
  name: 'erf',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: () => ({ type: 'Erf' }),
  ...elementwise,
});

/** (1 + x) / 2 for x in [−1, 1] in one pass: there HardSigmoid, max(0, min(1, αx + β)), is a straight line. */
const halfOfOnePlus = defineOperator<None>({
  name: 'halfOfOnePlus',
  infer: ([x]) => [{ dtype: 'float32', shape: x!.shape }],
  onnx: () => ({ type: 'HardSigmoid', floats: { alpha: 0.5, beta: 0.5 } }),
  ...elementwise,
});
