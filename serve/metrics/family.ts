import type { Histogram } from './histogram.js';

/** One series of a family: its labels and what it says now. */
export interface Sample<Label extends string, Value> {
  readonly labels: Readonly<Record<Label, string>>;
  readonly value: Value;
}

/**
 * A metric by which something that already counts is told: nothing is written when something happens, and everything
 * is read when the family is scraped. A series whose subject is gone is gone with it.
 */
export type Family<Source> = NumberFamily<Source> | HistogramFamily<Source>;

interface Described {
  /** One sentence. */
  readonly help: string;
  readonly labels: readonly string[];
}

interface NumberFamily<Source> extends Described {
  readonly type: 'counter' | 'gauge';
  read(source: Source): Iterable<Sample<string, number>>;
}

interface HistogramFamily<Source> extends Described {
  readonly type: 'histogram';
  read(source: Source): Iterable<Sample<string, Histogram>>;
}

/** Families by name. */
export type Families<Source> = Readonly<Record<string, Family<Source>>>;

/** A family of numbers whose samples have the labels that it declares. */
export function numbers<Source, Label extends string>(
  type: 'counter' | 'gauge',
  help: string,
  labels: readonly Label[],
  read: (source: Source) => Iterable<Sample<Label, number>>,
): Family<Source> {
  return { type, help, labels, read };
}

/** A family of histograms whose samples have the labels that it declares. */
export function histograms<Source, Label extends string>(
  help: string,
  labels: readonly Label[],
  read: (source: Source) => Iterable<Sample<Label, Histogram>>,
): Family<Source> {
  return { type: 'histogram', help, labels, read };
}
