import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uniform } from '../../data/random.js';
import type { Network } from '../../networks/network.js';
import { dense, flatten } from '../../onnx/operators/index.js';
import { createOnnxEngine } from '../../train/onnx-engine.js';
import type { Optimizer } from '../../train/optimizers.js';
import { initialState } from '../../train/state.js';
import { companion, type StepDescription } from '../../train/step-graph.js';

const [features, classes, batch] = [12, 5, 8];
const decay = 0.3;

/** Softmax regression: its gradients fit into one line each, so a step can be written down by hand. */
const regression: Network = {
  name: 'regression',
  input: { channels: 3, height: 2, width: 2 },
  preprocessing: { crop: { height: 2, width: 2 }, normalise: 'per-image-standardisation' },
  forward(graph, images, count) {
    const initialiser = { kind: 'truncated-normal', std: 0.5 } as const;
    const weights = graph.parameter('w', [features, count], { initialiser, decay });
    return dense(flatten(images), weights, graph.parameter('b', [count], { initialiser, decay: 0 }));
  },
};

function batchOf(step: number) {
  const images = Float32Array.from({ length: batch * features }, (_, i) => 2 * uniform(7, step, i) - 1);
  const labels = Int32Array.from({ length: batch }, (_, i) => Math.floor(uniform(8, step, i) * classes));
  return { images, labels };
}

type Values = Record<'w' | 'b', number[]>;

/** Loss and gradients in float64, from the textbook: ∂/∂logits = (softmax − target) / batch. */
function differentiate({ w, b }: Values, { images, labels }: ReturnType<typeof batchOf>, smoothing: number) {
  const gradients: Values = { w: w.map((value) => decay * value), b: b.map(() => 0) };
  let loss = (decay / 2) * w.reduce((sum, value) => sum + value * value, 0);
  for (let row = 0; row < batch; row += 1) {
    const x = Array.from({ length: features }, (_, f) => images[row * features + f]!);
    const logits = b.map((bias, c) => x.reduce((sum, value, f) => sum + value * w[f * classes + c]!, bias));
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    for (const [c, logit] of logits.entries()) {
      const target = (c === labels[row] ? 1 - smoothing : 0) + smoothing / classes;
      loss -= (target * (logit - Math.log(total))) / batch;
      const error = (Math.exp(logit) / total - target) / batch;
      gradients.b[c]! += error;
      for (const [f, value] of x.entries()) gradients.w[f * classes + c]! += error * value;
    }
  }
  return { loss, gradients };
}

/** Newton–Schulz with the published coefficients, on [features, classes] in float64. */
function orthogonalised(matrix: readonly number[]): number[] {
  const norm = Math.hypot(...matrix);
  let m = matrix.map((value) => value / norm);
  for (let iteration = 0; iteration < 3; iteration += 1) {
    const gram = product(transposed(m, features, classes), m, classes, features, classes);
    const square = product(gram, gram, classes, classes, classes);
    const polynomial = gram.map((value, i) => -4.775 * value + 2.0315 * square[i]!);
    const moved = product(m, polynomial, features, classes, classes);
    m = m.map((value, i) => 3.4445 * value + moved[i]!);
  }
  return m;
}

function product(a: readonly number[], b: readonly number[], rows: number, inner: number, columns: number) {
  return Array.from({ length: rows * columns }, (_, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let sum = 0;
    for (let k = 0; k < inner; k += 1) sum += a[row * inner + k]! * b[k * columns + column]!;
    return sum;
  });
}

function transposed(m: readonly number[], rows: number, columns: number): number[] {
  return Array.from({ length: rows * columns }, (_, at) => m[(at % rows) * columns + Math.floor(at / rows)]!);
}

type Velocity = (w: readonly number[], g: readonly number[], v: readonly number[]) => number[];

const plainVelocity: Velocity = (_w, g, v) => v.map((value, i) => 0.9 * value + g[i]!);

/** The biases of the last rule, which has a motion of its own for them. */
const motion = { momentum: 0.8, rate: 3, decay: 0.1 };
const pulled = (b: readonly number[], g: readonly number[]) =>
  g.map((value, i) => value + (motion.decay / motion.rate) * b[i]!);

