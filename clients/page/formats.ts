/** 0.62351 → "62.4 %"; what rounds to nothing without being nothing is "< 0.1 %". */
export function percent(probability: number): string {
  if (probability > 0 && probability < 0.0005) return '< 0.1 %';
  return `${(100 * probability).toFixed(1)} %`;
}

/** Milliseconds with two significant digits below ten: "0.42 ms", "3.1 ms", "128 ms". */
export function milliseconds(value: number): string {
  if (value < 1) return `${value.toFixed(2)} ms`;
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;
}

/** 12345 → "12,345" */
export const wholeNumber = (value: number): string => value.toLocaleString('en');

/** "1 picture", "1,200 pictures" */
export const picturesInWords = (count: number): string =>
  count === 1 ? '1 picture' : `${wholeNumber(count)} pictures`;

/** Bytes in millions: "4.27 MB" */
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** A difference of probabilities: "0.0042", "0.0000014", and "less than 0.000001" below that. */
export function smallNumber(value: number): string {
  return value < 1e-6 ? 'less than 0.000001' : value.toPrecision(2);
}
