import type { Value } from '../graph.js';
import { defineOperator, elementwise, type None } from '../operator.js';
import { lessOrEqual, where } from './elementwise.js';
import { withPooledGradient } from './pooling.js';

/** max(x, 0); the gradient at 0 is 0. */
export function relu(x: Value): Value {
  return reluOperator([x], {})[0]!;
}

const reluOperator = defineOperator<None>({
  name: 'relu',
  infer: ([x]) => [{ dtype: x!.dtype, shape: x!.shape }],
  gradient: ({ outputs: [y] }, dy) => [
    // What comes from a max pool of y stands only where a maximum stood: the few maxima tell as well where y is 0.
    () => withPooledGradient(dy, y!, passed) ?? passed(y!, dy),
  ],
  onnx: () => ({ type: 'Relu' }),
  ...elementwise,
});

function passed(y: Value, dy: Value): Value {
  return where(lessOrEqual(y, 0), 0, dy);
}
