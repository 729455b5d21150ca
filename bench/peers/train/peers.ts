/** One way to train in Python. */
export interface Peer {
  readonly name: string;
  readonly program: string;
  readonly arguments: readonly string[];
  /** Whether it tells gradients in kiln's layout, for the agreement. */
  readonly differentiates: boolean;
}

export const peers: readonly Peer[] = [
  { name: 'PyTorch', program: 'torch_steps.py', arguments: [], differentiates: true },
  {
    name: 'PyTorch compiled',
    program: 'torch_steps.py',
    arguments: ['--compiled'],
    differentiates: false,
  },
  { name: 'TensorFlow', program: 'tensorflow_steps.py', arguments: [], differentiates: false },
  { name: 'JAX', program: 'jax_steps.py', arguments: [], differentiates: false },
];
