import os from 'node:os';
import { describeMachine, type Machine } from '../machine.js';
import { BenchContext } from './context.js';
import { type SectionName, type ServeBenchOptions, sectionNames } from './options.js';
import { evaluation } from './sections/evaluation.js';
import { halfLoad } from './sections/half-load.js';
import { memory, reloads } from './sections/memory.js';
import { ready } from './sections/ready.js';
import { multipart, png, tensors } from './sections/throughput.js';

const sections = {
  ready,
  png,
  multipart,
  v2: tensors,
  evaluation,
  'half-load': halfLoad,
  memory,
  reloads,
} satisfies Record<SectionName, (bench: BenchContext) => Promise<unknown>>;

export type SectionResults = { readonly [S in SectionName]: Awaited<ReturnType<(typeof sections)[S]>> };

export interface ServeBenchResult {
  readonly machine: Machine;
  readonly method: string;
  readonly sections: Partial<SectionResults>;
}

/**
 * `kiln serve` as its own process under load from this one, beside the bare model in turn, on the same cores.
 *
 * @param only the sections to measure
 * @param onSection told before each
 * @throws KilnError as `BenchContext.open`; an Error where an answer is not a 2xx or a label not the model's
 */
export async function benchServe(
  options: ServeBenchOptions,
  only: readonly SectionName[] = sectionNames,
  onSection: (name: SectionName) => void = () => {},
): Promise<ServeBenchResult> {
  const machine = describeMachine();
  const bench = await BenchContext.open(options);
  try {
    const results: [SectionName, unknown][] = [];
    for (const name of sectionNames.filter((section) => only.includes(section))) {
      onSection(name);
      results.push([name, await sections[name](bench)]);
    }
    return {
      machine,
      method: methodOf(bench),
      sections: Object.fromEntries(results) as Partial<SectionResults>, // by the map that its type is taken from
    };
  } finally {
    await bench.close();
  }
}

function methodOf({ options, pictures }: BenchContext): string {
  const { rounds, seconds, generator, device } = options;
  return [
    `medians of ${rounds} rounds of ${seconds} s a load, the bare model for ${seconds / 10} s in each form before it`,
    `${pictures.count} pictures of ${pictures.dataset}, device ${device}`,
    `the service, its workers and ${generator} share the ${os.availableParallelism()} cores`,
    'every answer is a 2xx and every label the model’s own',
  ].join('; ');
}