/** How each optimizer changes one tensor: from weights, gradient and the new velocity to the next weights. */
const rules: Readonly<Record<string, Rule>> = {
  sgd: { optimizer: { kind: 'sgd' }, move: (w, g, _v, lr) => w.map((value, i) => value - lr * g[i]!) },
  momentum: {
    optimizer: { kind: 'momentum', momentum: 0.9, nesterov: false },
    move: (w, _g, v, lr) => w.map((value, i) => value - lr * v[i]!),
  },
  nesterov: {
    optimizer: { kind: 'momentum', momentum: 0.9, nesterov: true },
    move: (w, g, v, lr) => w.map((value, i) => value - lr * (g[i]! + 0.9 * v[i]!)),
  },
  muon: {
    optimizer: { kind: 'muon', momentum: 0.9, matrixRate: 0.5, matrixDecay: 0.2, excluded: [] },
    move(w, g, v, lr) {
      const direction = g.map((value, i) => value + 0.9 * v[i]!);
      if (w.length === classes) return w.map((value, i) => value - lr * direction[i]!);
      const orthogonal = orthogonalised(direction);
      return w.map((value, i) => value * (1 - lr * 0.5 * 0.2) - lr * 0.5 * orthogonal[i]!);
    },
  },
  'muon with norms kept and biases apart': {
    optimizer: {
      kind: 'muon',
      momentum: 0.9,
      matrixRate: 0.5,
      matrixDecay: 'normalise',
      excluded: [],
      vectors: motion,
    },
    velocity: (w, g, v) =>
      w.length === classes
        ? pulled(w, g).map((pull, i) => motion.momentum * v[i]! + pull)
        : plainVelocity(w, g, v),
    move(w, g, v, lr) {
      if (w.length === classes) {
        const pull = pulled(w, g);
        return w.map((value, i) => value - lr * motion.rate * (pull[i]! + motion.momentum * v[i]!));
      }
      const orthogonal = orthogonalised(g.map((value, i) => value + 0.9 * v[i]!));
      const scale = Math.sqrt(features) / Math.hypot(...w);
      return w.map((value, i) => value * scale - lr * 0.5 * orthogonal[i]!);
    },
  },
};

interface Rule {
  readonly optimizer: Optimizer;
  /** Default: nine tenths of the old one and the gradient. */
  readonly velocity?: Velocity;
  move(w: readonly number[], g: readonly number[], v: readonly number[], lr: number): number[];
}

const steps = 5;
const tolerance = 2e-5;

for (const [name, { optimizer, velocity = plainVelocity, move }] of Object.entries(rules)) {
  for (const labelSmoothing of [0, 0.2]) {
    test(`${steps} steps of ${name} with smoothing ${labelSmoothing} equal float64 arithmetic`, async (t) => {
      const description: StepDescription = {
        network: regression,
        classes,
        batch,
        optimizer,
        weightDecay: 'network',
        labelSmoothing,
      };
      const state = initialState(regression, classes, optimizer, 3);
      const engine = createOnnxEngine({ description, state, device: 'cpu', threads: 1 });
      t.after(() => engine.close());
      const read = (key: string) => Array.from(engine.snapshot().tensors.get(key)!.data);

      const weights: Values = { w: read('w'), b: read('b') };
      const averages: Values = { w: read('w'), b: read('b') };
      const velocities: Values = { w: weights.w.map(() => 0), b: weights.b.map(() => 0) };
      for (let step = 0; step < steps; step += 1) {
        const [learningRate, emaDecay] = [0.2 / (step + 1), (1 + step) / (10 + step)];
        const { loss, gradients } = differentiate(weights, batchOf(step), labelSmoothing);
        const [losses] = await engine.run([batchOf(step)], [{ learningRate, emaDecay }]);
        assert.ok(Math.abs(losses!.total - loss) < tolerance, `loss ${losses!.total}, expected ${loss}`);
        for (const key of ['w', 'b'] as const) {
          velocities[key] = velocity(weights[key], gradients[key], velocities[key]);
          weights[key] = move(weights[key], gradients[key], velocities[key], learningRate);
          averages[key] = averages[key].map(
            (value, i) => emaDecay * value + (1 - emaDecay) * weights[key][i]!,
          );
        }
      }

      for (const key of ['w', 'b'] as const) {
        const pairs: [string, readonly number[]][] = [
          [key, weights[key]],
          [companion.ema(key), averages[key]],
        ];
        if (optimizer.kind !== 'sgd') pairs.push([companion.momentum(key), velocities[key]]);
        for (const [tensor, expected] of pairs) {
          assert.ok(farthest(read(tensor), expected) < tolerance, `${tensor} differs`);
        }
        // Control: the average and the weights are told apart.
        assert.ok(farthest(read(key), averages[key]) > 10 * tolerance);
      }
    });
  }
}

function farthest(a: readonly number[], b: readonly number[]): number {
  assert.equal(a.length, b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}
