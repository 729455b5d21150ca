import Table from 'cli-table3';
import { formatMachine, type Machine } from '../../machine.js';
import type { Contest, Measurement } from './compare.js';

export interface Comparison {
  readonly machine: Machine;
  /** Of the peers' packages, `name==version`. */
  readonly versions: readonly string[];
  readonly method: string;
  /** kiln's first. */
  readonly contests: readonly Contest[];
}

/** A row a contender, a column a load: images a second, how many times as many kiln does, and the latency's p99. */
export function formatComparison({ machine, versions, method, contests }: Comparison): string {
  const [kiln] = contests;
  const reference = kiln?.kind === 'measured' ? kiln.measurements : [];
  const table = new Table({
    head: ['', ...reference.map(({ workload, connections }) => `${workload}\n${connections} at once`)],
  });
  for (const contest of contests) {
    if (contest.kind === 'failed')
      table.push([contest.name, { colSpan: reference.length, content: contest.reason }]);
    else {
      const cells = reference.map((own) =>
        cell(
          contest.measurements.find((other) => sameLoad(own, other)),
          own,
        ),
      );
      table.push([`${contest.name}\n${contest.workers} workers`, ...cells]);
    }
  }
  return [
    `Machine: ${formatMachine(machine)}`,
    `Peers: ${versions.join(', ')}`,
    `Method: ${method}`,
    table.toString(),
  ].join('\n');
}

function sameLoad(a: Measurement, b: Measurement): boolean {
  return a.workload === b.workload && a.connections === b.connections;
}

function cell(measurement: Measurement | undefined, own: Measurement): string {
  if (measurement === undefined) return '';
  const { imagesPerSecond, latency } = measurement;
  const ratio = own === measurement ? '' : ` (kiln ${(own.imagesPerSecond / imagesPerSecond).toFixed(2)}×)`;
  return `${imagesPerSecond.toFixed(0)}/s${ratio}\np99 ${latency.p99.toFixed(1)} ms`;
}
