import { KilnError } from '../errors/errors.js';
import { encodeModel } from '../onnx/encode.js';
import { Graph } from '../onnx/graph.js';
import { relu } from '../onnx/operators/index.js';
import type { Device } from '../runtime/classifier.js';
import { missingLibrary } from '../runtime/native-libraries.js';
import { createSession } from '../runtime/onnxruntime-node.js';
import type { TrainingEngine, TrainingState } from './engine.js';
import type { EngineName } from './engine-names.js';
import { createOnnxEngine } from './onnx-engine.js';
import type { StepDescription } from './step-graph.js';
import { loadTensorFlow, nativeInstalled, type TensorFlowOptions } from './tfjs/tensorflow.js';
import { openTfjsEngine } from './tfjs/tfjs-engine.js';
import { openTowers } from './towers/open-towers.js';

export interface EngineOptions {
  readonly engine: EngineName;
  /** Devices that share a step's examples; 1 trains in this process. */
  readonly towers: number;
  readonly description: StepDescription;
  readonly state: TrainingState;
  readonly device: Device;
  /** Threads of one operator. Default: the cores. */
  readonly threads?: number;
  /** Is told which engine was chosen, and why, where `auto` left the choice. */
  readonly tell?: (text: string) => void;
  /** What finds the network again in another process: a name or a module's path. Given as an object it has none. */
  readonly network?: string;
}

export type ChoiceOptions = Pick<EngineOptions, 'engine' | 'device' | 'threads'>;

export interface EngineChoice {
  readonly engine: Exclude<EngineName, 'auto'>;
  readonly why: string;
}

/**
 * Opens the engine asked for.
 * @throws DEVICE_UNAVAILABLE at once or at the first step; ENGINE_UNAVAILABLE; OPTION_INVALID for a batch that the
 * towers cannot share equally
 */
export async function openEngine(options: EngineOptions): Promise<TrainingEngine> {
  const { engine, why } = await chooseEngine(options);
  if (options.engine === 'auto') options.tell?.(`${engine} engine: ${why}`);
  if (options.towers > 1) {
    return openTowers({ ...options, engine, openHost: () => openEngine({ ...options, engine, towers: 1 }) });
  }
  switch (engine) {
    case 'onnx':
      return createOnnxEngine(options);
    case 'tfjs':
      return openTfjsEngine(options);
  }
}

/**
 * Which engine trains. `auto` takes a GPU over the CPU, and on either the onnx engine over tfjs, for on the same CPU
 * it is the faster one (docs/training.md). TensorFlow is loaded only where its GPU would decide.
 */
export async function chooseEngine({ engine, device, threads }: ChoiceOptions): Promise<EngineChoice> {
  if (engine !== 'auto') return { engine, why: 'it was asked for' };
  if (device === 'cpu') return { engine: 'onnx', why: 'on a CPU it is the faster one' };
  if (device === 'webgpu') return { engine: 'onnx', why: 'it alone has webgpu' };
  const onnx = await cudaOfOnnx(device);
  if (onnx === 'works') return { engine: 'onnx', why: 'onnxruntime-node computes on the GPU' };
  const tfjs = await gpuOfTensorFlow({ device, ...(threads === undefined ? {} : { threads }) });
  const reasons = `onnxruntime-node: ${onnx}`;
  if (tfjs === 'works') return { engine: 'tfjs', why: `TensorFlow alone computes on the GPU (${reasons})` };
  return { engine: 'onnx', why: `no GPU computes here (${reasons}; TensorFlow: ${tfjs})` };
}

type Finding = 'works' | (string & {});

/** Whether onnxruntime-node really computes on CUDA: without cuDNN it loads its provider and fails at the first run. */
async function cudaOfOnnx(device: Device): Promise<Finding> {
  const missing = missingLibrary('cuda');
  if (missing !== undefined) return missing;
  const graph = new Graph();
  graph.output('y', relu(graph.input('x', 'float32', [1])));
  const feeds = { x: { dtype: 'float32', dims: [1], data: Float32Array.of(1) } } as const;
  try {
    const session = await createSession(encodeModel(graph, { name: 'probe' }), {
      device,
      threads: 1,
      tryOut: (opened) => opened.run(feeds),
    });
    await session.release();
    return session.failed.find(({ provider }) => provider === 'cuda')?.reason ?? 'works';
  } catch (error) {
    return reasonOf(error);
  }
}

async function gpuOfTensorFlow(options: TensorFlowOptions): Promise<Finding> {
  if (!nativeInstalled()) return '@tensorflow/tfjs-node-gpu is not installed';
  try {
    const { provider, failed } = await loadTensorFlow(options);
    if (provider === 'tensorflow gpu') return 'works';
    return failed.map(({ reason }) => reason).join('; ') || 'it finds no GPU';
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof KilnError) return error.received;
  return error instanceof Error ? error.message : String(error);
}
