/**
 * At most `most` rows, in their order: the first, the last, and of each stretch those in which one of the columns is
 * lowest or highest, so that no peak is lost.
 *
 * @param most at least 2 + twice the columns
 */
export function thinned<Row extends object>(
  rows: readonly Row[],
  most: number,
  columns: readonly (keyof Row)[],
): readonly Row[] {
  if (rows.length <= most) return rows;
  const stretches = Math.floor((most - 2) / (2 * columns.length));
  const kept = new Set([0, rows.length - 1]);
  for (let stretch = 0; stretch < stretches; stretch += 1) {
    const from = Math.round((stretch * rows.length) / stretches);
    const to = Math.round(((stretch + 1) * rows.length) / stretches);
    for (const column of columns) for (const index of extremes(rows, from, to, column)) kept.add(index);
  }
  return [...kept].sort((a, b) => a - b).map((index) => rows[index]!);
}

/** Indices of the lowest and the highest finite value from `from` up to `to`; none where there is no value. */
function extremes<Row>(rows: readonly Row[], from: number, to: number, column: keyof Row): readonly number[] {
  let lowest: number | undefined;
  let highest: number | undefined;
  const valueAt = (index: number): number => Number(rows[index]![column]);
  for (let index = from; index < to; index += 1) {
    if (!Number.isFinite(rows[index]![column])) continue;
    if (lowest === undefined || valueAt(index) < valueAt(lowest)) lowest = index;
    if (highest === undefined || valueAt(index) > valueAt(highest)) highest = index;
  }
  return [lowest, highest].filter((index) => index !== undefined);
}
