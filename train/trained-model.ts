import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Network } from '../networks/network.js';
import { type CheckpointMetadata, listCheckpoints, loadCheckpoint, newestCheckpoint } from './checkpoint.js';
import type { StateTensors, WeightSet } from './engine.js';
import { trainingSeconds } from './metrics.js';
import { findNetwork } from './names.js';
import { declaredParameters } from './parameters.js';
import { openRun, type Run } from './run.js';
import { requireSameTensors, weightsOf } from './state.js';

/** A checkpoint with all that its run knows of it. */
export interface TrainedModel {
  readonly checkpoint: CheckpointMetadata;
  readonly network: Network;
  /** Undefined for a checkpoint that lies outside of its run. */
  readonly run: Run | undefined;
  /** Spent training up to this checkpoint; null where nothing tells. */
  readonly seconds: number | null;
  /** One tensor a parameter of the network. */
  weights(set: WeightSet): StateTensors;
}

/**
 * Opens a run (its newest whole checkpoint) or one checkpoint.
 *
 * @param source a run's name in `runs`, the path of its folder, or a checkpoint's path
 * @param network one of the user's own, in place of the one that ships under the checkpoint's name for it
 * @throws RUN_NOT_FOUND, CHECKPOINT_NOT_FOUND, CHECKPOINT_CORRUPT, NETWORK_UNKNOWN;
 *   CHECKPOINT_MISMATCH where its tensors are not the network's
 */
export async function openTrainedModel(
  source: string,
  runs: string,
  network?: Network,
): Promise<TrainedModel> {
  const { path, run } = await locate(source, runs);
  const { metadata, state } = await loadCheckpoint(path);
  const found = network ?? findNetwork(metadata.network);
  const declared = declaredParameters(found, metadata.labels.length);
  const shapes = new Map(
    Array.from(declared, ([name, { dims }]) => [name, { dims, data: new Float32Array(0) }]),
  );
  const weights = (set: WeightSet) => weightsOf(state.tensors, declared.keys(), set);
  requireSameTensors(shapes, weights('raw'));
  requireSameTensors(shapes, weights('ema'));
  return { checkpoint: metadata, network: found, run, seconds: await secondsOf(run, path), weights };
}

async function locate(source: string, runs: string): Promise<{ path: string; run: Run | undefined }> {
  if (!source.endsWith('.safetensors')) {
    const run = await openRun(runs, source);
    return { path: (await newestCheckpoint(run.checkpoints)).path, run };
  }
  const folder = resolve(dirname(source), '..'); // runs/<name>/checkpoints/<step>.safetensors
  const run = existsSync(join(folder, 'config.json')) ? await openRun(runs, folder) : undefined;
  return { path: source, run };
}

/** The run's clock stands at its last step: it says nothing of an earlier checkpoint. */
async function secondsOf(run: Run | undefined, path: string): Promise<number | null> {
  if (run === undefined) return null;
  const newest = (await listCheckpoints(run.checkpoints)).at(-1);
  return newest !== undefined && resolve(newest) === resolve(path) ? trainingSeconds(run.metricsFile) : null;
}
