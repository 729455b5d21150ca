/** What programs and modules of one's own import from `onnx-kiln`. */

// A dataset: labelled pictures.
export { createDataset, type DatasetParts } from './data/create-dataset.js';
export {
  type Dataset,
  type DatasetSplit,
  type Examples,
  type SplitName,
  splitNames,
} from './data/dataset.js';
// A recipe: how a network is trained.
export type { Distortion, Distortions } from './data/distortions.js';
export { uniform } from './data/random.js';
export { datasetNames, type OpenOptions, openDataset } from './data/registry.js';
// Every refusal is a KilnError with a stable code.
export { type ErrorCode, KilnError } from './errors/errors.js';
// Train, measure, export, classify.
export { type ExportOptions, type ExportResult, exportModel } from './export/export.js';
export { type ExportFileOptions, exportFile } from './export/export-file.js';
export type { ExportFormat } from './export/format.js';
// A picture: from a file of any kind to what a model takes.
export { type DecodeLimits, decodeImage } from './images/decode.js';
export { type Pixels, toFrame } from './images/frame.js';
// A network: operators on the values of a graph.
export type { Network, Preprocessing } from './networks/network.js';
export { networks } from './networks/registry.js';
export { Graph, type Initialiser, type ParameterSpec, Value } from './onnx/graph.js';
export * from './onnx/operators/index.js';
export type { Classifier, Device } from './runtime/classifier.js';
export { type ClassifierOptions, loadClassifier } from './runtime/node-classifier.js';
export { readModel } from './runtime/read-model.js';
export { type Prediction, topPredictions } from './runtime/top-predictions.js';
// Serve: what `kiln serve` does, and its settings.
export type { ServeOptions } from './serve/options.js';
export { pageFolder } from './serve/page-folder.js';
export { type RunningServer, startServer as serve } from './serve/server.js';
export { defineServeConfig } from './serve/settings/define.js';
export type { ServeConfig } from './serve/settings/settings.js';
export { type Evaluated, type EvaluateOptions, evaluate } from './train/evaluation.js';
export type { Freezing } from './train/freezing.js';
export type { DatasetOpener } from './train/parts/kinds.js';
export { type Position, type Recipe, type RecipeOptimizer, warmedUpDecay } from './train/recipe.js';
export { recipes } from './train/recipes/registry.js';
export { type TrainEvent, type TrainOptions, type TrainResult, train } from './train/trainer.js';
