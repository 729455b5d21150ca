import type { BenchContext } from '../context.js';
import { middle } from '../statistics.js';

export interface ReadyResult {
  /** From the start of the process until GET /health/ready answers 200; median over the rounds. */
  readonly milliseconds: number;
  readonly rounds: readonly number[];
}

/** How long `kiln serve` takes until it serves: loading Node's modules, starting the workers, warming the model. */
export async function ready(bench: BenchContext): Promise<ReadyResult> {
  const rounds: number[] = [];
  for (let round = 0; round < bench.options.rounds; round += 1) {
    const service = await bench.startService(bench.options.model);
    rounds.push(service.readyMilliseconds);
    await service.stop();
  }
  return { milliseconds: middle(rounds), rounds };
}
