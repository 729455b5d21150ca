import type { RepositoryObserver } from '../models/repository.js';

export type LoadOutcome = 'loaded' | 'refused';

/** How often models were loaded or refused, by name, since the service began. */
export class LoadStatistics {
  readonly #counts = new Map<string, Record<LoadOutcome, number>>();

  add(model: string, outcome: LoadOutcome): void {
    const counts = this.#counts.get(model) ?? { loaded: 0, refused: 0 };
    counts[outcome] += 1;
    this.#counts.set(model, counts);
  }

  *totals(): Iterable<{ readonly model: string; readonly outcome: LoadOutcome; readonly count: number }> {
    for (const [model, counts] of this.#counts) {
      yield { model, outcome: 'loaded', count: counts.loaded };
      yield { model, outcome: 'refused', count: counts.refused };
    }
  }
}

/** An observer that counts what another is told. */
export function countLoads(observer: RepositoryObserver, statistics: LoadStatistics): RepositoryObserver {
  return {
    ...observer,
    loaded(model) {
      statistics.add(model.name, 'loaded');
      observer.loaded(model);
    },
    refused(name, version, error) {
      statistics.add(name, 'refused');
      observer.refused(name, version, error);
    },
  };
}
