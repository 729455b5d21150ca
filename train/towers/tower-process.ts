import process from 'node:process';
import { KilnError } from '../../errors/errors.js';
import type { Differentiator } from '../differentiator.js';
import type { GradientGraphs } from '../onnx-differentiator.js';
import type { GraphsProgram, Opening, Question, TfjsProgram, TowerReply, TowerRequest } from './protocol.js';

/**
 * The process of one tower, started by tower.ts. A refusal of the table is answered; anything else that goes wrong ends
 * the process, and its parent tells what it wrote to stderr.
 */
if (process.send === undefined) throw new Error('tower-process.ts runs as the child of a training run only');

// Ctrl-C reaches every process of the terminal, a stopping service all of its own: the parent decides, and ends this one.
process.on('SIGINT', () => {}).on('SIGTERM', () => {});
process.on('disconnect', () => process.exit());

let opening: Promise<Differentiator> | undefined;
process.on('message', (request: TowerRequest) => {
  if (request.kind === 'open') {
    opening = open(request);
    opening.catch(() => {}); // told at the first question
  } else {
    void answer(request).then((reply) => process.send?.(reply));
  }
});

async function answer({ kind, weights, batch }: Question): Promise<TowerReply> {
  try {
    const differentiator = await opening!;
    const inspection =
      kind === 'inspect'
        ? await differentiator.inspect(weights, batch)
        : { ...(await differentiator.gradients(weights, batch)), activations: new Map() };
    return { kind: 'answer', device: differentiator.device!, inspection };
  } catch (error) {
    if (!(error instanceof KilnError)) throw error;
    return { kind: 'refused', error: error.toJSON() };
  }
}

/** Modules are loaded here, not above: a Ctrl-C that came before the handlers stand would end this process. */
function open(opening: Opening): Promise<Differentiator> {
  switch (opening.program.kind) {
    case 'graphs':
      return openGraphs(opening, opening.program);
    case 'tfjs':
      return openTfjs(opening, opening.program);
  }
}

async function openGraphs({ device, threads }: Opening, { models, ports }: GraphsProgram) {
  const [{ OnnxDifferentiator }, { OnnxSessions }, { createSession }] = await Promise.all([
    import('../onnx-differentiator.js'),
    import('../onnx-sessions.js'),
    import('../../runtime/onnxruntime-node.js'),
  ]);
  const sessions = new OnnxSessions<GradientGraphs>(
    (kind) => models[kind],
    (graph) => createSession(graph, { device, threads }),
  );
  return new OnnxDifferentiator(sessions, ports);
}

async function openTfjs({ device, threads }: Opening, { network: reference, description }: TfjsProgram) {
  const [{ loadNetwork }, { initialState }, { openTfjsEngine }, { EngineDifferentiator }] = await Promise.all(
    [
      import('../parts/load.js'),
      import('../state.js'),
      import('../tfjs/tfjs-engine.js'),
      import('./engine-differentiator.js'),
    ],
  );
  const network = (await loadNetwork(reference)).part;
  // The weights are given anew with each question; the rest of the state is never asked for.
  const state = initialState(network, description.classes, description.optimizer, 0);
  const whole = { ...description, network };
  return new EngineDifferentiator(await openTfjsEngine({ description: whole, state, device, threads }));
}
