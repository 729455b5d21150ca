import Table from 'cli-table3';
import type { Evaluated } from '../train/evaluation.js';

/** An evaluation for people: the figures, a table of the classes, the confusion matrix. */
export function formatEvaluation({ model, weights, dataset, split, result }: Evaluated): string {
  const { precisionAt1, count, interval, top5, imagesPerSecond } = result;
  const [low, high] = interval.map(percent);
  return [
    `${model} (${weights} weights) on ${count.toLocaleString('en-US')} pictures of ${dataset}, ${split}`,
    `  precision @ 1  ${percent(precisionAt1)} (95 % interval ${low} to ${high})`,
    `  top 5          ${percent(top5)}`,
    `  pace           ${imagesPerSecond.toFixed(0)} images/s`,
    classTable(result),
    'How often a label (row) was taken for another (column):',
    confusionTable(result),
  ].join('\n');
}

function classTable({ perClass }: Evaluated['result']): string {
  const table = new Table({
    head: ['label', 'pictures', 'right', 'recall', 'precision'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
    style: plain,
  });
  for (const { label, count, correct, recall, precision } of perClass) {
    table.push([label, count, correct, shareOf(recall), shareOf(precision)]);
  }
  return table.toString();
}

function confusionTable({ perClass, confusion }: Evaluated['result']): string {
  const table = new Table({
    head: ['', ...perClass.map(({ label }) => label.slice(0, 6))],
    colAligns: ['left', ...perClass.map(() => 'right' as const)],
    style: plain,
  });
  for (const [index, row] of confusion.entries()) table.push([perClass[index]!.label, ...row]);
  return table.toString();
}

/** No colours: the table may go into a file. */
const plain = { head: [], border: [], compact: true };

function shareOf(value: number | null): string {
  return value === null ? '–' : percent(value);
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
