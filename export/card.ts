import { describeNormalisation } from '../networks/network.js';
import type { ClassifierMetadata, ReducedPrecision } from '../runtime/metadata.js';
import type { FileSummary } from './inspect.js';
import type { NetworkSummary } from './layers.js';

/** A kiln file as a model card in plain text. */
export function fileCard({ metadata, parameters, file }: FileSummary): string {
  const { name, labels, frame, network, preprocessing, dataset, training, producer } = metadata;
  const { crop } = preprocessing;
  const rows: [string, string][] = [
    ['Labels', labels.join(', ')],
    ...accuracyRows(metadata),
    ['Picture', `${frame.width}×${frame.height} RGB; any other is brought to it: ${frame.rule}`],
    ['Inside', `centre crop ${crop.width}×${crop.height}, ${describeNormalisation(preprocessing.normalise)}`],
    ['Input', `images uint8 [batch, ${frame.height}, ${frame.width}, 3]`],
    ['Outputs', `probabilities and logits, float32 [batch, ${labels.length}]`],
    ['Network', `${network.name}: ${parameterCount(network.parameters)}, ${millions(network.multiplyAdds)}`],
    ['Data', `${dataset.name}, ${dataset.trainedOn}: ${pictures(dataset.count)}, digest ${dataset.digest}`],
    ['Training', trainingFacts(metadata)],
    ['Machine', `${training.machine}${training.seconds === null ? '' : `, ${duration(training.seconds)}`}`],
    ['Repeat by', training.command],
    ['Made by', `onnx-kiln ${producer.version}, commit ${producer.commit}`],
    ['File', `${grouped(file.bytes)} bytes, opset ${file.opset}, IR version ${file.irVersion}`],
    ['sha256', file.digest],
    ...precisionFacts(metadata),
  ];
  const tensors = parameters.map(({ name, shape, parameters }) => [name, by(shape), grouped(parameters)]);
  const sum = parameters.reduce((total, tensor) => total + tensor.parameters, 0);
  return [
    name,
    '='.repeat(name.length),
    ...definitions(rows.filter(([, value]) => value !== '')),
    '',
    ...table(['tensor', 'shape', 'parameters'], tensors, ['', '', grouped(sum)]),
  ].join('\n');
}

/** The layers of a network that has no file yet. */
export function networkCard(name: string, { layers, parameters, multiplyAdds }: NetworkSummary): string {
  const rows = layers.map((layer) => [
    layer.name,
    by(layer.output),
    layer.tensors.map(({ shape }) => by(shape)).join(', '),
    grouped(layer.parameters),
    grouped(layer.multiplyAdds),
  ]);
  return [
    `${name}: ${parameterCount(parameters)}, ${millions(multiplyAdds)}`,
    '',
    ...table(['layer', 'output', 'tensors', 'parameters', 'multiply-adds'], rows, [
      '',
      '',
      '',
      grouped(parameters),
      grouped(multiplyAdds),
    ]),
  ].join('\n');
}

/** `86.4 % (95 % interval 85.7 to 87.1 %, 10,000 pictures of test)` */
export function accuracy(evaluation: {
  readonly precisionAt1: number;
  readonly interval: readonly [number, number];
  readonly count: number;
  readonly split: string;
}): string {
  const [low, high] = evaluation.interval;
  return `${percent(evaluation.precisionAt1)} % (95 % interval ${percent(low)} to ${percent(high)} %, ${pictures(evaluation.count)} of ${evaluation.split})`;
}

/** What a smaller file costs and gains beside the float32 file that it was made from; nothing of a file that is one. */
export function precisionFacts({ precision, dataset }: ClassifierMetadata): [string, string][] {
  if (precision === undefined) return [];
  const { kind, source, comparison, latency } = precision;
  const { milliseconds, sourceMilliseconds, machine } = latency;
  const tested = source.precisionAt1 === null ? '' : `precision @ 1 ${percent(source.precisionAt1)} %, `;
  return [
    ['Numbers', kind === 'fp16' ? 'fp16: float16 weights, float32 arithmetic' : 'int8: products of integers'],
    ['Made from', `float32: ${grouped(source.bytes)} bytes, ${tested}sha256 ${source.digest}`],
    ['Admitted by', comparison === null ? 'equal answers to made pictures' : admission(comparison, dataset)],
    ['Latency', `${milliseconds} ms a picture on one thread, float32 ${sourceMilliseconds} ms; ${machine}`],
  ];
}

function admission(
  { precisionAt1, sourcePrecisionAt1, agreement, count, split }: NonNullable<ReducedPrecision['comparison']>,
  { trainedOn }: ClassifierMetadata['dataset'],
): string {
  const known = trainedOn.split('+').includes(split) ? ', which it was trained on' : '';
  return `${percent(precisionAt1)} % on ${pictures(count)} of ${split}${known}, float32 ${percent(sourcePrecisionAt1)} %; ${percent(agreement)} % answered alike`;
}

function accuracyRows({ evaluation, training }: ClassifierMetadata): [string, string][] {
  if (evaluation === null) return [['Accuracy', 'not measured']];
  const raw =
    training.weights === 'ema' ? `; ${percent(evaluation.rawPrecisionAt1)} % without averaged weights` : '';
  return [
    ['Accuracy', `precision @ 1: ${accuracy(evaluation)}`],
    ['', `top 5: ${percent(evaluation.top5)} %${raw}`],
  ];
}

function trainingFacts({ training }: ClassifierMetadata): string {
  const { recipe, steps, batch, epochs, seed, weights } = training;
  const passes = Number.isInteger(epochs) ? String(epochs) : epochs.toFixed(1);
  const kind = weights === 'ema' ? 'averaged (EMA)' : 'raw';
  return `recipe ${recipe}: ${grouped(steps)} steps of ${batch} pictures, ${passes} epochs, seed ${seed}; ${kind} weights`;
}

/** `Labels    airplane, …`; a row without a name continues the one before. */
function definitions(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([term]) => term.length)) + 2;
  return rows.map(([term, value]) => `${term.padEnd(width)}${value}`);
}

/** Columns under a head and over a sum; those whose sum is not empty are numbers and stand at the right. */
function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  sum: readonly string[],
): string[] {
  const all = [head, ...rows, sum];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        sum[column] === '' ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(head), rule, ...rows.map(line), rule, line(sum)];
}

function by(shape: readonly number[]): string {
  return shape.join('×');
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}

function parameterCount(parameters: number): string {
  return `${grouped(parameters)} parameters`;
}

function pictures(count: number): string {
  return `${grouped(count)} pictures`;
}

function millions(multiplyAdds: number): string {
  return `${(multiplyAdds / 1e6).toFixed(1)} M multiply-adds a picture`;
}

/** `0.8642` → `86.42` */
export function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** `47 s`, `12 min`, `3 h 20 min` */
export function duration(seconds: number): string {
  if (seconds < 120) return `${seconds.toFixed(0)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
