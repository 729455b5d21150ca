import Table from 'cli-table3';
import type { ExportBenchResult } from './export.js';
import { formatMachine } from './machine.js';

export function formatExportBench({ machine, method, model, split, count, rows }: ExportBenchResult): string {
  const [float32] = rows;
  const table = new Table({
    head: [
      '',
      'bytes',
      `precision @ 1, ${split}`,
      'as float32',
      'ms a picture',
      'pictures/s',
      'wasm ms',
      'wasm pictures/s',
    ],
    colAligns: ['left', 'right', 'right', 'right', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [], compact: true },
  });
  for (const { precision, bytes, precisionAt1, interval, agreement, native, wasm } of rows) {
    const beside = (value: number, base: number) => `(${(value / base).toFixed(2)}×)`;
    table.push([
      precision,
      bytes.toLocaleString('en-US'),
      `${points(precisionAt1)} % (${interval.map(points).join(' to ')})`,
      `${points(agreement)} %`,
      `${native.latency.toFixed(3)} ${beside(float32!.native.latency, native.latency)}`,
      `${native.throughput.toFixed(0)} ${beside(native.throughput, float32!.native.throughput)}`,
      `${wasm.latency.toFixed(2)} ${beside(float32!.wasm.latency, wasm.latency)}`,
      `${wasm.throughput.toFixed(0)} ${beside(wasm.throughput, float32!.wasm.throughput)}`,
    ]);
  }
  return [
    `Machine: ${formatMachine(machine)}`,
    `Method: ${method}`,
    `${model} on ${count.toLocaleString('en-US')} pictures of ${split}; × is speed beside float32`,
    table.toString(),
  ].join('\n');
}

function points(share: number): string {
  return (100 * share).toFixed(2);
}
