/** Milliseconds of single runs, smallest first. */
export interface Samples {
  readonly name: string;
  readonly milliseconds: readonly number[];
  readonly median: number;
}

export interface Subject {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Times several subjects in turn, A B A B …, so that a machine whose speed drifts treats them alike.
 *
 * @param rounds counted rounds, after `warmUp` rounds that are not
 */
export async function timeInTurn(
  subjects: readonly Subject[],
  rounds: number,
  warmUp = 3,
): Promise<readonly Samples[]> {
  const taken = subjects.map((): number[] => []);
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const [index, subject] of subjects.entries()) {
      const begin = performance.now();
      await subject.run();
      if (round >= 0) taken[index]!.push(performance.now() - begin);
    }
  }
  return subjects.map(({ name }, index) => {
    const milliseconds = taken[index]!.sort((a, b) => a - b);
    return { name, milliseconds, median: median(milliseconds) };
  });
}

/** The middle of sorted numbers. */
export function median(sorted: readonly number[]): number {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
