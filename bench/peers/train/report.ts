import Table from 'cli-table3';
import { formatMachine, type Machine } from '../../machine.js';
import type { Agreement } from './agreement.js';
import type { Contest } from './compare.js';

export interface Comparison {
  readonly machine: Machine;
  /** Of the peers' packages, `name==version`. */
  readonly versions: readonly string[];
  readonly method: string;
  readonly contests: readonly Contest[];
}

/** A row a contestant: milliseconds a step, images a second, and how many times as fast kiln is. */
export function formatComparison({ machine, versions, method, contests }: Comparison): string {
  const tables = contests.map(({ network, batch, contestants, agreement }) => {
    const [kiln] = contestants;
    const own = kiln?.kind === 'measured' ? kiln.milliseconds : Number.NaN;
    const table = new Table({ head: [`${network}, batch ${batch}`, 'ms a step', 'images/s', 'kiln is'] });
    for (const contestant of contestants) {
      if (contestant.kind === 'failed')
        table.push([contestant.name, { colSpan: 3, content: contestant.reason }]);
      else {
        const { name, milliseconds } = contestant;
        const ratio = contestant === kiln ? '' : `${(milliseconds / own).toFixed(2)}×`;
        table.push([name, milliseconds.toFixed(1), ((1000 * batch) / milliseconds).toFixed(0), ratio]);
      }
    }
    return agreement === undefined ? table.toString() : `${table}\n${formatAgreement(agreement)}`;
  });
  return [
    `Machine: ${formatMachine(machine)}`,
    `Peers: ${versions.join(', ')}`,
    `Method: ${method}`,
    ...tables,
  ].join('\n');
}

function formatAgreement({ steps, loss, gradient, moves }: Agreement): string {
  const [middle, worst] = [gradient.median, gradient.worst].map((distance) => distance.toExponential(1));
  return `${steps} steps: loss within ${loss.toExponential(1)} of PyTorch's; worst gradient tensor of a step ${middle} in the median, ${worst} at most (${gradient.tensor}); pictures moved ${moves} times`;
}
